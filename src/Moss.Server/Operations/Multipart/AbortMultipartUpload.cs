using Microsoft.AspNetCore.Http;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Multipart;

/// <summary>AbortMultipartUpload. Frees every part at once and never touches the object under the key; a second abort is NoSuchUpload.</summary>
static class AbortMultipartUpload
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Uploads.AbortAsync(context.Bucket, context.Key, UploadParameters.Id(context), ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }
}
