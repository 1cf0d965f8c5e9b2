using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Buckets;

namespace Moss.Storage.Metadata;

/// <summary>A bucket.</summary>
public sealed record BucketRecord
{
    /// <summary>Given by the store; never used again after the bucket is gone.</summary>
    public long Id { get; init; }

    public required BucketName Name { get; init; }

    public required string OwnerId { get; init; }

    public required DateTimeOffset CreationDate { get; init; }

    public Acl Acl { get; init; } = Acl.Private;

    public StorageClass StorageClass { get; init; }

    /// <summary><c>LRS</c> or <c>ZRS</c>, recorded as asked for.</summary>
    public string DataRedundancyType { get; init; } = "LRS";

    public VersioningStatus Versioning { get; init; }

    /// <summary>The location that was asked for, without the <c>oss-</c> prefix; empty for the server's own.</summary>
    public string Region { get; init; } = "";

    public string ResourceGroupId { get; init; } = "";

    /// <summary>How objects are encrypted that say nothing of it: <c>AES256</c>, or empty for not at all.</summary>
    public string ServerSideEncryption { get; init; } = "";

    /// <summary>What keeps its objects from being overwritten and deleted; may have lapsed.</summary>
    public BucketRetention? Retention { get; init; }
}

/// <summary>What a listing shows of an object version.</summary>
public record ObjectSummary
{
    public required long BucketId { get; init; }

    public required ObjectKey Key { get; init; }

    public VersionId VersionId { get; init; } = VersionId.Null;

    /// <summary>Orders the versions of a key: the higher, the newer.</summary>
    public required long Sequence { get; init; }

    /// <summary>Whether it is the visible object of its key. False for history and for every delete marker.</summary>
    public required bool IsCurrent { get; init; }

    public bool IsDeleteMarker { get; init; }

    public ObjectType Type { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public ETag ETag { get; init; }

    public StorageClass StorageClass { get; init; }

    /// <summary>To the millisecond, UTC.</summary>
    public required DateTimeOffset LastModified { get; init; }

    public required string OwnerId { get; init; }
}

/// <summary>A stored object version: everything that is known of it, and what it is made of.</summary>
public sealed record ObjectRecord : ObjectSummary
{
    public Acl Acl { get; init; }

    /// <summary>CRC-64/XZ of the whole body.</summary>
    public ulong Crc64 { get; init; }

    /// <summary>MD5 of the whole body where it is known (16 bytes), else null.</summary>
    public byte[]? Md5 { get; init; }

    public ObjectAttributes Attributes { get; init; } = ObjectAttributes.None;

    public Manifest Manifest { get; init; } = Manifest.Empty;
}

/// <summary>A multipart upload that is neither completed nor aborted.</summary>
public sealed record UploadRecord
{
    /// <summary>Given by the store.</summary>
    public long RowId { get; init; }

    public required long BucketId { get; init; }

    public required ObjectKey Key { get; init; }

    public required UploadId Id { get; init; }

    public required DateTimeOffset Initiated { get; init; }

    /// <summary>Parts must come as 1, 2, 3...; the completed object then has an MD5.</summary>
    public bool IsSequential { get; init; }

    public StorageClass StorageClass { get; init; }

    public Acl Acl { get; init; }

    public required string OwnerId { get; init; }

    public ObjectAttributes Attributes { get; init; } = ObjectAttributes.None;
}

/// <summary>A part that arrived.</summary>
public sealed record PartRecord
{
    public required PartNumber Number { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public required ETag ETag { get; init; }

    /// <summary>CRC-64/XZ of the part's bytes.</summary>
    public required ulong Crc64 { get; init; }

    public required DateTimeOffset LastModified { get; init; }

    public required Manifest Manifest { get; init; }

    /// <summary>In a sequential upload: the state of the MD5 over all parts up to and with this one; else null.</summary>
    public byte[]? RunningMd5 { get; init; }
}

/// <summary>A blob that something refers to. Its checksums serve copies, which never read data that they cover.</summary>
/// <param name="Id">The blob.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Crc64">CRC-64/XZ of the whole blob.</param>
/// <param name="Md5">MD5 of the whole blob, 16 bytes.</param>
public sealed record BlobRecord(BlobId Id, long Length, ulong Crc64, byte[] Md5);

/// <summary>What is remembered of a completed upload, so that a repeated Complete gets the same answer.</summary>
public sealed record CompletionRecord
{
    public required UploadId Id { get; init; }

    public required long BucketId { get; init; }

    public required ObjectKey Key { get; init; }

    /// <summary>SHA-256 over the list of parts that was completed.</summary>
    public required byte[] PartListHash { get; init; }

    public required ETag ETag { get; init; }

    public required ulong Crc64 { get; init; }

    public required VersionId VersionId { get; init; }

    public required DateTimeOffset Completed { get; init; }
}

/// <summary>Why something is garbage.</summary>
public enum GarbageKind
{
    /// <summary>Its references are not yet given up: others may refer to the same blobs.</summary>
    Released,

    /// <summary>Nothing refers to its blobs any more; they wait to be deleted.</summary>
    Unreferenced,
}

/// <summary>Something that waits to be removed.</summary>
public sealed record GarbageEntry(long Id, GarbageKind Kind, Manifest Manifest);

/// <summary>Counts and bytes of object versions of one storage class.</summary>
public sealed record StorageClassTotals(StorageClass StorageClass, long Objects, long Bytes, long DeleteMarkers);

/// <summary>Open uploads, their parts, and the bytes these hold.</summary>
public sealed record UploadTotals(long Uploads, long Parts, long Bytes);
