using Moss.Server.Lifecycle;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>HeadObject. The headers of GetObject without a range; an error stands in x-oss-err, because there is no body.</summary>
static class HeadObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var view = await context.Storage.Objects.HeadAsync(context.Bucket, context.Key, version, ConditionHeaders.OfRead(context), ct);
        ObjectResponse.Describe(context, view);
        await ExpirationHeader.SetAsync(context, view, ct);
        context.Response.ContentLength = view.Record.Size;
    }
}
