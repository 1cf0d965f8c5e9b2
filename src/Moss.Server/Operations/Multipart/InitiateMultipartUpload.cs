using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Multipart;

namespace Moss.Server.Operations.Multipart;

/// <summary>
/// InitiateMultipartUpload. Everything the finished object carries is said here. x-oss-forbid-overwrite is checked now and again at Complete.
/// With <c>sequential</c> parts must come as 1, 2, 3..., and the object will have a Content-MD5.
/// </summary>
static class InitiateMultipartUpload
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var encoded = PageParameters.IsUrlEncoded(context);
        var headers = ObjectHeaders.Read(context);
        var request = new InitiateRequest
        {
            Attributes = headers.Attributes,
            Acl = headers.Acl,
            StorageClass = headers.StorageClass,
            ForbidOverwrite = headers.ForbidOverwrite,
            IsSequential = context.Query.Contains("sequential"),
        };
        var upload = await context.Storage.Uploads.InitiateAsync(context.Bucket, context.Key, request, ct);
        EncryptionHeaders.Echo(context, upload.Attributes);
        await context.XmlAsync(
            new InitiateMultipartUploadResult(context.Bucket.Value, context.Key.Value, upload.Id.Value, encoded), ct);
    }
}
