using Moss.Server.Callbacks;
using Moss.Server.Lifecycle;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// PutObject. The body is visible to readers all at once or never; what was said of it (length, Content-MD5, x-oss-hash-crc64ecma) is checked
/// before. x-oss-forbid-overwrite: true -> 409 FileAlreadyExists. Conditions (If-Match...) are refused, not ignored.
/// </summary>
static class PutObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        ConditionHeaders.Refuse(context);
        var callback = await context.Services.Callbacks.CheckAsync(CallbackOptions.OfRequest(context), ct);
        using var body = RequestBody.Open(context);
        var headers = ObjectHeaders.Read(context);
        var request = new PutObjectRequest
        {
            Body = RequestBody.Expectation(context),
            Attributes = headers.Attributes,
            Acl = headers.Acl,
            StorageClass = headers.StorageClass,
            ForbidOverwrite = headers.ForbidOverwrite,
        };
        var view = await context.Storage.Objects.PutAsync(context.Bucket, context.Key, request, body, ct);
        var stored = view.Record;
        ObjectResponse.Stored(context, stored.ETag, stored.Crc64, stored.Md5);
        VersionParameter.Echo(context, view);
        await ExpirationHeader.SetAsync(context, view, CancellationToken.None);
        EncryptionHeaders.Echo(context, stored.Attributes);
        await (callback is null ? context.Empty() : UploadCallback.RunAsync(context, callback, UploadedObject.Of(stored), "PutObject"));
    }
}
