using Moss.Protocol.Names;
using Moss.Storage.Blobs;

namespace Moss.Storage.Metadata;

/// <summary>Buckets and their configuration documents.</summary>
public interface IBucketRows
{
    ValueTask<BucketRecord?> FindAsync(BucketName name);

    /// <summary>Up to <paramref name="limit"/> buckets by name, after <paramref name="after"/> (exclusive; empty: from the first).</summary>
    ValueTask<IReadOnlyList<BucketRecord>> ListAsync(string prefix, string after, int limit);

    /// <summary>Adds a bucket and answers it with its <see cref="BucketRecord.Id"/>, which is never used again.</summary>
    ValueTask<BucketRecord> InsertAsync(BucketRecord bucket);

    ValueTask UpdateAsync(BucketRecord bucket);

    /// <summary>Removes the bucket and its configuration documents.</summary>
    ValueTask DeleteAsync(long bucketId);

    /// <summary>A configuration document (<c>lifecycle</c>, <c>cors</c>...) as it was stored, or null.</summary>
    ValueTask<byte[]?> FindConfigurationAsync(long bucketId, string name);

    /// <summary>All configuration documents of a bucket, by name.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ListConfigurationsAsync(long bucketId);

    /// <summary>Stores a configuration document; null removes it.</summary>
    ValueTask PutConfigurationAsync(long bucketId, string name, byte[]? document);
}

/// <summary>Object versions. A key has at most one current, visible row; all others (older versions and delete markers) are its history.</summary>
public interface IObjectRows
{
    /// <summary>The current object of a key; null when there is none or a delete marker hides it.</summary>
    ValueTask<ObjectRecord?> FindAsync(long bucketId, ObjectKey key);

    /// <summary>One version of a key, current or not, delete markers included.</summary>
    ValueTask<ObjectRecord?> FindVersionAsync(long bucketId, ObjectKey key, VersionId version);

    /// <summary>The version of a key with the highest sequence number, delete markers included.</summary>
    ValueTask<ObjectRecord?> FindNewestAsync(long bucketId, ObjectKey key);

    /// <summary>
    /// Writes a row. A current row (<see cref="ObjectSummary.IsCurrent"/>) replaces the current row of its key, whatever version
    /// that is; a history row replaces the history row of its key and sequence number. To keep what a new current row replaces, write
    /// that to the history first.
    /// </summary>
    ValueTask PutAsync(ObjectRecord record);

    /// <summary>Removes a row, named by its bucket, key, <see cref="ObjectSummary.IsCurrent"/> and sequence number.</summary>
    ValueTask DeleteAsync(ObjectRecord record);

    /// <summary>
    /// Up to <paramref name="limit"/> current objects with <paramref name="from"/> &lt;= key, and key &lt; <paramref name="to"/> unless that is null,
    /// by the bytes of the key. Costs what it returns.
    /// </summary>
    ValueTask<IReadOnlyList<ObjectSummary>> ScanAsync(long bucketId, ReadOnlyMemory<byte> from, byte[]? to, int limit);

    /// <summary>
    /// Up to <paramref name="limit"/> versions and delete markers in the order of key and then newest first, from the position (key, sequence) on,
    /// inclusive: versions of the key <paramref name="from"/> with a sequence number above <paramref name="fromSequence"/> are left out
    /// (<see cref="long.MaxValue"/> leaves out none).
    /// </summary>
    ValueTask<IReadOnlyList<ObjectSummary>> ScanVersionsAsync(
        long bucketId, ReadOnlyMemory<byte> from, long fromSequence, byte[]? to, int limit);

    /// <summary>Counts and bytes of a bucket's object versions, by storage class; reads all of the bucket's index.</summary>
    ValueTask<IReadOnlyList<StorageClassTotals>> TotalsAsync(long bucketId);
}

/// <summary>Multipart uploads that are neither completed nor aborted, and what is remembered of completed ones.</summary>
public interface IUploadRows
{
    ValueTask<UploadRecord?> FindAsync(UploadId id);

