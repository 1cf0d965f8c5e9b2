using System.Collections.Concurrent;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>A small object as its row and its bytes were; the bytes are not to be changed.</summary>
sealed record SmallObject(ObjectRecord Record, byte[] Bytes);

/// <summary>
/// The current versions of small objects that are read again and again, with their bytes, so that they are found without a transaction. Only a store of one
/// process keeps anything; there, what a completed change left is seen by everything that begins after it (docs/decisions/0080).
/// </summary>
/// <remarks>
/// Whoever changes what a key names holds its lock alone (<see cref="MetadataLock.Key"/>), and objects are kept by the id of that lock. From before such a
/// transaction begins until after it ends, however it does, nothing is found or kept under its lock; what was kept is forgotten at both ends.
/// </remarks>
sealed class SmallObjects(bool keeps)
{
    /// <summary>Bytes kept at once, about; when so many were taken in, all are forgotten.</summary>
    const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>What a row, its object and the place take beside the bytes, about.</summary>
    const int RowBytes = 1024;

    /// <summary>Counters of changes under way, and of reads: locks of one counter only keep each other from being found. Powers of two.</summary>
    const int Counters = 4096;

    const int Sightings = 65_536;

    readonly ConcurrentDictionary<long, Place> _places = new();
    readonly int[] _changing = new int[keeps ? Counters : 0];

    // The lock that was read last, for each of its lower bits: what is read once only is not worth keeping. Torn or lost writes cost a read.
    readonly long[] _seen = new long[keeps ? Sightings : 0];

    long _bytes;

    /// <summary>The object that a key of a bucket names; null when it must be looked up.</summary>
    public SmallObject? Find(BucketRecord bucket, ObjectKey key)
    {
        if (!keeps)
        {
            return null;
        }

        var id = LockOf(bucket, key);
        return !IsChanging(id) && _places.TryGetValue(id, out var place) && place.Object is { } found && found.Record.BucketId == bucket.Id && found.Record.Key == key
            ? found
            : null;
    }

    /// <summary>A place for what is about to be read, to be given to <see cref="Keep"/>; null when it is not to be kept.</summary>
    public Place? Reserve(BucketName bucket, ObjectKey key)
    {
        if (!keeps)
        {
            return null;
        }

        var id = MetadataLock.Key(bucket, key).Id;
        ref var seen = ref _seen[id & (Sightings - 1)];
        if (Volatile.Read(ref seen) != id)
        {
            Volatile.Write(ref seen, id);
            return null;
        }

        // Whoever changes the key takes the place away, and the late reader then fills one that nobody finds.
        return _places.GetOrAdd(id, static _ => new());
    }

    /// <summary>Keeps what was read after its place was reserved.</summary>
    public void Keep(Place place, SmallObject read)
    {
        place.Object = read;
        if (Interlocked.Add(ref _bytes, read.Bytes.Length + RowBytes) > MaxBytes)
        {
            // What was forgotten meanwhile is counted as well: too early is harmless.
            _places.Clear();
            Interlocked.Exchange(ref _bytes, 0);
        }
    }

    /// <summary>A transaction that holds these locks is about to begin.</summary>
    public void BeginChange(IReadOnlyList<MetadataLock> locks) => ForgetAll(locks, 1);

    /// <summary>A transaction that held these locks has ended.</summary>
    public void EndChange(IReadOnlyList<MetadataLock> locks) => ForgetAll(locks, -1);

    void ForgetAll(IReadOnlyList<MetadataLock> locks, int change)
    {
        if (!keeps)
        {
            return;
        }

        for (var i = 0; i < locks.Count; i++)
        {
            if (locks[i] is { Shared: false, Id: var id })
            {
                ref var changing = ref _changing[id & (Counters - 1)];
                if (change > 0)
                {
                    Interlocked.Increment(ref changing);
                    _places.TryRemove(id, out _);
                }
                else
                {
                    _places.TryRemove(id, out _);
                    Interlocked.Decrement(ref changing);
                }
            }
        }
    }

    bool IsChanging(long id) => Volatile.Read(ref _changing[id & (Counters - 1)]) > 0;

    static long LockOf(BucketRecord bucket, ObjectKey key) => MetadataLock.Key(bucket.Name, key).Id;

    /// <summary>Where an object is kept, once it is read.</summary>
    internal sealed class Place
    {
        SmallObject? _object;

        public SmallObject? Object
        {
            get => Volatile.Read(ref _object);
            set => Volatile.Write(ref _object, value);
        }
    }
}
