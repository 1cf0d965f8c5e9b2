using System.Collections.Concurrent;
using System.Collections.Frozen;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;

namespace Moss.Storage.Buckets;

/// <summary>A bucket and all of its configuration documents, as they were at one instant.</summary>
public sealed class BucketSnapshot(BucketRecord bucket, IReadOnlyList<KeyValuePair<string, byte[]>> configurations)
{
    /// <summary>What a row and the snapshot itself take, about.</summary>
    const int RowBytes = 1024;

    readonly FrozenDictionary<string, byte[]> _configurations = configurations.ToFrozenDictionary(StringComparer.Ordinal);

    public BucketRecord Bucket { get; } = bucket;

    /// <summary>
    /// A configuration document as it was stored, or null when none is. The same array each time, so that what was read from it can be kept beside it; not to
    /// be changed.
    /// </summary>
    public byte[]? Configuration(string name) => _configurations.GetValueOrDefault(name);

    /// <summary>What it holds in memory, about; what others read from the documents is as much again.</summary>
    internal long Bytes { get; } = RowBytes + configurations.Sum(pair => (long)pair.Value.Length);
}

/// <summary>
/// What is known of buckets, so that a request need not ask for what hardly ever changes: it is decided over twice before it reads anything else. Only a store of
/// one process keeps anything; there, what a completed change left is seen by everything that begins after it.
/// </summary>
/// <remarks>
/// Whoever changes a bucket or its documents holds the bucket's lock alone (<see cref="MetadataLock.Bucket"/>), and snapshots are kept by the id of that lock: a
/// transaction that held a lock alone makes forget what is kept under it, however it ended. Writes never decide by a snapshot: they read the bucket in their
/// own transaction.
/// </remarks>
sealed class BucketSnapshots(bool keeps)
{
    /// <summary>Bytes kept at once; when so many were taken in, all are forgotten. Room for some ten thousand buckets without documents.</summary>
    const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>Places at once, for buckets that are just being read.</summary>
    const int MaxPlaces = 65_536;

    readonly ConcurrentDictionary<long, Slot> _slots = new();
    long _bytes;

    /// <summary>What is known of a bucket; null when it must be asked for.</summary>
    public BucketSnapshot? Peek(BucketName name) =>
        keeps && _slots.TryGetValue(LockOf(name), out var slot) && slot.Snapshot is { } known && known.Bucket.Name == name ? known : null;

    /// <summary>Reads a bucket, and keeps it unless it is changed meanwhile. Null when there is none.</summary>
    public async ValueTask<BucketSnapshot?> ReadAsync(IMetadataStore metadata, BucketName name, CancellationToken ct)
    {
        // Whoever changes the bucket takes the slot away, and the late reader then fills one that nobody finds.
        var slot = keeps ? Reserve(name) : null;
        var snapshot = await metadata.ReadAsync(
            async tx => await tx.Buckets.FindAsync(name) is { } bucket
                ? new BucketSnapshot(bucket, await tx.Buckets.ListConfigurationsAsync(bucket.Id))
                : null,
            ct);
        if (slot is not null)
        {
            slot.Snapshot = snapshot;
            if (snapshot is null)
            {
                _slots.TryRemove(LockOf(name), out _);
            }
            else if (Interlocked.Add(ref _bytes, snapshot.Bytes) > MaxBytes)
            {
                // What was forgotten meanwhile is counted as well: it is forgotten a little too early then, and never too late.
                _slots.Clear();
                Interlocked.Exchange(ref _bytes, 0);
            }
        }

        return snapshot;
    }

    /// <summary>Forgets every bucket that a transaction may have changed.</summary>
    public void Forget(IReadOnlyList<MetadataLock> locks)
    {
        for (var i = 0; i < locks.Count; i++)
        {
            if (!locks[i].Shared)
            {
                _slots.TryRemove(locks[i].Id, out _);
            }
        }
    }

    Slot Reserve(BucketName name)
    {
        if (_slots.Count >= MaxPlaces)
        {
            _slots.Clear();
        }

        return _slots.GetOrAdd(LockOf(name), static _ => new());
    }

    static long LockOf(BucketName name) => MetadataLock.Bucket(name, shared: false).Id;

    sealed class Slot
    {
        BucketSnapshot? _snapshot;

        public BucketSnapshot? Snapshot
        {
            get => Volatile.Read(ref _snapshot);
            set => Volatile.Write(ref _snapshot, value);
        }
    }
}

/// <summary>A catalogue whose changes make forget what is known of the buckets and objects they change.</summary>
sealed class SnapshotKeepingStore(IMetadataStore inner, BucketSnapshots snapshots, SmallObjects objects) : IMetadataStore
{
    public ValueTask<string> InitializeAsync(CancellationToken ct) => inner.InitializeAsync(ct);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct) => inner.ReadAsync(body, ct);

    public async ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        objects.BeginChange(locks);
        try
        {
            return await inner.WriteAsync(locks, body, ct);
        }
        finally
        {
            // Also after a failure: of a commit that was not answered nobody knows.
            snapshots.Forget(locks);
            objects.EndChange(locks);
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
