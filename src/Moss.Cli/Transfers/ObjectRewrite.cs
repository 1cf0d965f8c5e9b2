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

    /// <summary>Copies an object onto itself with other properties; without tags among them it has none.</summary>
    /// <param name="source">The object, or a version of it that is to become the current one.</param>
    /// <param name="change">Makes the new properties of those that a copy would need to be the same.</param>
    /// <exception cref="FailedException">It is a symbolic link: a copy of it would be a copy of what it points to.</exception>
    /// <exception cref="ObjectChangedException">The object was replaced since its properties were read; nothing was changed.</exception>
    public static async Task RunAsync(OssClient client, CopySource source, Func<ObjectProperties, ObjectProperties> change, CancellationToken ct)
    {
        var info = await client.HeadObjectAsync(source.Bucket, source.Key, new() { VersionId = source.VersionId }, ct);
        if (info.Type == ObjectType.Symlink)
        {
            throw new FailedException(ExitCode.Client, $"'{source.Key}' is a symbolic link, which cannot be copied onto itself: make it anew with 'moss create-symlink'");
        }

        var properties = Exact(change(await PropertiesAsync(client, source, info, ct)));
        await new Copier(client, OneRequest).CopyAsync(
            new() { Source = source, Bucket = source.Bucket, Key = source.Key, Properties = properties, IfMatch = info.ETag, IfVersionId = info.VersionId }, ct);
    }

    /// <summary>Properties after a directive on the metadata: ACL, storage class and other headers that are named, and what an object had for the rest.</summary>
    public static ObjectProperties With(ObjectProperties now, ObjectProperties named, PropertyDirective metadata) => metadata.Metadata(WithOthers(now, named), named) with
    {
        Acl = named.Acl ?? now.Acl,
        StorageClass = named.StorageClass ?? now.StorageClass,
    };

    /// <summary>The properties that a copy of an object would need to be the same.</summary>
    public static async Task<ObjectProperties> PropertiesAsync(OssClient client, CopySource source, ObjectInfo info, CancellationToken ct)
    {
        var acl = await client.GetObjectAclAsync(source.Bucket, source.Key, source.VersionId, ct);
        return CopiedProperties.Described(info) with
        {
            Acl = WireWords.TryParseAcl(acl.Grant, out var grant) && grant != Acl.Default ? grant : null,
            StorageClass = WireWords.TryParseStorageClass(info.StorageClass, out var kind) ? kind : null,
            Tags = await CopiedProperties.TagsAsync(client, source, info, ct),
            ServerSideEncryption = info.Headers.Get(Encryption),
            OtherHeaders = info.Headers.Get(EncryptionKey) is { } key ? [new(EncryptionKey, key)] : [],
        };
    }

    // Other headers that are named, before those that an object came with.
    static ObjectProperties WithOthers(ObjectProperties now, ObjectProperties named)
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

    /// <summary>Tags of the source are kept unless a request says otherwise, also one that names none.</summary>
    public static ObjectProperties Exact(ObjectProperties properties) =>
        properties.Tags.Count > 0 ? properties : properties with { OtherHeaders = [.. properties.OtherHeaders, new(TaggingDirective, "REPLACE")] };
}
