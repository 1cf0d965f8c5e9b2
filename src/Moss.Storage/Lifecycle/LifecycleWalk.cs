using System.Text;
using Moss.Protocol.Names;
using Moss.Storage.Listing;
using Moss.Storage.Metadata;
using Moss.Storage.Multipart;
using Moss.Storage.Objects;

namespace Moss.Storage.Lifecycle;

/// <summary>Carries out the rules of one bucket, page by page: memory holds one page, whatever the bucket holds.</summary>
sealed class LifecycleWalk(StorageEngine engine, BucketRecord bucket, byte[] document, LifecyclePolicy policy, DateTimeOffset at)
{
    const int VersionsPerPage = 1000;

    /// <summary>Uploads carry user metadata of up to 8 KB each.</summary>
    const int UploadsPerPage = 200;

    /// <summary>Other writers wait for a transaction, so it stays short (a few milliseconds).</summary>
    const int ActionsPerTransaction = 100;

    // The newest version of the key that the scan is in, and the one before the next: a page may end within a key.
    ObjectSummary? _newest;
    ObjectSummary? _above;

    public LifecycleTotals Totals { get; private set; } = new();

    /// <exception cref="RulesChangedException">The rules were replaced or removed, or the bucket was: this walk is over.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var prefix in policy.UploadPrefixes)
        {
            await AbortUploadsAsync(Encoding.UTF8.GetBytes(prefix), PrefixScan<ObjectSummary>.After(prefix), ct);
        }

