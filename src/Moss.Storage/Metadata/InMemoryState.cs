using Moss.Storage.Blobs;

namespace Moss.Storage.Metadata;

/// <summary>Everything the catalogue holds at one instant.</summary>
sealed record InMemoryState
{
    public static readonly InMemoryState Empty = new();

    /// <summary>The last id given out: to buckets, uploads and garbage alike.</summary>
    public long LastId { get; init; }

    public InMemorySortedTable<InMemoryBytes, BucketRecord> Buckets { get; init; } = InMemorySortedTable<InMemoryBytes, BucketRecord>.Empty;

    public InMemorySortedTable<(long Bucket, InMemoryBytes Name), byte[]> Configurations { get; init; } =
        InMemorySortedTable<(long, InMemoryBytes), byte[]>.Empty;

    public InMemorySortedTable<(long Bucket, InMemoryBytes Key), ObjectRecord> Current { get; init; } =
        InMemorySortedTable<(long, InMemoryBytes), ObjectRecord>.Empty;

    /// <summary>By the complement of the sequence number, so that the newest comes first.</summary>
    public InMemorySortedTable<(long Bucket, InMemoryBytes Key, long Age), ObjectRecord> History { get; init; } =
        InMemorySortedTable<(long, InMemoryBytes, long), ObjectRecord>.Empty;

    public InMemorySortedTable<(long Bucket, InMemoryBytes Key, InMemoryBytes Id), UploadRecord> Uploads { get; init; } =
        InMemorySortedTable<(long, InMemoryBytes, InMemoryBytes), UploadRecord>.Empty;

    public InMemorySortedTable<(long Upload, int Number), PartRecord> Parts { get; init; } =
        InMemorySortedTable<(long, int), PartRecord>.Empty;

    public InMemorySortedTable<InMemoryBytes, CompletionRecord> Completions { get; init; } =
        InMemorySortedTable<InMemoryBytes, CompletionRecord>.Empty;

    public InMemorySortedTable<BlobId, InMemoryBlob> Blobs { get; init; } = InMemorySortedTable<BlobId, InMemoryBlob>.Empty;

    public InMemorySortedTable<long, GarbageEntry> Garbage { get; init; } = InMemorySortedTable<long, GarbageEntry>.Empty;

    public InMemorySortedTable<InMemoryBytes, KeyValuePair<string, byte[]>> Settings { get; init; } =
        InMemorySortedTable<InMemoryBytes, KeyValuePair<string, byte[]>>.Empty;
}

/// <summary>A blob's row with its count of references and, when it is inline, its bytes.</summary>
sealed record InMemoryBlob(BlobRecord Record, int References, byte[]? Inline);
