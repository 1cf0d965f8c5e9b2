using Moss.Protocol.Names;

namespace Moss.Storage.Metadata;

/// <summary>
/// A name that a write transaction holds while it runs, alone or shared with others of its kind. Transactions that hold conflicting locks
/// run one after the other; the service names in advance everything that its decision depends on. Locks are taken in a fixed
/// order, so that no two transactions wait for each other.
/// </summary>
/// <param name="Id">A 64-bit hash of what is locked. Two names of one hash only exclude each other needlessly.</param>
/// <param name="Shared">Whether others may hold it at the same time, shared as well.</param>
public readonly record struct MetadataLock(long Id, bool Shared) : IComparable<MetadataLock>
{
    /// <summary>A bucket: shared by everything done in it, alone to create, change or delete it.</summary>
    public static MetadataLock Bucket(BucketName name, bool shared) => new(Hash('b', name.Value), shared);

    /// <summary>A key of a bucket: alone to change what it names, shared to copy from it.</summary>
    public static MetadataLock Key(BucketName bucket, ObjectKey key, bool shared = false) =>
        new(Hash('k', bucket.Value, key.Value), shared);

    /// <summary>A multipart upload: shared by its parts, alone to complete or abort it.</summary>
    public static MetadataLock Upload(UploadId id, bool shared) => new(Hash('u', id.Value), shared);

    /// <summary>One part of an upload.</summary>
    public static MetadataLock Part(UploadId id, PartNumber number) => new(Hash('p', id.Value, number.ToString()), Shared: false);

    /// <summary>The list of what waits to be removed.</summary>
    public static readonly MetadataLock Garbage = new(Hash('g', ""), Shared: false);

    /// <summary>Any other thing that is locked as a whole, by name.</summary>
    public static MetadataLock Named(string name, bool shared = false) => new(Hash('n', name), shared);

    public int CompareTo(MetadataLock other) => Id.CompareTo(other.Id);

    public static bool operator <(MetadataLock left, MetadataLock right) => left.Id < right.Id;

    public static bool operator >(MetadataLock left, MetadataLock right) => left.Id > right.Id;

    public static bool operator <=(MetadataLock left, MetadataLock right) => left.Id <= right.Id;

    public static bool operator >=(MetadataLock left, MetadataLock right) => left.Id >= right.Id;

    // FNV-1a over the UTF-16 units: stable across processes, which string.GetHashCode is not.
    static long Hash(char kind, string first, string second = "")
    {
        var hash = Mix(0xcbf29ce484222325, kind);
        foreach (var c in first)
        {
            hash = Mix(hash, c);
        }

        hash = Mix(hash, '\0');
        foreach (var c in second)
        {
            hash = Mix(hash, c);
        }

        return (long)hash;

        static ulong Mix(ulong hash, char c) => (hash ^ c) * 0x100000001b3;
    }
}
