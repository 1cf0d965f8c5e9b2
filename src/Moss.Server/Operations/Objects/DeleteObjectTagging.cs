using Microsoft.AspNetCore.Http;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>DeleteObjectTagging. 204 also when there was no tag.</summary>
static class DeleteObjectTagging
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var changed = await context.Storage.Objects.UpdateAsync(
            context.Bucket, context.Key, version, record => record with { Attributes = record.Attributes with { Tags = [] } }, ct);
        VersionParameter.Echo(context, changed);
        await context.Empty(StatusCodes.Status204NoContent);
    }
}
