using System.Globalization;
using System.Text;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Conformance.Metadata;

/// <summary>Rows to store, every field different from its default, and their text, by which stored and read rows are compared.</summary>
public static class MetadataSamples
{
    public static readonly DateTimeOffset Time = new(2025, 3, 4, 5, 6, 7, 89, TimeSpan.Zero);

    /// <summary>Keys that a store may mistreat, in the order of their bytes.</summary>
    public static readonly IReadOnlyList<ObjectKey> WeirdKeys =
    [
        .. new[]
        {
            "\0", "\0\0", "\t", " ", "%", "%41", ".", "..", "A", "B", "_", "a", "a\0", "a\0b", "a ", "a/", "a//", "a//b", "a/b", "a0", "aa",
            "\u00e9", "e\u0301", "\ud7ff", "\ue000", "\uffff", "\uffff\uffff", "\U00010000", "\U0010ffff", "'; DROP TABLE object; --", "\\u0000",
            new('k', 1023), new string('k', 1020) + "\uffff",
        }
        .Where(text => text[0] is not ('/' or '\\')).Select(ObjectKey.Parse).Order(),
    ];

    public static BucketName Name(string text) => BucketName.TryParse(text, out var name) ? name : throw new ArgumentException($"No bucket name: {text}", nameof(text));

    public static ObjectKey Key(string text) => ObjectKey.Parse(text);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static BlobId Blob(int number, bool inline = false) => BlobId.Create(Time.AddMilliseconds(number), inline, (UInt128)number);

    public static BlobRecord BlobRow(int number, bool inline = false, long length = 7) =>
        new(Blob(number, inline), length, 0xfedcba9876543210, [.. Enumerable.Repeat((byte)number, 16)]);

    public static Manifest ManifestOf(params ReadOnlySpan<int> numbers)
    {
        var extents = new List<Extent>();
        foreach (var number in numbers)
        {
            extents.Add(new(Blob(number), BlobLength: 1L << 40, Offset: number, Length: 1 + number));
        }

        return new([.. extents]);
    }

    public static BucketRecord Bucket(string name) => new()
    {
        Name = Name(name),
        OwnerId = "owner of " + name,
        CreationDate = Time,
        Acl = Acl.PublicReadWrite,
        StorageClass = StorageClass.DeepColdArchive,
        DataRedundancyType = "ZRS",
        Versioning = VersioningStatus.Suspended,
        Region = "cn-hangzhou",
        ResourceGroupId = "rg-\u00e9",
        ServerSideEncryption = "AES256",
        Retention = new() { WormId = "W0", Days = 25_550, CreationDate = Time, IsLocked = true },
    };

    /// <summary>A row with as little in it as there can be.</summary>
    public static ObjectRecord PlainObject(long bucketId, ObjectKey key, long sequence = 1, bool current = true) => new()
    {
        BucketId = bucketId,
        Key = key,
        Sequence = sequence,
        IsCurrent = current,
        VersionId = new(string.Create(CultureInfo.InvariantCulture, $"v{sequence}")),
        LastModified = Time,
        OwnerId = "owner",
    };

    public static ObjectRecord FullObject(long bucketId, ObjectKey key, long sequence = 1, bool current = true) => new()
    {
        BucketId = bucketId,
        Key = key,
        Sequence = sequence,
        IsCurrent = current,
        VersionId = new("CAEQ" + sequence),
        Type = ObjectType.Appendable,
        Size = long.MaxValue,
        ETag = new("0123456789ABCDEF-10000"),
        StorageClass = StorageClass.ColdArchive,
        LastModified = Time.AddMilliseconds(sequence % 1000),
        OwnerId = "\u00f6wner",
        Acl = Acl.PublicRead,
        Crc64 = ulong.MaxValue,
        Md5 = [.. Enumerable.Range(0, 16).Select(i => (byte)i)],
        Attributes = FullAttributes,
        Manifest = ManifestOf(1, 2, 3),
    };

