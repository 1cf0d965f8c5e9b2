using System.Buffers;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Crash;

/// <summary>A blob store under a plan.</summary>
sealed class KillingBlobStore(IBlobStore inner, KillPlan plan) : IBlobStore
{
    public async ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null) =>
        new Writer(
            await plan.AroundAsync("blobs.Create", async _ => await inner.CreateAsync(id, expectedLength, ct, digest), hasInside: false),
            plan);

    public ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct) => inner.OpenAsync(id, length, ct);

    public ValueTask DeleteAsync(BlobId id, CancellationToken ct) => plan.AroundAsync("blobs.Delete", () => inner.DeleteAsync(id, ct));

    public IAsyncEnumerable<BlobId> ListAsync(CancellationToken ct) => inner.ListAsync(ct);

    public ValueTask RecoverAsync(string storeId, CancellationToken ct) => inner.RecoverAsync(storeId, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    sealed class Writer(IBlobWriter inner, KillPlan plan) : IBlobWriter
    {
        public ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct) => inner.NextRoomAsync(ct);

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct) => plan.AroundAsync("blob.Write", () => inner.WriteAsync(data, ct));

        public ValueTask CompleteAsync() => plan.AroundAsync("blob.Complete", () => inner.CompleteAsync());

        public ValueTask CommitAsync(CancellationToken ct) => plan.AroundAsync("blob.Commit", () => inner.CommitAsync(ct));

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

/// <summary>A metadata store under a plan. Reads change nothing, so dying around them is no step of its own.</summary>
sealed class KillingMetadataStore(IMetadataStore inner, KillPlan plan) : IMetadataStore
{
    public ValueTask<string> InitializeAsync(CancellationToken ct) => inner.InitializeAsync(ct);

    public ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct) =>
        inner.ReadAsync(body, ct);

    public ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct) =>
        plan.AroundAsync(
            "metadata.Write",
            inside => inner.WriteAsync(
                locks,
                async tx =>
                {
                    var result = await body(tx);
                    await inside();
                    return result;
                },
                ct),
            hasInside: true);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
