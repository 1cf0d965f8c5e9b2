using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Sweeping;

/// <summary>
/// Removes what nothing refers to. Two steps, each repeatable after a crash: a released manifest gives up its references in one transaction,
/// which leaves a list of blobs without any; these are deleted, and then the list is. A blob that still has a reference, or that a reader
/// is about to open, is never deleted.
/// </summary>
public sealed class Sweeper(StorageEngine engine)
{
    /// <summary>
    /// Extents that one transaction releases: other writers wait for it, so it stays short (about 10 ms), whatever the object's size.
    /// </summary>
    const int ExtentsPerTransaction = 500;

    const int OrphansPerLookup = 500;

    /// <summary>Completed uploads are remembered for a day; forgetting them a little late costs nothing but rows.</summary>
    static readonly TimeSpan ForgettingInterval = TimeSpan.FromMinutes(10);

    static readonly Meter Meter = new("Moss.Storage");
    static readonly Counter<long> Deleted = Meter.CreateCounter<long>("moss.sweeper.blobs", "{blob}", "Blobs deleted");
    static readonly IReadOnlyList<MetadataLock> GarbageLock = [MetadataLock.Garbage];

    static readonly TimeSpan SettlingTime = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    DateTimeOffset _nextForgetting;

    /// <summary>Sweeps whenever something becomes garbage, until cancelled. A failed round is reported and tried again later.</summary>
    public async Task RunAsync(Action<Exception> failed, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var found = await SweepAsync(ct);
                var signalled = await engine.Garbage.WaitAsync(found ? TimeSpan.Zero : engine.Options.SweepInterval, ct);
                if (signalled)
                {
                    // Raised inside a transaction that commits in a moment; what others release meanwhile is swept in the same round.
                    await Task.Delay(SettlingTime, engine.Time, ct);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failed(exception);
                await Task.Delay(RetryDelay, engine.Time, CancellationToken.None);
            }
        }
    }

    /// <summary>Removes everything that is garbage now, and forgets completed uploads that are old enough.</summary>
    /// <returns>Whether there was anything to remove.</returns>
    public async Task<bool> SweepAsync(CancellationToken ct)
    {
        var found = false;
        while (await ReleaseNextAsync(ct) | await DeleteNextAsync(ct))
        {
            found = true;
        }

        if (engine.Now() is var now && now >= _nextForgetting)
        {
            _nextForgetting = now + ForgettingInterval;
            var before = now - engine.Options.CompletionMemory;
            await engine.Metadata.WriteAsync([], tx => tx.Uploads.DeleteCompletionsAsync(before), ct);
        }

        return found;
    }

    /// <summary>
    /// Deletes blobs that no row knows: what was being written when the process died. Only blobs made before
    /// <paramref name="madeBefore"/> are looked at, because younger ones may be in flight.
    /// </summary>
    /// <returns>How many blobs were deleted.</returns>
    public async Task<int> SweepOrphansAsync(DateTimeOffset madeBefore, CancellationToken ct)
    {
        // An id says when it was made to the millisecond: what was made in the very one that is named is not older.
        madeBefore = DateTimeOffset.FromUnixTimeMilliseconds(madeBefore.ToUnixTimeMilliseconds());
        var deleted = 0;
        var batch = new List<BlobId>(OrphansPerLookup);
        await foreach (var id in engine.Blobs.ListAsync(ct))
        {
            if (id.Created < madeBefore)
            {
                batch.Add(id);
            }

            if (batch.Count == OrphansPerLookup)
            {
                deleted += await DeleteUnknownAsync(batch, ct);
                batch.Clear();
            }
        }

        return deleted + await DeleteUnknownAsync(batch, ct);
    }

    async Task<int> DeleteUnknownAsync(List<BlobId> ids, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return 0;
        }

        // A row that went since the listing has its blob on the garbage list: the sweep may be deleting it, which is no harm.
        var unknown = await engine.Metadata.ReadAsync(tx => tx.Blobs.FindUnknownAsync(ids), ct);
        var pinned = engine.Reads.Pinned();
        foreach (var id in unknown.Where(id => !pinned.Contains(id)))
        {
            await engine.Blobs.DeleteAsync(id, ct);
        }

        Deleted.Add(unknown.Count);
        return unknown.Count;
    }

    // One round: the oldest entries that no reader may still look up give up their references.
    async Task<bool> ReleaseNextAsync(CancellationToken ct)
    {
        var entries = await ListUnpinnedAsync(GarbageKind.Released, ct);
        for (var done = 0; done < entries.Count;)
        {
            var batch = new List<GarbageEntry>();
            for (var extents = 0; done < entries.Count && extents < ExtentsPerTransaction; done++)
            {
                batch.Add(entries[done]);
                extents += entries[done].Manifest.Extents.Length;
            }

            await engine.Metadata.WriteAsync(GarbageLock, tx => ReleaseAsync(tx, batch), ct);
        }

        return entries.Count > 0;
    }

    static async ValueTask<int> ReleaseAsync(IMetadataTransaction tx, List<GarbageEntry> entries)
    {
        var unreferenced = ImmutableArray.CreateBuilder<Extent>();
        foreach (var entry in entries)
        {
            // Another process may have taken the entry since it was listed.
            if (!await tx.Garbage.RemoveAsync(entry.Id))
            {
                continue;
            }

            var extents = entry.Manifest.Extents;
            var now = Math.Min(extents.Length, ExtentsPerTransaction);
            foreach (var extent in extents[..now])
            {
                if (await tx.Blobs.DropReferenceAsync(extent.Blob) && !extent.Blob.IsInline)
                {
                    unreferenced.Add(extent);
                }
            }

            if (now < extents.Length)
            {
                await tx.Garbage.AddAsync(GarbageKind.Released, new(extents[now..]));
            }
        }

        if (unreferenced.Count > 0)
        {
            await tx.Garbage.AddAsync(GarbageKind.Unreferenced, new(unreferenced.ToImmutable()));
        }

        return unreferenced.Count;
    }

    async Task<bool> DeleteNextAsync(CancellationToken ct)
    {
        var entries = await ListUnpinnedAsync(GarbageKind.Unreferenced, ct);
        foreach (var extent in entries.SelectMany(entry => entry.Manifest.Extents))
        {
            await engine.Blobs.DeleteAsync(extent.Blob, ct);
            Deleted.Add(1);
        }

        if (entries.Count > 0)
        {
            await engine.Metadata.WriteAsync(GarbageLock, tx => RemoveAsync(tx, entries), ct);
        }

        return entries.Count > 0;
    }

    static async ValueTask<int> RemoveAsync(IMetadataTransaction tx, List<GarbageEntry> entries)
    {
        foreach (var entry in entries)
        {
            await tx.Garbage.RemoveAsync(entry.Id);
        }

        return entries.Count;
    }

    // Whoever found one of these blobs in a row before the row went is inside the gate; when the gate is quiet they have opened or pinned it.
    async Task<List<GarbageEntry>> ListUnpinnedAsync(GarbageKind kind, CancellationToken ct)
    {
        const int EntriesPerRound = 1000;
        var entries = await engine.Metadata.ReadAsync(tx => tx.Garbage.ListAsync(kind, EntriesPerRound), ct);
        if (entries.Count == 0)
        {
            return [];
        }

        await engine.Reads.QuiesceAsync().WaitAsync(ct);
        var pinned = engine.Reads.Pinned();
        return [.. entries.Where(entry => !entry.Manifest.Extents.Any(extent => pinned.Contains(extent.Blob)))];
    }
}
