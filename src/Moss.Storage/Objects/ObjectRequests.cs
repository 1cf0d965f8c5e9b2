using Moss.Protocol.Names;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>What a client says of an object that it writes (PutObject, AppendObject, PutSymlink).</summary>
public sealed record PutObjectRequest
{
    public BodyExpectation Body { get; init; } = new();

    public ObjectAttributes Attributes { get; init; } = ObjectAttributes.None;

    public Acl Acl { get; init; }

    /// <summary>Null: as the bucket has it.</summary>
    public StorageClass? StorageClass { get; init; }

    /// <summary><c>x-oss-forbid-overwrite</c>.</summary>
    public bool ForbidOverwrite { get; init; }

    /// <summary>
    /// Whose the bucket must be when the object comes to be, else <c>AccessDenied</c>; null: not asked. For what the server writes on its own (PutObject alone looks at it):
    /// the bucket of a name may be another's by now.
    /// </summary>
    public string? RequiredOwnerId { get; init; }

    /// <summary>This, encrypted as the bucket has it where it says nothing of it.</summary>
    internal PutObjectRequest EncryptedAs(BucketRecord bucket) =>
        Attributes.ServerSideEncryption is null && bucket.ServerSideEncryption.Length > 0 ? this with { Attributes = Attributes.EncryptedAs(bucket) } : this;
}

/// <summary>The source of a copy.</summary>
/// <param name="Version">Null: the current version.</param>
public sealed record CopySource(BucketName Bucket, ObjectKey Key, VersionId? Version)
{
    public ReadConditions Conditions { get; init; } = ReadConditions.None;
}

/// <summary>CopyObject.</summary>
public sealed record CopyObjectRequest
{
    public required CopySource Source { get; init; }

    /// <summary><c>x-oss-metadata-directive: REPLACE</c>: take <see cref="Attributes"/>, not the source's.</summary>
    public bool ReplaceMetadata { get; init; }

    /// <summary><c>x-oss-tagging-directive: Replace</c>: take the tags of <see cref="Attributes"/>, not the source's.</summary>
    public bool ReplaceTags { get; init; }

    public ObjectAttributes Attributes { get; init; } = ObjectAttributes.None;

    public Acl Acl { get; init; }

    public StorageClass? StorageClass { get; init; }

    public bool ForbidOverwrite { get; init; }
}

/// <summary>The outcome of a copy.</summary>
/// <param name="Made">What was made.</param>
/// <param name="Source">What it was made from.</param>
/// <param name="SourceIsVersioned">Whether versions are or were kept in the source's bucket, so that the answer names the source's.</param>
public sealed record CopyOutcome(ObjectView Made, ObjectRecord Source, bool SourceIsVersioned);

/// <summary>A key (and version) to delete, and what came of it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">The version that was asked for, or null.</param>
/// <param name="Removed">The version that was removed for good, if there was one.</param>
/// <param name="Marker">The delete marker that was made, if one was.</param>
public sealed record DeleteOutcome(ObjectKey Key, VersionId? Version, ObjectRecord? Removed, ObjectRecord? Marker);

/// <summary>An object that was looked up or written, without its bytes.</summary>
/// <param name="Bucket">Its bucket.</param>
/// <param name="Record">The object; behind a symlink that was followed, the target.</param>
/// <param name="Link">The symlink that was followed, or null.</param>
public sealed record ObjectView(BucketRecord Bucket, ObjectRecord Record, ObjectRecord? Link);