    public static ObjectAttributes FullAttributes => new()
    {
        ContentType = "text/\u00ff",
        CacheControl = "no-cache",
        UserMetadata = [new("b", "2"), new("a", "1"), new("b", "")],
        Tags = [new("t", "\u20ac")],
        SymlinkTarget = "\uffff",
        SealedTime = Time,
    };

    public static UploadRecord Upload(long bucketId, string key, string id) => new()
    {
        BucketId = bucketId,
        Key = Key(key),
        Id = new(id),
        Initiated = Time,
        IsSequential = true,
        StorageClass = StorageClass.IA,
        Acl = Acl.Private,
        OwnerId = "owner",
        Attributes = FullAttributes,
    };

    public static PartRecord Part(int number, long size = 5) => new()
    {
        Number = PartNumber.Of(number),
        Size = size,
        ETag = new("E" + number),
        Crc64 = 0x8000000000000000,
        LastModified = Time,
        Manifest = ManifestOf(number),
        RunningMd5 = [1, (byte)number],
    };

    public static CompletionRecord Completion(string id, DateTimeOffset completed) => new()
    {
        Id = new(id),
        BucketId = 7,
        Key = Key("\0key"),
        PartListHash = [.. Enumerable.Range(100, 32).Select(i => (byte)i)],
        ETag = new("ABC-2"),
        Crc64 = ulong.MaxValue - 1,
        VersionId = VersionId.Null,
        Completed = completed,
    };

    /// <summary>Every field of a row as text; rows that differ in any have different texts.</summary>
    public static string Show(object? row) => row switch
    {
        null => "null",
        ObjectRecord r =>
            $"{Summary(r)} {r.Acl} {r.Crc64:x} {Bytes(r.Md5)} {Bytes(r.Attributes.Encode())} {Bytes(r.Manifest.Encode())}",
        ObjectSummary r => Summary(r),
        UploadRecord r =>
            $"{r.RowId} {r.BucketId} {Text(r.Key.Value)} {Text(r.Id.Value)} {Clock(r.Initiated)} {r.IsSequential} {r.StorageClass} {r.Acl} {Text(r.OwnerId)} {Bytes(r.Attributes.Encode())}",
        PartRecord r =>
            $"{r.Number} {r.Size} {r.ETag} {r.Crc64:x} {Clock(r.LastModified)} {Bytes(r.Manifest.Encode())} {Bytes(r.RunningMd5)}",
        CompletionRecord r =>
            $"{Text(r.Id.Value)} {r.BucketId} {Text(r.Key.Value)} {Bytes(r.PartListHash)} {r.ETag} {r.Crc64:x} {r.VersionId} {Clock(r.Completed)}",
        BlobRecord r => $"{r.Id} {r.Length} {r.Crc64:x} {Bytes(r.Md5)}",
        GarbageEntry r => $"{r.Id} {r.Kind} {Bytes(r.Manifest.Encode())}",
        KeyValuePair<string, byte[]> r => $"{Text(r.Key)} {Bytes(r.Value)}",
        byte[] r => Bytes(r),
        _ => row.ToString()!,
    };

    public static IEnumerable<string> ShowAll<T>(IEnumerable<T> rows) => rows.Select(row => Show(row));

    static string Summary(ObjectSummary r) =>
        $"{r.BucketId} {Text(r.Key.Value)} {r.VersionId} {r.Sequence} {(r.IsCurrent ? "current" : "history")} {(r.IsDeleteMarker ? "marker" : "data")} {r.Type} {r.Size} {r.ETag} {r.StorageClass} {Clock(r.LastModified)} {Text(r.OwnerId)}";

    static string Text(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    static string Clock(DateTimeOffset time) => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    static string Bytes(byte[]? bytes) => bytes is null ? "-" : Convert.ToHexString(bytes) + ".";
}
