using Moss.Protocol.Errors;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>The two ways in which a write may end without a commit, each in one place.</summary>
static class Transactions
{
    /// <summary>
    /// How often a copy starts again because its source was replaced and swept between two of its statements. Each round needs another
    /// overwrite of the source to fail, so a few are plenty.
    /// </summary>
    const int MaxSourceRetries = 10;

    /// <summary>
    /// Commits a received body. A refusal rolls back, so the body's blob is deleted; after any other failure it is not known whether the commit
    /// took place, and the blob is left to the sweep of orphans, which asks the rows.
    /// </summary>
    public static async ValueTask<T> CommitAsync<T>(
        this StorageEngine engine,
        IUncommitted received,
        IReadOnlyList<MetadataLock> locks,
        Func<IMetadataTransaction, ValueTask<T>> body,
        CancellationToken ct)
    {
        try
        {
            return await engine.Metadata.WriteAsync(locks, body, ct);
        }
        catch (Exception exception) when (exception is OssException or OperationCanceledException or SourceGoneException)
        {
            await received.DiscardAsync(engine.Blobs);
            throw;
        }
    }

    /// <summary>Adds a reference for each extent.</summary>
    /// <exception cref="SourceGoneException">One of the blobs is gone; the transaction must be given up and its source looked up again.</exception>
    public static async ValueTask AddReferencesAsync(IMetadataTransaction tx, Manifest manifest)
    {
        foreach (var extent in manifest.Extents)
        {
            if (!await tx.Blobs.AddReferenceAsync(extent.Blob))
            {
                throw new SourceGoneException();
            }
        }
    }

    /// <summary>Runs a copy again when its source was replaced meanwhile.</summary>
    public static async ValueTask<T> RetryWhenSourceIsGoneAsync<T>(Func<ValueTask<T>> copy)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await copy();
            }
            catch (SourceGoneException) when (attempt < MaxSourceRetries)
            {
            }
            catch (SourceGoneException)
            {
                throw new OssException(OssErrors.ServiceUnavailable);
            }
        }
    }
}

/// <summary>Bytes that are stored and that no row refers to yet.</summary>
interface IUncommitted
{
    /// <summary>Deletes the blobs, because no row will refer to them.</summary>
    ValueTask DiscardAsync(IBlobStore blobs);
}

/// <summary>The blobs of a copy's source went away between looking it up and referring to them.</summary>
sealed class SourceGoneException : Exception;
