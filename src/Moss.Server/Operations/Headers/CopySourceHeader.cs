using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Headers;

/// <summary>
/// <c>x-oss-copy-source: /bucket/key[?versionId=id]</c>, percent-encoded; a plus is a space, because one SDK encodes so and all encode a real
/// plus as <c>%2B</c>.
/// </summary>
static class CopySourceHeader
{
    const string Name = "x-oss-copy-source";
    const string Message = "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.";

    /// <summary>The source, which the caller may read.</summary>
    public static async ValueTask<CopySource> ReadAsync(OssContext context, CancellationToken ct)
    {
        var source = Parse(context.Header(Name) ?? "") with { Conditions = ConditionHeaders.OfCopySource(context) };
        var permission = source.Version is null ? "oss:GetObject" : "oss:GetObjectVersion";
        await context.Services.Authorizer.AuthorizeObjectAsync(
            context, Access.Read, permission, source.Bucket, source.Key, source.Version, ct);
        return source;
    }

    public static CopySource Parse(string header)
    {
        // The version is split off before decoding: a question mark inside the key is encoded.
        const string versionMark = "?versionId=";
        var mark = header.IndexOf(versionMark, StringComparison.Ordinal);
        var path = mark < 0 ? header : header[..mark];
        var version = mark < 0 ? "" : header[(mark + versionMark.Length)..];
        if (!UrlEncoding.TryDecode(path, plusIsSpace: true, out var text) || !text.StartsWith('/')
            || !UrlEncoding.TryDecode(version, plusIsSpace: true, out var versionText))
        {
            throw Invalid(header, "0042-00000301");
        }

        var slash = text.IndexOf('/', 1);
        if (slash < 0 || slash == text.Length - 1)
        {
            throw Invalid(header, "0042-00000302");
        }

        return BucketName.TryParse(text[1..slash], out var bucket)
            ? new(bucket, ObjectKey.Parse(text[(slash + 1)..]), versionText.Length == 0 ? null : new VersionId(versionText))
            : throw Invalid(header, "0042-00000301");
    }

    static OssException Invalid(string header, string ec) => OssErrors.Argument(Name, header, Message, ec);
}
