using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Objects;

/// <summary>
/// Everything that is done with whole objects. Each write is durable when its task completes; readers see an object whole or not at all.
/// </summary>
public sealed class ObjectOperations(StorageEngine engine)
{
    readonly BodyReceiver _receiver = new(engine);
    readonly CopyEncryption _encryption = new(engine);

    /// <summary>
    /// PutObject: stores a body as an object. Refuses with <c>NoSuchBucket</c> and <c>FileAlreadyExists</c> before it reads the body, and again
    /// at the commit.
    /// </summary>
    public async ValueTask<ObjectView> PutAsync(
        BucketName bucketName, ObjectKey key, PutObjectRequest request, PipeReader body, CancellationToken ct)
    {
        var first = await RefuseEarlyAsync(bucketName, key, request.ForbidOverwrite, ct);

        // What the bucket says is asked once: the bytes are written as the object is recorded.
        request = request.EncryptedAs(first);
        var received = await _receiver.ReceiveAsync(body, request.Body, request.Attributes.IsEncrypted, ct);
        return await engine.CommitAsync(
            received,
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                if (request.RequiredOwnerId is { } owner && owner != bucket.OwnerId)
                {
                    throw new OssException(OssErrors.AccessDenied, $"The bucket {bucketName.Value} is another account's.");
                }

                var manifest = await received.RecordAsync(tx, engine);
                var candidate = NewObject(bucket, key, request) with
                {
                    Size = received.Length,
                    ETag = ETag.OfMd5(received.Md5),
                    Crc64 = received.Crc64,
                    Md5 = received.Md5,
                    Manifest = manifest,
                };
                return new ObjectView(bucket, await VersionRules.PlaceAsync(engine, tx, bucket, candidate, request.ForbidOverwrite), Link: null);
            },
            ct);
    }

    /// <summary>PutSymlink: an object that stands for another key of the bucket, which need not exist.</summary>
    public async ValueTask<ObjectView> PutSymlinkAsync(
        BucketName bucketName, ObjectKey key, ObjectKey target, PutObjectRequest request, CancellationToken ct) =>
        await engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                var candidate = NewObject(bucket, key, request) with
                {
                    Type = ObjectType.Symlink,
                    ETag = ETag.OfMd5(MD5.HashData(Encoding.UTF8.GetBytes(target.Value))),
                    Attributes = request.Attributes with { SymlinkTarget = target.Value },
                };
                return new ObjectView(bucket, await VersionRules.PlaceAsync(engine, tx, bucket, candidate, request.ForbidOverwrite), Link: null);
            },
            ct);

    /// <summary>
    /// Opens an object for reading, through a symlink if it is one.
    /// </summary>
    /// <exception cref="OssException"><c>NoSuchKey</c>, <c>NoSuchVersion</c>, a failed condition, a broken symlink.</exception>
    /// <exception cref="BlobDamagedException">The object's bytes are missing or damaged.</exception>
    public async ValueTask<ObjectContent> OpenAsync(
        BucketName bucketName, ObjectKey key, VersionId? version, ReadConditions conditions, CancellationToken ct)
    {
        if (version is null && engine.Snapshots.Peek(bucketName) is { Bucket: var known } && engine.SmallObjects.Find(known, key) is { } kept)
        {
            conditions.Check(kept.Record.ETag, kept.Record.LastModified);
            return await ObjectContent.OpenAsync(engine, new(known, kept.Record, Link: null), kept.Bytes, ct);
        }

        using var ticket = engine.Reads.Enter();
        var place = version is null ? engine.SmallObjects.Reserve(bucketName, key) : null;
        try
        {
            var (view, inline) = await engine.Metadata.ReadAsync(
                async tx =>
                {
                    var bucket = await BucketAsync(engine, tx, bucketName);
                    var view = await FollowAsync(tx, bucket, await ObjectAsync(tx, bucket, key, version));
                    conditions.Check(view.Record.ETag, view.Record.LastModified);
                    await RequireReadableAsync(tx, bucket, view.Record, engine.Time.GetUtcNow());
                    return (view, await LoneInlineAsync(tx, view.Record.Manifest));
                },
                ct);
            if (place is not null && inline is not null && MayBeKept(view))
            {
                engine.SmallObjects.Keep(place, new(view.Record, inline));
            }

            return await ObjectContent.OpenAsync(engine, view, inline, ct);
        }
        finally
        {
            if (place is not null)
            {
                engine.SmallObjects.Release(place);
            }
        }
    }

    /// <summary>HeadObject and GetObjectMeta: the object, through a symlink if it is one, without its bytes.</summary>
    public ValueTask<ObjectView> HeadAsync(
        BucketName bucketName, ObjectKey key, VersionId? version, ReadConditions conditions, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                var view = await FollowAsync(tx, bucket, await ObjectAsync(tx, bucket, key, version));
                conditions.Check(view.Record.ETag, view.Record.LastModified);
                return view;
            },
            ct);

    /// <summary>The object itself: a symlink is not followed (ACL, tagging, GetSymlink).</summary>
    public ValueTask<ObjectView> FindAsync(BucketName bucketName, ObjectKey key, VersionId? version, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                return new ObjectView(bucket, await ObjectAsync(tx, bucket, key, version), Link: null);
            },
            ct);

    /// <summary>
    /// An object version (null: the current one) whatever it is, and the object that it leads to if it is a symlink; null for what is not there. What an access
    /// decision needs.
    /// </summary>
    public ValueTask<(ObjectRecord? Object, ObjectRecord? Target)> FindForAccessAsync(
        BucketRecord bucket, ObjectKey key, VersionId? version, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var found = version is { } named
                    ? await tx.Objects.FindVersionAsync(bucket.Id, key, named)
                    : await tx.Objects.FindAsync(bucket.Id, key);
                var target = found is { Type: ObjectType.Symlink, Attributes.SymlinkTarget: { } link }
                    ? await tx.Objects.FindAsync(bucket.Id, ObjectKey.Parse(link))
                    : null;
                return (found, target);
            },
            ct);

    /// <summary>Changes what is recorded of an object version (its ACL, its tags, ...), in place.</summary>
    public ValueTask<ObjectView> UpdateAsync(
        BucketName bucketName, ObjectKey key, VersionId? version, Func<ObjectRecord, ObjectRecord> change, CancellationToken ct) =>
        engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                var changed = change(await ObjectAsync(tx, bucket, key, version));
                await tx.Objects.PutAsync(changed);
                return new ObjectView(bucket, changed, Link: null);
            },
            ct);

    /// <summary>
    /// DeleteObject and DeleteMultipleObjects: deletes keys or versions in one transaction. Deleting what is not there is no error.
    /// </summary>
    public ValueTask<IReadOnlyList<DeleteOutcome>> DeleteAsync(
        BucketName bucketName, IReadOnlyList<(ObjectKey Key, VersionId? Version)> targets, CancellationToken ct)
    {
        var locks = new List<MetadataLock>(targets.Count + 1) { MetadataLock.Bucket(bucketName, shared: true) };
        locks.AddRange(targets.Select(target => MetadataLock.Key(bucketName, target.Key)));
        return engine.Metadata.WriteAsync(locks, tx => DeleteAllAsync(tx, bucketName, targets), ct);
    }

    /// <summary>
    /// CopyObject: a new object over the source's blobs. Neither reads nor writes data, whatever the size, unless a copy is to be encrypted whose source is not.
    /// ETag, MD5 and CRC-64 are the source's.
    /// A copy of an unversioned object onto itself replaces its metadata. A symlink is copied as a symlink.
    /// </summary>
    public ValueTask<CopyOutcome> CopyAsync(
        BucketName bucketName, ObjectKey key, CopyObjectRequest request, CancellationToken ct) =>
        Transactions.RetryWhenSourceIsGoneAsync(async () =>
        {
            var locks = new[] { MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key) };
            var (copied, plain) = await engine.Metadata.WriteAsync(locks, tx => CopyAsync(tx, bucketName, key, request, encrypted: null), ct);
            if (copied is not null)
            {
                return copied;
            }

            var encrypted = await _encryption.EncryptAsync(plain!.Manifest, ct);
            (copied, _) = await engine.CommitAsync(encrypted, locks, tx => CopyAsync(tx, bucketName, key, request, encrypted), ct);
            return copied!;
        });

    // The copy; or, changing nothing, the source when its bytes must be encrypted first.
    async ValueTask<(CopyOutcome? Copied, ObjectRecord? Plain)> CopyAsync(
        IMetadataTransaction tx, BucketName bucketName, ObjectKey key, CopyObjectRequest request, EncryptedCopy? encrypted)
    {
        var source = request.Source;
        var bucket = await BucketAsync(tx, bucketName);
        var sourceBucket = source.Bucket == bucketName ? bucket : await BucketAsync(tx, source.Bucket);
        var from = await CopySourceAsync(tx, sourceBucket, source);
        source.Conditions.Check(from.ETag, from.LastModified);
        await RequireReadableAsync(tx, sourceBucket, from, engine.Time.GetUtcNow());

        var ontoItself = sourceBucket.Id == bucket.Id && source.Key == key && source.Version is null && bucket.Versioning == VersioningStatus.Unversioned;
        var wanted = request.Attributes.EncryptedAs(bucket);
        var manifest = from.Manifest;
        if (wanted.IsEncrypted && !manifest.IsEncrypted)
        {
            if (encrypted is null)
            {
                return (null, from);
            }

            manifest = await encrypted.RecordAsync(tx, manifest, engine);
        }
        else if (encrypted is not null)
        {
            throw new SourceGoneException(); // Another one took its place meanwhile.
        }
        else
        {
            await Transactions.AddReferencesAsync(tx, manifest);
        }

        var attributes = request.ReplaceMetadata || ontoItself
            ? wanted with { SymlinkTarget = from.Attributes.SymlinkTarget }
            : from.Attributes with
            {
                SealedTime = null,
                TransitionTime = null,
                RestoredUntil = null,
                ServerSideEncryption = wanted.ServerSideEncryption,
                ServerSideEncryptionKeyId = wanted.ServerSideEncryptionKeyId,
                ServerSideDataEncryption = wanted.ServerSideDataEncryption,
            };
        var candidate = new ObjectRecord
        {
            BucketId = bucket.Id,
            Key = key,
            Sequence = 0,
            IsCurrent = true,
            Type = from.Type == ObjectType.Symlink ? ObjectType.Symlink : ObjectType.Normal,
            Size = from.Size,
            ETag = from.ETag,
            Crc64 = from.Crc64,
            Md5 = from.Md5,
            StorageClass = request.StorageClass ?? bucket.StorageClass,
            LastModified = engine.Now(),
            OwnerId = bucket.OwnerId,
            Acl = request.Acl,
            Attributes = attributes with { Tags = request.ReplaceTags ? request.Attributes.Tags : from.Attributes.Tags },
            Manifest = manifest,
        };
        var placed = await VersionRules.PlaceAsync(engine, tx, bucket, candidate, request.ForbidOverwrite);
        return (new(new(bucket, placed, Link: null), from, sourceBucket.Versioning != VersioningStatus.Unversioned), null);
    }

    async ValueTask<IReadOnlyList<DeleteOutcome>> DeleteAllAsync(
        IMetadataTransaction tx, BucketName bucketName, IReadOnlyList<(ObjectKey Key, VersionId? Version)> targets)
    {
        var bucket = await BucketAsync(tx, bucketName);
        var outcomes = new List<DeleteOutcome>(targets.Count);
        foreach (var (key, version) in targets)
        {
            outcomes.Add(version is { } named
                ? new(key, version, await VersionRules.RemoveVersionAsync(engine, tx, bucket, key, named), Marker: null)
                : new(key, version, Removed: null, await VersionRules.RemoveAsync(engine, tx, bucket, key)));
        }

        return outcomes;
    }

    // What the commit checks again. With a bucket that is known and nothing to forbid there is nothing to read.
    async ValueTask<BucketRecord> RefuseEarlyAsync(BucketName bucketName, ObjectKey key, bool forbidOverwrite, CancellationToken ct)
    {
        if (!forbidOverwrite && engine.Snapshots.Peek(bucketName) is { } known)
        {
            return known.Bucket;
        }

        return await engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                return forbidOverwrite && bucket.Versioning == VersioningStatus.Unversioned
                    && await tx.Objects.FindAsync(bucket.Id, key) is not null
                    ? throw new OssException(OssErrors.FileAlreadyExists, details: [new("Key", key.Value)])
                    : bucket;
            },
            ct);
    }

    ObjectRecord NewObject(BucketRecord bucket, ObjectKey key, PutObjectRequest request) => new()
    {
        BucketId = bucket.Id,
        Key = key,
        Sequence = 0,
        IsCurrent = true,
        Type = ObjectType.Normal,
        StorageClass = request.StorageClass ?? bucket.StorageClass,
        LastModified = engine.Now(),
        OwnerId = bucket.OwnerId,
        Acl = request.Acl,
        Attributes = request.Attributes,
    };

    // What was found through a link, must be restored to be read, or is encrypted is looked up each time.
    static bool MayBeKept(ObjectView view) =>
        view.Link is null && view.Record is { StorageClass: < StorageClass.Archive, Manifest.IsEncrypted: false };

    // The bytes of a body that is one inline blob come with its row, so that nothing can go between the two.
    async ValueTask<byte[]?> LoneInlineAsync(IMetadataTransaction tx, Manifest manifest) =>
        manifest.Extents is [{ Blob.IsInline: true } extent] ? await engine.ReadInlineAsync(tx, extent.Blob) : null;
}
