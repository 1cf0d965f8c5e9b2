using Microsoft.AspNetCore.Http;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>DeleteObject. 204 whether or not the key was there. A symlink is removed, its target is not.</summary>
static class DeleteObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var outcome = (await context.Storage.Objects.DeleteAsync(context.Bucket, [(context.Key, version)], ct))[0];
        if (outcome.Marker is not null || outcome.Removed is { IsDeleteMarker: true })
        {
            context.SetHeader("x-oss-delete-marker", "true");
        }

        context.SetHeader("x-oss-version-id", version?.Value ?? outcome.Marker?.VersionId.Value);
        await context.Empty(StatusCodes.Status204NoContent);
    }
}
