using System.Collections.Concurrent;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>A small object as its row and its bytes were; the bytes are not to be changed.</summary>
sealed record SmallObject(ObjectRecord Record, byte[] Bytes)
{
    /// <summary>What a row, its object and its place take beside bytes and texts, about.</summary>
    const int RowBytes = 1024;

    /// <summary>What it holds in memory, about.</summary>
    public long Size { get; } = RowBytes + Bytes.Length + (sizeof(char) * (Record.Key.Value.Length + Record.Attributes.TextLength));
}

/// <summary>
/// The current versions of small objects that are read again and again, with their bytes, so that they are found without a transaction. Only a store of one
/// process keeps anything; there, what a completed change left is seen by everything that begins after it (docs/decisions/0080).
/// </summary>
/// <remarks>
/// Whoever changes what a key names holds its lock alone (<see cref="MetadataLock.Key"/>), and objects are kept by the id of that lock. From before such a
/// transaction begins until after it ends, however it does, nothing is found under its lock. A reader that began before may still keep something meanwhile: what
/// is kept is forgotten at both ends, the second time before anything can be found again.
/// </remarks>
sealed class SmallObjects(bool keeps)
{
    /// <summary>Bytes kept at once, about; when so many were taken in, all are forgotten.</summary>
    const long MaxBytes = 64 * 1024 * 1024;

    /// <summary>Counters of changes under way, a power of two: locks of one counter only keep each other's objects from being found.</summary>
    const int Counters = 4096;

    /// <summary>Reads that are remembered, a power of two: about as many as there are objects without bytes in <see cref="MaxBytes"/>.</summary>
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

        var id = LockOf(bucket.Name, key);
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

        var id = LockOf(bucket, key);
        ref var seen = ref _seen[id & (Sightings - 1)];
        if (Volatile.Read(ref seen) != id)
        {
            Volatile.Write(ref seen, id);
            return null;
        }

        // Whoever changes the key takes the place away, and the late reader then fills one that nobody finds.
        return IsChanging(id) ? null : _places.GetOrAdd(id, static id => new(id));
    }

    /// <summary>Keeps what was read after its place was reserved.</summary>
    public void Keep(Place place, SmallObject read)
    {
        var before = place.Exchange(read);
        if (Interlocked.Add(ref _bytes, read.Size - (before?.Size ?? 0)) > MaxBytes)
        {
            // What is kept from here on is counted anew. What a late reader put into a place that was taken away stays counted: it is forgotten too early then.
            Interlocked.Exchange(ref _bytes, 0);
            _places.Clear();
        }
    }

    /// <summary>Gives a place back that nothing was kept in.</summary>
    public void Release(Place place)
    {
        if (place.Object is null)
        {
            _places.TryRemove(new(place.Id, place));
        }
    }

    /// <summary>A transaction that holds these locks is about to begin.</summary>
    public void BeginChange(IReadOnlyList<MetadataLock> locks)
    {
        for (var i = 0; keeps && i < locks.Count; i++)
        {
            if (locks[i] is { Shared: false, Id: var id })
            {
                Interlocked.Increment(ref Changing(id));
                Forget(id);
            }
        }
    }

    /// <summary>A transaction that held these locks has ended.</summary>
    public void EndChange(IReadOnlyList<MetadataLock> locks)
    {
        for (var i = 0; keeps && i < locks.Count; i++)
        {
            if (locks[i] is { Shared: false, Id: var id })
            {
                Forget(id); // What a reader kept meanwhile, before anything can be found again.
                Interlocked.Decrement(ref Changing(id));
            }
        }
    }

    void Forget(long id)
    {
        if (_places.TryRemove(id, out var place) && place.Object is { } forgotten)
        {
            Interlocked.Add(ref _bytes, -forgotten.Size);
        }
    }

    ref int Changing(long id) => ref _changing[id & (Counters - 1)];

    bool IsChanging(long id) => Volatile.Read(ref Changing(id)) > 0;

    static long LockOf(BucketName bucket, ObjectKey key) => MetadataLock.Key(bucket, key).Id;

    /// <summary>Where an object is kept, once it is read.</summary>
    internal sealed class Place(long id)
    {
        SmallObject? _object;

        public long Id => id;

        public SmallObject? Object => Volatile.Read(ref _object);

        public SmallObject? Exchange(SmallObject kept) => Interlocked.Exchange(ref _object, kept);
    }
}
