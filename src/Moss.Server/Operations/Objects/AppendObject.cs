using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// AppendObject. The position must be the object's length: of several appends to one position exactly one succeeds, the others get 409
/// PositionNotEqualToLength with the right position in x-oss-next-append-position. Headers count for the first append only, but for
/// x-oss-object-acl, which each append may set.
/// </summary>
static class AppendObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var position = Position(context);
        using var body = RequestBody.Open(context);
        var headers = ObjectHeaders.Read(context);
        if (headers.StorageClass is not (null or StorageClass.Standard or StorageClass.IA))
        {
            throw OssErrors.Argument(
                "x-oss-storage-class", headers.StorageClass.Value.ToWire(), "The storage class is not supported for appendable objects.");
        }

        var request = new PutObjectRequest
        {
            Body = RequestBody.Expectation(context),
            Attributes = headers.Attributes,
            Acl = headers.Acl,
            StorageClass = headers.StorageClass,
        };
        var view = await context.Storage.Appends.AppendAsync(context.Bucket, context.Key, position, request, body, ct);
        var stored = view.Record;
        ObjectResponse.Stored(context, stored.ETag, stored.Crc64);
        context.SetHeader("x-oss-next-append-position", stored.Size.ToString(CultureInfo.InvariantCulture));
        VersionParameter.Echo(context, view);
        EncryptionHeaders.Echo(context, stored.Attributes);
        await context.Empty();
    }

    /// <summary>The position a request names.</summary>
    public static long Position(OssContext context)
    {
        var text = context.Query.Given("position") ?? throw new OssException(OssErrors.MissingArgument);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw OssErrors.Argument("position", text, "The position must be an integer that is not negative.");
    }
}
