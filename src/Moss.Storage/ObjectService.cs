using Moss.Storage.Buckets;
using Moss.Storage.Lifecycle;
using Moss.Storage.Listing;
using Moss.Storage.Metadata;
using Moss.Storage.Multipart;
using Moss.Storage.Objects;
using Moss.Storage.Sweeping;

namespace Moss.Storage;

/// <summary>
/// The object store without its wire: all semantics stand here, once, above the two stores. Refusals are <c>OssException</c>s in the protocol's
/// words; who may do what is decided by the caller.
/// </summary>
public sealed class ObjectService : IAsyncDisposable
{
    readonly StorageEngine _engine;
    readonly CancellationTokenSource _stopping = new();
    Task _sweeping = Task.CompletedTask;

    /// <summary>Takes over the engine; call <see cref="StartAsync"/> before anything else.</summary>
    public ObjectService(StorageEngine engine)
    {
        _engine = engine;
        Buckets = new(engine);
        Objects = new(engine);
        Appends = new(engine);
        Uploads = new(engine);
        Listings = new(engine);
        Sweeper = new(engine);
        Lifecycle = new(engine);
    }

    public BucketOperations Buckets { get; }

    public ObjectOperations Objects { get; }

    public AppendOperations Appends { get; }

    public MultipartOperations Uploads { get; }

    public ListOperations Listings { get; }

    public Sweeper Sweeper { get; }

    /// <summary>Carries out the buckets' lifecycle rules when it is told to; whoever runs the service says when.</summary>
    public LifecycleRunner Lifecycle { get; }

    /// <summary>Open uploads, their parts and bytes, over all buckets (metrics).</summary>
    public ValueTask<UploadTotals> UploadTotalsAsync(CancellationToken ct) =>
        _engine.Metadata.ReadAsync(tx => tx.Uploads.TotalsAsync(bucketId: null), ct);

    /// <summary>
    /// Opens the stores, removes what a crash left uncommitted, and begins to sweep in the background. When it returns, the service is ready.
    /// </summary>
    /// <param name="failed">Told of each background round that failed; it is tried again.</param>
    public async Task StartAsync(Action<Exception> failed, CancellationToken ct)
    {
        var started = _engine.Time.GetUtcNow();
        var storeId = await _engine.Metadata.InitializeAsync(ct);
        await _engine.Blobs.RecoverAsync(storeId, ct);
        _sweeping = Task.Run(() => SweepAsync(started - _engine.Options.OrphanAge, failed), CancellationToken.None);
    }

    /// <summary>Stops the background work and closes both stores.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _sweeping;
        _stopping.Dispose();
        Lifecycle.Dispose();
        await _engine.DisposeAsync();
    }

    async Task SweepAsync(DateTimeOffset orphansBefore, Action<Exception> failed)
    {
        try
        {
            await Sweeper.SweepOrphansAsync(orphansBefore, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failed(exception);
        }

        await Sweeper.RunAsync(failed, _stopping.Token);
    }
}
