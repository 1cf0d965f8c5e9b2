using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>
/// How a new version takes its place among the versions of its key, by the versioning state of the bucket (PutBucketVersioning): unversioned
/// buckets replace, enabled ones keep, suspended ones replace only the <c>null</c> version. Runs inside a transaction that holds the key.
/// </summary>
static class VersionRules
{
    /// <summary>
    /// Makes a record the current object of its key. Commit point of every write: before the transaction commits nobody sees the object,
    /// after it everybody does.
    /// </summary>
    /// <param name="candidate">What to store; its version id, sequence and currency are decided here.</param>
    /// <param name="forbidOverwrite">Refuses with <c>FileAlreadyExists</c> when there is a current object; ignored where versions are or were kept.</param>
    public static async ValueTask<ObjectRecord> PlaceAsync(
        StorageEngine engine, IMetadataTransaction tx, BucketRecord bucket, ObjectRecord candidate, bool forbidOverwrite)
    {
        var current = await tx.Objects.FindAsync(bucket.Id, candidate.Key);
        if (current is not null && forbidOverwrite && bucket.Versioning == VersioningStatus.Unversioned)
        {
            throw new OssException(OssErrors.FileAlreadyExists, details: [new("Key", candidate.Key.Value)]);
        }

        var newest = await MakeRoomAsync(engine, tx, bucket, candidate.Key, current);
        var placed = candidate with
        {
            BucketId = bucket.Id,
            VersionId = bucket.Versioning == VersioningStatus.Enabled ? IdGenerator.NewVersionId() : VersionId.Null,
            Sequence = NextSequence(engine, newest),
            IsCurrent = true,
        };
        await tx.Objects.PutAsync(placed);
        return placed;
    }

    /// <summary>Removes the current object of a key, or hides it behind a delete marker where versions are kept.</summary>
    /// <returns>The delete marker, or null when there was none to make.</returns>
    public static async ValueTask<ObjectRecord?> RemoveAsync(
        StorageEngine engine, IMetadataTransaction tx, BucketRecord bucket, ObjectKey key)
    {
        var current = await tx.Objects.FindAsync(bucket.Id, key);
        if (bucket.Versioning == VersioningStatus.Unversioned)
        {
            if (current is not null)
            {
                RefuseProtected(engine, bucket, current);
                await tx.Objects.DeleteAsync(current);
                await ReleaseAsync(engine, tx, current.Manifest);
            }

            return null;
        }

        var newest = await MakeRoomAsync(engine, tx, bucket, key, current);
        if (current is not null)
        {
            await tx.Objects.DeleteAsync(current);
        }

        var marker = new ObjectRecord
        {
            BucketId = bucket.Id,
            Key = key,
            VersionId = bucket.Versioning == VersioningStatus.Enabled ? IdGenerator.NewVersionId() : VersionId.Null,
            Sequence = NextSequence(engine, newest),
            IsCurrent = false,
            IsDeleteMarker = true,
            LastModified = engine.Now(),
            OwnerId = bucket.OwnerId,
        };
        await tx.Objects.PutAsync(marker);
        return marker;
    }

    /// <summary>
    /// Removes one version for good. When it was the newest, the one below it becomes current again (unless that is a delete marker).
    /// </summary>
    /// <returns>What was removed, or null when there was no such version.</returns>
    public static async ValueTask<ObjectRecord?> RemoveVersionAsync(
        StorageEngine engine, IMetadataTransaction tx, BucketRecord bucket, ObjectKey key, VersionId version)
    {
        if (await tx.Objects.FindVersionAsync(bucket.Id, key, version) is not { } doomed)
        {
            return null;
        }

        RefuseProtected(engine, bucket, doomed);
        await tx.Objects.DeleteAsync(doomed);
        await ReleaseAsync(engine, tx, doomed.Manifest);
        var newest = await tx.Objects.FindNewestAsync(bucket.Id, key);
        if (newest is { IsCurrent: false, IsDeleteMarker: false } && newest.Sequence < doomed.Sequence)
        {
            await tx.Objects.DeleteAsync(newest);
            await tx.Objects.PutAsync(newest with { IsCurrent = true });
        }

        return doomed;
    }

    /// <summary>
    /// Gives up a manifest's references. A lone inline body goes at once; anything else is left to the sweeper, so that no answer waits for
    /// the unlinking of files.
    /// </summary>
    public static async ValueTask ReleaseAsync(StorageEngine engine, IMetadataTransaction tx, Manifest manifest)
    {
        if (manifest.Extents.Length == 1 && manifest.Extents[0].Blob.IsInline)
        {
            await tx.Blobs.DropReferenceAsync(manifest.Extents[0].Blob);
        }
        else if (manifest.Extents.Length > 0)
        {
            await tx.Garbage.AddAsync(GarbageKind.Released, manifest);
            engine.Garbage.Raise();
        }
    }

    /// <summary>Refuses with <c>FileImmutable</c> to change or remove what the bucket's retention protects.</summary>
    public static void RefuseProtected(StorageEngine engine, BucketRecord bucket, ObjectSummary version)
    {
        if (IsProtected(engine, bucket, version))
        {
            throw new OssException(OssErrors.FileImmutable, details: [new("Key", version.Key.Value)]);
        }
    }

    /// <summary>Whether the bucket's retention protects a version. Ages are measured by the clock, whatever a lifecycle run is told.</summary>
    public static bool IsProtected(StorageEngine engine, BucketRecord bucket, ObjectSummary version) =>
        bucket.Retention?.Protects(version, engine.Time.GetUtcNow()) == true;

    // Moves or removes what stands where the new version will stand; answers the newest version that was there.
    static async ValueTask<ObjectRecord?> MakeRoomAsync(
        StorageEngine engine, IMetadataTransaction tx, BucketRecord bucket, ObjectKey key, ObjectRecord? current)
    {
        if (bucket.Versioning == VersioningStatus.Unversioned)
        {
            if (current is not null)
            {
                RefuseProtected(engine, bucket, current);
                await ReleaseAsync(engine, tx, current.Manifest);
            }

            return current;
        }

        var newest = await tx.Objects.FindNewestAsync(bucket.Id, key);
        var replaceable = bucket.Versioning == VersioningStatus.Suspended
            ? await tx.Objects.FindVersionAsync(bucket.Id, key, VersionId.Null)
            : null;
        if (replaceable is not null)
        {
            RefuseProtected(engine, bucket, replaceable);
            await tx.Objects.DeleteAsync(replaceable);
            await ReleaseAsync(engine, tx, replaceable.Manifest);
        }

        if (current is not null && current.Sequence != replaceable?.Sequence)
        {
            await tx.Objects.PutAsync(current with { IsCurrent = false });
        }

        return newest;
    }

    // Time-based, so that a key that was removed and made anew does not repeat a number; always above what was there.
    static long NextSequence(StorageEngine engine, ObjectRecord? newest) =>
        Math.Max(engine.Time.GetUtcNow().UtcTicks, (newest?.Sequence ?? 0) + 1);
}
