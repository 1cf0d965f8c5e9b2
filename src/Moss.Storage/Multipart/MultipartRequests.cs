using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;

namespace Moss.Storage.Multipart;

/// <summary>InitiateMultipartUpload: everything the finished object will carry.</summary>
public sealed record InitiateRequest
{
    public ObjectAttributes Attributes { get; init; } = ObjectAttributes.None;

    public Acl Acl { get; init; }

    public StorageClass? StorageClass { get; init; }

    public bool ForbidOverwrite { get; init; }

    /// <summary><c>sequential</c>.</summary>
    public bool IsSequential { get; init; }
}

/// <summary>UploadPartCopy.</summary>
/// <param name="Source">The object to copy from.</param>
/// <param name="First">The first byte, or null for the whole object.</param>
/// <param name="Last">The last byte, inclusive; a range that reaches past the source's end means the whole object (UploadPartCopy).</param>
public sealed record CopyPartRequest(CopySource Source, long? First, long? Last);

/// <summary>A part that was copied.</summary>
/// <param name="Part">The part.</param>
/// <param name="Source">What it was copied from.</param>
/// <param name="SourceIsVersioned">Whether versions are or were kept in the source's bucket.</param>
/// <param name="RangeWasUsed">Whether the range counted, so that the answer carries <c>Content-Range</c>.</param>
public sealed record CopyPartOutcome(PartRecord Part, ObjectRecord Source, bool SourceIsVersioned, bool RangeWasUsed);

/// <summary>A line of the list that a client completes with.</summary>
/// <param name="Number">As sent; it may be out of range.</param>
/// <param name="ETag">As sent.</param>
public readonly record struct CompletePart(int Number, string ETag);

/// <summary>CompleteMultipartUpload.</summary>
public sealed record CompleteRequest
{
    /// <summary>The list that was sent; null for <c>x-oss-complete-all: yes</c>.</summary>
    public required IReadOnlyList<CompletePart>? Parts { get; init; }

    public bool ForbidOverwrite { get; init; }

    /// <summary><c>x-oss-object-acl</c>; null leaves the one that Initiate gave.</summary>
    public Acl? Acl { get; init; }
}

/// <summary>The answer to a Complete, the same each time it is asked.</summary>
/// <param name="ServerSide">What the upload said of encryption, for the echo; null in a repeated answer.</param>
public sealed record CompleteOutcome(ETag ETag, ulong Crc64, VersionId VersionId, bool IsVersioned, ObjectAttributes? ServerSide);

/// <summary>An upload and a page of its parts.</summary>
public sealed record PartsPage(UploadRecord Upload, IReadOnlyList<PartRecord> Parts, bool IsTruncated);
