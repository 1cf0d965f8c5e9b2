using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;

namespace Moss.Cli.Transfers;

/// <summary>
/// Changes what is stored beside the bytes of an object by a copy, usually onto itself. A copy takes ACL, storage class and encryption from the request and not
/// from its source, so all that is to stay is read first and said again.
/// </summary>
static class ObjectRewrite
{
    const string Encryption = "x-oss-server-side-encryption", EncryptionKey = "x-oss-server-side-encryption-key-id", TaggingDirective = "x-oss-tagging-directive";

    // A copy onto itself in one request replaces what was read or nothing, and is not resumed with what another command said.
    static readonly CopyOptions OneRequest = new() { MultipartThreshold = OssLimits.MaxCopyObjectSize, EnableCheckpoint = false };

    /// <summary>An object as it is: what the service says of it, and the properties that a copy of it would need to be the same.</summary>
    /// <exception cref="FailedException">It is a symbolic link: a copy of it would be a copy of what it points to.</exception>
    public static async Task<(ObjectInfo Info, ObjectProperties Properties)> ReadAsync(OssClient client, CopySource source, CancellationToken ct)
    {
        var info = await client.HeadObjectAsync(source.Bucket, source.Key, new() { VersionId = source.VersionId }, ct);
        if (info.Type == ObjectType.Symlink)
        {
            throw new FailedException(ExitCode.Client, $"'{source.Key}' is a symbolic link, which cannot be copied onto itself: make it anew with 'moss create-symlink'");
        }

        return (info, await PropertiesAsync(client, source, info, ct));
    }

    /// <summary>The properties that a copy of an object would need to be the same.</summary>
    public static async Task<ObjectProperties> PropertiesAsync(OssClient client, CopySource source, ObjectInfo info, CancellationToken ct)
    {
        var acl = await client.GetObjectAclAsync(source.Bucket, source.Key, source.VersionId, ct);
        return Described(info) with
        {
            Acl = WireWords.TryParseAcl(acl.Grant, out var grant) && grant != Acl.Default ? grant : null,
            StorageClass = WireWords.TryParseStorageClass(info.StorageClass, out var kind) ? kind : null,
            Tags = await TagsAsync(client, source, info, ct),
            ServerSideEncryption = info.Headers.Get(Encryption),
            OtherHeaders = info.Headers.Get(EncryptionKey) is { } key ? [new(EncryptionKey, key)] : [],
        };
    }

    /// <summary>Other headers that are named, before those that an object came with.</summary>
    public static ObjectProperties WithOthers(ObjectProperties now, ObjectProperties named)
    {
        bool IsNamed(string header) => named.OtherHeaders.Any(other => string.Equals(other.Key, header, StringComparison.OrdinalIgnoreCase));
        // A key belongs to its method.
        var changesMethod = IsNamed(Encryption);
        return now with
        {
            ServerSideEncryption = changesMethod ? null : now.ServerSideEncryption,
            OtherHeaders = [.. changesMethod ? [] : now.OtherHeaders.Where(other => !IsNamed(other.Key)), .. named.OtherHeaders],
        };
    }

    /// <summary>The metadata of an object: the headers that are stored with it, and its own.</summary>
    public static ObjectProperties Described(ObjectInfo info) => new()
    {
        ContentType = info.ContentType,
        CacheControl = info.Headers.Get("Cache-Control"),
        ContentDisposition = info.Headers.Get("Content-Disposition"),
        ContentEncoding = info.Headers.Get("Content-Encoding"),
        ContentLanguage = info.Headers.Get("Content-Language"),
        Expires = info.Headers.Get("Expires"),
        UserMetadata = info.UserMetadata,
    };

    public static async Task<Dictionary<string, string>> TagsAsync(OssClient client, CopySource source, ObjectInfo info, CancellationToken ct) =>
        info.Headers.Get("x-oss-tagging-count") is null
            ? []
            : (await client.GetObjectTaggingAsync(source.Bucket, source.Key, source.VersionId, ct)).ToDictionary(StringComparer.Ordinal);

    /// <summary>Makes a copy of what was read, with exactly these properties; without tags it has none.</summary>
    /// <param name="read">What <see cref="ReadAsync"/> gave: the properties are of it.</param>
    /// <exception cref="ObjectChangedException">The source was replaced since; nothing was changed.</exception>
    public static Task<CopyResult> WriteAsync(OssClient client, CopySource source, ObjectInfo read, string bucket, string key, ObjectProperties properties, CancellationToken ct) =>
        new Copier(client, OneRequest).CopyAsync(
            new() { Source = source, Bucket = bucket, Key = key, Properties = Exact(properties), IfMatch = read.ETag, IfVersionId = read.VersionId }, ct);

    /// <summary>Tags of the source are kept unless a request says otherwise, also one that names none.</summary>
    public static ObjectProperties Exact(ObjectProperties properties) =>
        properties.Tags.Count > 0 ? properties : properties with { OtherHeaders = [.. properties.OtherHeaders, new(TaggingDirective, "REPLACE")] };
}
