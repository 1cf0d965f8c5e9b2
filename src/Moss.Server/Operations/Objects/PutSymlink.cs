using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// PutSymlink. The target is a key of the same bucket, percent-encoded (a plus is a space, as in copy sources); it need not exist.
/// </summary>
static class PutSymlink
{
    const string Name = "x-oss-symlink-target";

    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var target = Target(context);
        var headers = ObjectHeaders.Read(context);
        var request = new PutObjectRequest
        {
            Attributes = headers.Attributes,
            Acl = headers.Acl,
            StorageClass = headers.StorageClass,
            ForbidOverwrite = headers.ForbidOverwrite,
        };
        var view = await context.Storage.Objects.PutSymlinkAsync(context.Bucket, context.Key, target, request, ct);
        context.SetETag(view.Record.ETag);
        VersionParameter.Echo(context, view);
        await context.Empty();
    }

    static ObjectKey Target(OssContext context)
    {
        var text = context.GivenHeader(Name) ?? "";
        if (!UrlEncoding.TryDecode(text, plusIsSpace: true, out var target) || target.Length == 0 || target[0] is '/' or '\\'
            || System.Text.Encoding.UTF8.GetByteCount(target) > OssLimits.MaxKeyBytes)
        {
            throw OssErrors.Argument(Name, HeaderText.Safe(text), "The symlink target is not valid.");
        }

        return ObjectKey.Parse(target);
    }
}