    /// <summary>Adds an upload and answers it with its <see cref="UploadRecord.RowId"/>.</summary>
    ValueTask<UploadRecord> InsertAsync(UploadRecord upload);

    /// <summary>Removes an upload and all of its parts (not their blobs).</summary>
    ValueTask DeleteAsync(UploadRecord upload);

    /// <summary>
    /// Up to <paramref name="limit"/> uploads by the bytes of the key and then of the id: those with (<paramref name="from"/>, <paramref name="fromId"/>) &lt;= (key, id),
    /// and key &lt; <paramref name="to"/> unless that is null. Costs what it returns.
    /// </summary>
    ValueTask<IReadOnlyList<UploadRecord>> ScanAsync(
        long bucketId, ReadOnlyMemory<byte> from, string fromId, byte[]? to, int limit);

    /// <summary>Open uploads, their parts and the bytes of these; of one bucket, or of all when it is null.</summary>
    ValueTask<UploadTotals> TotalsAsync(long? bucketId);

    ValueTask<CompletionRecord?> FindCompletionAsync(UploadId id);

    ValueTask PutCompletionAsync(CompletionRecord completion);

    /// <summary>Forgets completions older than this; answers how many.</summary>
    ValueTask<int> DeleteCompletionsAsync(DateTimeOffset before);
}

/// <summary>The parts of uploads.</summary>
public interface IPartRows
{
    ValueTask<PartRecord?> FindAsync(UploadRecord upload, PartNumber number);

    /// <summary>Writes a part; one of the same number is replaced.</summary>
    ValueTask PutAsync(UploadRecord upload, PartRecord part);

    /// <summary>Up to <paramref name="limit"/> parts by number, above <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<PartRecord>> ListAsync(UploadRecord upload, int after, int limit);

    /// <summary>The part with the highest number.</summary>
    ValueTask<PartRecord?> FindLastAsync(UploadRecord upload);
}

/// <summary>Which blobs there are, and how many extents refer to each.</summary>
public interface IBlobRows
{
    /// <summary>Records a fresh blob with one reference; <paramref name="inline"/> holds the bytes of an inline one.</summary>
    ValueTask AddAsync(BlobRecord blob, byte[]? inline);

    ValueTask<BlobRecord?> FindAsync(BlobId id);

    /// <summary>The bytes of an inline blob, or null.</summary>
    ValueTask<byte[]?> ReadInlineAsync(BlobId id);

    /// <summary>Adds a reference; false when there is no such blob (any more).</summary>
    ValueTask<bool> AddReferenceAsync(BlobId id);

    /// <summary>
    /// Takes a reference away. At the last one the row goes, with the bytes of an inline blob. True when it went.
    /// </summary>
    ValueTask<bool> DropReferenceAsync(BlobId id);

    /// <summary>Those of the given blobs that have no row.</summary>
    ValueTask<IReadOnlyList<BlobId>> FindUnknownAsync(IReadOnlyList<BlobId> ids);
}

/// <summary>What waits to be removed.</summary>
public interface IGarbageRows
{
    /// <summary>Adds an entry.</summary>
    ValueTask AddAsync(GarbageKind kind, Manifest manifest);

    /// <summary>Up to <paramref name="limit"/> entries of a kind, oldest first.</summary>
    ValueTask<IReadOnlyList<GarbageEntry>> ListAsync(GarbageKind kind, int limit);

    /// <summary>Removes an entry; false when it was not there (any more).</summary>
    ValueTask<bool> RemoveAsync(long id);
}

/// <summary>Small documents of the store as a whole, by name (the root credential's id, users, roles...).</summary>
public interface ISettingRows
{
    ValueTask<byte[]?> FindAsync(string name);

    /// <summary>Writes a document; null removes it.</summary>
    ValueTask PutAsync(string name, byte[]? value);

    /// <summary>All documents whose name begins so, by name.</summary>
    ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ListAsync(string prefix);
}
