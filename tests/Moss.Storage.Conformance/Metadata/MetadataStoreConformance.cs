using Moss.Storage.Metadata;

namespace Moss.Storage.Conformance.Metadata;

/// <summary>
/// What every <see cref="IMetadataStore"/> does. An engine inherits it and answers two questions: how to make an empty store, and how to open
/// it again.
/// </summary>
public abstract partial class MetadataStoreConformance : IAsyncLifetime
{
    IMetadataStore? _store;

    /// <summary>The store of this test, initialised and empty.</summary>
    protected IMetadataStore Store => _store!;

    /// <summary>Makes an empty store; the suite initialises it and disposes of it.</summary>
    protected abstract ValueTask<IMetadataStore> CreateStoreAsync();

    /// <summary>Closes a store and opens it again; null when nothing of it outlives its closing.</summary>
    protected abstract ValueTask<IMetadataStore?> ReopenStoreAsync(IMetadataStore store);

    public virtual async ValueTask InitializeAsync()
    {
        _store = await CreateStoreAsync();
        await _store.InitializeAsync(Ct);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A net under tests that wait for each other's steps, no measure of anything.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected async Task ReopenAsync()
    {
        var reopened = await ReopenStoreAsync(Store);
        Assert.SkipWhen(reopened is null, "Nothing of this store outlives its closing.");
        _store = reopened;
        await Store.InitializeAsync(Ct);
    }

    protected Task<T> Read<T>(Func<IMetadataTransaction, ValueTask<T>> body) => Store.ReadAsync(body, Ct).AsTask();

    protected Task<T> Write<T>(Func<IMetadataTransaction, ValueTask<T>> body, params MetadataLock[] locks) =>
        Store.WriteAsync(locks, body, Ct).AsTask();

    protected Task Write(Func<IMetadataTransaction, ValueTask> body, params MetadataLock[] locks) => Write(
        async transaction =>
        {
            await body(transaction);
            return true;
        },
        locks);

    protected async Task<BucketRecord> InsertBucket(string name = "bucket") =>
        await Write(transaction => transaction.Buckets.InsertAsync(MetadataSamples.Bucket(name)));

    protected Task Put(params ObjectRecord[] records) => Write(async transaction =>
    {
        foreach (var record in records)
        {
            await transaction.Objects.PutAsync(record);
        }
    });

    protected static void AssertSame(object? expected, object? actual) =>
        Assert.Equal(MetadataSamples.Show(expected), MetadataSamples.Show(actual));

    protected static void AssertSameRows<T>(IEnumerable<T> expected, IEnumerable<T> actual) =>
        Assert.Equal(MetadataSamples.ShowAll(expected), MetadataSamples.ShowAll(actual));
}
