using Microsoft.AspNetCore.Http;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>GetObjectMeta. ETag, length, time and CRC only: no attribute, no Content-Type. Answers to GET as well, as it once did.</summary>
static class GetObjectMeta
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var view = await context.Storage.Objects.HeadAsync(context.Bucket, context.Key, version, ConditionHeaders.OfRead(context), ct);
        ObjectResponse.Identify(context, view);

        // A GET has no body to announce.
        context.Response.ContentLength = HttpMethods.IsHead(context.Request.Method) ? view.Record.Size : 0;
    }
}