        foreach (var prefix in policy.ObjectPrefixes)
        {
            (_newest, _above) = (null, null);
            await WalkObjectsAsync(Encoding.UTF8.GetBytes(prefix), PrefixScan<ObjectSummary>.After(prefix), ct);
        }
    }

    async Task WalkObjectsAsync(byte[] from, byte[]? to, CancellationToken ct)
    {
        var position = new ScanPosition(from);
        while (true)
        {
            var start = position;
            var (page, found) = await engine.Metadata.ReadAsync(tx => ReadPageAsync(tx, start, to), ct);
            Totals += new LifecycleTotals { Examined = page.Count };
            foreach (var batch in found.Chunk(ActionsPerTransaction))
            {
                await ActAsync(batch, ct);
            }

            if (page.Count < VersionsPerPage)
            {
                return;
            }

            (_newest, _above) = (NewestOf(page), page[^1]);
            position = new(page[^1].Key.ToUtf8(), Sequence: page[^1].Sequence - 1);
        }
    }

    // A page of versions, and those of them that something is to be done with.
    async ValueTask<(IReadOnlyList<ObjectSummary> Page, List<Candidate> Found)> ReadPageAsync(
        IMetadataTransaction tx, ScanPosition from, byte[]? to)
    {
        var page = await tx.Objects.ScanVersionsAsync(bucket.Id, from.Key, from.Sequence, to, VersionsPerPage);
        var found = new List<Candidate>();
        var (newest, above) = (_newest, _above);
        foreach (var version in page)
        {
            if (newest is null || newest.Key != version.Key)
            {
                (newest, above) = (version, null);
            }

            var candidate = new Candidate(version, newest, above);
            if (await IsWantedAsync(tx, candidate))
            {
                found.Add(candidate);
            }

            above = version;
        }

        return (page, found);
    }

    ObjectSummary NewestOf(IReadOnlyList<ObjectSummary> page)
    {
        var last = page[^1].Key;
        return _newest?.Key == last ? _newest : page.First(version => version.Key == last);
    }

    // From the listing alone, unless tags decide.
    async ValueTask<bool> IsWantedAsync(IMetadataTransaction tx, Candidate candidate)
    {
        if (candidate.IsNewestMarker)
        {
            return policy.RemovesLoneMarker(candidate.Version.Key);
        }

        var version = candidate.Version;
        if (Judge(candidate, version, tags: null).IsNothing)
        {
            return false;
        }

        return !policy.NeedsTags
            || (await tx.Objects.FindVersionAsync(bucket.Id, version.Key, version.VersionId) is { } record
                && !Judge(candidate, record, record.Attributes.Tags).IsNothing);
    }

    LifecycleVerdict Judge(Candidate candidate, ObjectSummary version, IReadOnlyList<KeyValuePair<string, string>>? tags) =>
        candidate.Above is null
            ? policy.OfCurrent(version, tags, at)
            : policy.OfNoncurrent(version, tags, PlacedAt(candidate.Above), at);

    // A sequence number is the instant at which the version took its place, or later where the clock went back: see VersionRules.
    static DateTimeOffset PlacedAt(ObjectSummary version) => new(version.Sequence, TimeSpan.Zero);

    async Task ActAsync(Candidate[] batch, CancellationToken ct)
    {
        var locks = new List<MetadataLock>(batch.Length + 1) { MetadataLock.Bucket(bucket.Name, shared: true) };
        locks.AddRange(batch.Select(candidate => candidate.Version.Key).Distinct().Select(key => MetadataLock.Key(bucket.Name, key)));
        Totals += await engine.Metadata.WriteAsync(
            locks,
            async tx =>
            {
                var now = await SameBucketAsync(tx);
                var done = new LifecycleTotals();

                // The oldest first: a version goes before those that say since when it was not current.
                foreach (var candidate in batch.Reverse())
                {
                    done += await ActAsync(tx, now, candidate);
                }

                return done;
            },
            ct);
    }

    // The bucket as it is now, if it still has the rules of this walk.
    async ValueTask<BucketRecord> SameBucketAsync(IMetadataTransaction tx) =>
        await tx.Buckets.FindAsync(bucket.Name) is { } now && now.Id == bucket.Id
        && await tx.Buckets.FindConfigurationAsync(now.Id, LifecycleRunner.ConfigurationName) is { } rules
        && rules.AsSpan().SequenceEqual(document)
            ? now
            : throw new RulesChangedException();

    ValueTask<LifecycleTotals> ActAsync(IMetadataTransaction tx, BucketRecord now, Candidate candidate) =>
        candidate.IsNewestMarker ? RemoveLoneMarkerAsync(tx, now, candidate.Version.Key)
        : candidate.Above is null ? ActOnCurrentAsync(tx, now, candidate)
        : ActOnNoncurrentAsync(tx, now, candidate);

    async ValueTask<LifecycleTotals> ActOnCurrentAsync(IMetadataTransaction tx, BucketRecord now, Candidate candidate)
    {
        // Another sequence number is another object, which a rule may judge in the next run.
        if (await tx.Objects.FindAsync(now.Id, candidate.Version.Key) is not { } current || current.Sequence != candidate.Version.Sequence)
        {
            return new();
        }

        var verdict = policy.OfCurrent(current, current.Attributes.Tags, at);
        if (!verdict.Expires)
        {
            return await TransitionAsync(tx, current, verdict);
        }

        // Where every version is kept, hiding one harms nothing that a retention protects.
        if (now.Versioning != VersioningStatus.Enabled && VersionRules.IsProtected(engine, now, current))
        {
            return new();
        }

        // Commit point: before it the object is there; after it it is gone or hidden.
        var marker = await VersionRules.RemoveAsync(engine, tx, now, current.Key);
        return marker is null ? new() { Expired = 1, Bytes = current.Size } : new() { Hidden = 1 };
    }

    async ValueTask<LifecycleTotals> ActOnNoncurrentAsync(IMetadataTransaction tx, BucketRecord now, Candidate candidate)
    {
        // As long as the newest of the listing is there, no version below it can have become current again.
        var key = candidate.Version.Key;
        if ((await tx.Objects.FindVersionAsync(now.Id, key, candidate.Newest.VersionId))?.Sequence != candidate.Newest.Sequence
            || await tx.Objects.FindVersionAsync(now.Id, key, candidate.Version.VersionId) is not { IsCurrent: false } version
            || version.Sequence != candidate.Version.Sequence)
        {
            return new();
        }

        var verdict = policy.OfNoncurrent(version, version.Attributes.Tags, PlacedAt(candidate.Above!), at);
        if (!verdict.Expires)
        {
            return await TransitionAsync(tx, version, verdict);
        }

        if (VersionRules.IsProtected(engine, now, version))
        {
            return new();
        }

        await VersionRules.RemoveVersionAsync(engine, tx, now, key, version.VersionId);
        var removed = new LifecycleTotals { VersionsRemoved = 1, Bytes = version.Size };
        return policy.RemovesLoneMarker(key) ? removed + await RemoveLoneMarkerAsync(tx, now, key) : removed;
    }

    async ValueTask<LifecycleTotals> TransitionAsync(IMetadataTransaction tx, ObjectRecord record, LifecycleVerdict verdict)
    {
        if (verdict.Becomes is not { } storageClass)
        {
            return new();
        }

        await tx.Objects.PutAsync(record with
        {
            StorageClass = storageClass,
            Attributes = record.Attributes with { TransitionTime = engine.Now(), RestoredUntil = null },
        });
        return new() { Transitioned = 1 };
    }

    async ValueTask<LifecycleTotals> RemoveLoneMarkerAsync(IMetadataTransaction tx, BucketRecord now, ObjectKey key)
    {
        var utf8 = key.ToUtf8();
        var left = await tx.Objects.ScanVersionsAsync(now.Id, utf8, long.MaxValue, to: [.. utf8, 0], limit: 2);
        if (left is not [{ IsDeleteMarker: true } marker])
        {
            return new();
        }

        await VersionRules.RemoveVersionAsync(engine, tx, now, key, marker.VersionId);
        return new() { MarkersRemoved = 1 };
    }

    async Task AbortUploadsAsync(byte[] from, byte[]? to, CancellationToken ct)
    {
        var position = new ScanPosition(from);
        while (true)
        {
            var start = position;
            var page = await engine.Metadata.ReadAsync(
                tx => tx.Uploads.ScanAsync(bucket.Id, start.Key, start.UploadId, to, UploadsPerPage), ct);
            Totals += new LifecycleTotals { Examined = page.Count };
            foreach (var upload in page.Where(upload => policy.Aborts(upload, at)))
            {
                await AbortAsync(upload, ct);
            }

            if (page.Count < UploadsPerPage)
            {
                return;
            }

            position = new(page[^1].Key.ToUtf8(), page[^1].Id.Value + "\0");
        }
    }

    async Task AbortAsync(UploadRecord upload, CancellationToken ct) =>
        Totals += await engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucket.Name, shared: true), MetadataLock.Upload(upload.Id, shared: false)],
            async tx =>
            {
                await SameBucketAsync(tx);
                if (await tx.Uploads.FindAsync(upload.Id) is not { } open || open.BucketId != bucket.Id || !policy.Aborts(open, at))
                {
                    return new LifecycleTotals();
                }

                var bytes = await MultipartOperations.RemoveAsync(engine, tx, open);
                return new LifecycleTotals { UploadsAborted = 1, Bytes = bytes };
            },
            ct);

    /// <summary>A version that something may have to be done with, as a listing showed it.</summary>
    /// <param name="Version">The version.</param>
    /// <param name="Newest">The newest of its key.</param>
    /// <param name="Above">The one that took its place; null when it is itself the newest.</param>
    readonly record struct Candidate(ObjectSummary Version, ObjectSummary Newest, ObjectSummary? Above)
    {
        public bool IsNewestMarker => Above is null && Version.IsDeleteMarker;
    }
}
