using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>Finds buckets and objects inside a transaction, and says in the protocol's words when there are none.</summary>
static class ObjectLookup
{
    const string DirectReadName = "bucketArchiveDirectRead";

    /// <summary>A bucket for what writes: its row, which the transaction holds.</summary>
    public static async ValueTask<BucketRecord> BucketAsync(IMetadataTransaction tx, BucketName name) =>
        await tx.Buckets.FindAsync(name) ?? throw OssErrors.BucketMissing(name.Value);

    /// <summary>A bucket for what only reads: what is known of it, else its row.</summary>
    public static ValueTask<BucketRecord> BucketAsync(StorageEngine engine, IMetadataTransaction tx, BucketName name) =>
        engine.Snapshots.Peek(name) is { } known ? new(known.Bucket) : BucketAsync(tx, name);

    /// <summary>The named version, or the current one; a delete marker is not an object.</summary>
    public static async ValueTask<ObjectRecord> ObjectAsync(
        IMetadataTransaction tx, BucketRecord bucket, ObjectKey key, VersionId? version)
    {
        if (version is { } named)
        {
            return await tx.Objects.FindVersionAsync(bucket.Id, key, named) switch
            {
                null => throw new OssException(
                    OssErrors.NoSuchVersion, details: [new("Key", key.Value), new("VersionId", named.Value)]),
                { IsDeleteMarker: true } marker => throw MarkerNamed(marker),
                var found => found,
            };
        }

        return await tx.Objects.FindAsync(bucket.Id, key) ?? throw await MissingAsync(tx, bucket, key);
    }

    /// <summary>The source of a copy: as <see cref="ObjectAsync"/>, but a delete marker that is named by its version is a bad request.</summary>
    public static async ValueTask<ObjectRecord> CopySourceAsync(IMetadataTransaction tx, BucketRecord bucket, CopySource source) =>
        source.Version is { } named && await tx.Objects.FindVersionAsync(bucket.Id, source.Key, named) is { IsDeleteMarker: true } marker
            ? throw new OssException(
                OssErrors.BadRequest, "The source of a copy request may not refer to a delete marker by its version id.", details: [new("Key", source.Key.Value)])
            {
                Headers = MarkerHeaders(marker),
            }
            : await ObjectAsync(tx, bucket, source.Key, source.Version);

    /// <summary>The object behind a symlink; anything else is its own target.</summary>
    public static async ValueTask<ObjectView> FollowAsync(IMetadataTransaction tx, BucketRecord bucket, ObjectRecord found)
    {
        if (found.Type != ObjectType.Symlink)
        {
            return new(bucket, found, Link: null);
        }

        var key = ObjectKey.Parse(found.Attributes.SymlinkTarget!);
        var target = await tx.Objects.FindAsync(bucket.Id, key)
            ?? throw new OssException(OssErrors.SymlinkTargetNotExist, details: [new("Key", found.Key.Value)]);
        return target.Type == ObjectType.Symlink
            ? throw new OssException(OssErrors.InvalidTargetType)
            : new(bucket, target, found);
    }

    /// <summary>Refuses with <c>InvalidObjectState</c> to read the bytes of an archived object that is not restored.</summary>
    public static async ValueTask RequireReadableAsync(IMetadataTransaction tx, BucketRecord bucket, ObjectRecord record, DateTimeOffset now)
    {
        if (record.StorageClass < StorageClass.Archive || record.Type == ObjectType.Symlink || record.Attributes.RestoredUntil > now)
        {
            return;
        }

        // Of the archive classes only the warmest can be read in place, where the bucket says so.
        var readsDirectly = record.StorageClass == StorageClass.Archive
            && await tx.Buckets.FindConfigurationAsync(bucket.Id, DirectReadName) is { } document
            && XmlDocuments.Parse<ArchiveDirectReadConfiguration>(document).Enabled;
        if (!readsDirectly)
        {
            throw new OssException(OssErrors.InvalidObjectState, details: [new("ObjectName", record.Key.Value)]);
        }
    }

    static async ValueTask<OssException> MissingAsync(IMetadataTransaction tx, BucketRecord bucket, ObjectKey key)
    {
        var newest = bucket.Versioning == VersioningStatus.Unversioned
            ? null
            : await tx.Objects.FindNewestAsync(bucket.Id, key);
        return new(OssErrors.NoSuchKey, details: [new("Key", key.Value)])
        {
            Headers = newest is { IsDeleteMarker: true } ? MarkerHeaders(newest) : [],
        };
    }

    static OssException MarkerNamed(ObjectRecord marker) =>
        new(OssErrors.MethodNotAllowed, details: [new("Method", "GET"), new("ResourceType", "DeleteMarker")])
        {
            Headers = [new("Allow", "DELETE"), .. MarkerHeaders(marker)],
        };

    static KeyValuePair<string, string>[] MarkerHeaders(ObjectRecord marker) =>
        [new("x-oss-delete-marker", "true"), new("x-oss-version-id", marker.VersionId.Value)];
}
