using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Multipart;

/// <summary>
/// UploadPart. A part of any size is taken; sizes are checked at Complete. Sending a number again replaces the part once the new one has
/// arrived whole. After the 200 no crash loses the part.
/// </summary>
static class UploadPart
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var number = UploadParameters.Number(context);
        var id = UploadParameters.Id(context);
        EncryptionHeaders.Refuse(context);
        using var body = RequestBody.Open(context);
        var (part, upload) = await context.Storage.Uploads.UploadPartAsync(
            context.Bucket, context.Key, id, number, RequestBody.Expectation(context), body, ct);
        ObjectResponse.Stored(context, part.ETag, part.Crc64, Convert.FromHexString(part.ETag.Value));
        EncryptionHeaders.Echo(context, upload.Attributes);
        await context.Empty();
    }
}
