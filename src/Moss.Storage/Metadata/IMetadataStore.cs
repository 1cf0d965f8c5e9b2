namespace Moss.Storage.Metadata;

/// <summary>
/// The catalogue of all names. It remembers rows and runs transactions over them; it knows no HTTP and no rule of OSS. All
/// semantics stand in the service, in the bodies of the transactions: see docs/decisions/0006-transactions.md.
/// </summary>
public interface IMetadataStore : IAsyncDisposable
{
    /// <summary>
    /// Creates or migrates the schema, and answers the store's own identity: a random text, made when the catalogue was made. The data
    /// directory remembers it, so that a catalogue never sweeps another one's blobs.
    /// </summary>
    ValueTask<string> InitializeAsync(CancellationToken ct);

    /// <summary>Runs a body that only reads, on one consistent snapshot.</summary>
    ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct);

    /// <summary>
    /// Runs a body that writes, as one durable transaction: when the task completes, the changes are on disk and visible to every
    /// later read; when it fails, none of them ever was. Concurrent transactions share commits.
    /// </summary>
    /// <exception cref="CommitUnknownException">
    /// The one failure that leaves open whether the changes were made: a database at a distance did not answer the commit.
    /// </exception>
    /// <exception cref="StorageFullException">There is no room; nothing was changed.</exception>
    /// <param name="locks">Everything the body's decision depends on. See <see cref="MetadataLock"/>.</param>
    /// <param name="body">
    /// Awaits nothing but the transaction's own methods and changes nothing outside of it: an engine may run it more than once.
    /// An exception it throws rolls everything back and is passed on.
    /// </param>
    /// <param name="ct">Ends the wait for the transaction's turn; a body that began to run is not interrupted.</param>
    ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct);
}

/// <summary>The rows, grouped by what they describe. Valid only inside the body it was handed to.</summary>
public interface IMetadataTransaction
{
    IBucketRows Buckets { get; }

    IObjectRows Objects { get; }

    IUploadRows Uploads { get; }

    IPartRows Parts { get; }

    IBlobRows Blobs { get; }

    IGarbageRows Garbage { get; }

    ISettingRows Settings { get; }
}
