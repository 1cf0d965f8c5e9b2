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

    public async ValueTask DeleteAsync(BlobId id, CancellationToken ct) =>
        await plan.AroundAsync(
            "blobs.Delete",
            async _ =>
            {
                await inner.DeleteAsync(id, ct);
                return true;
            },
            hasInside: false);

    public IAsyncEnumerable<BlobId> ListAsync(CancellationToken ct) => inner.ListAsync(ct);

    public ValueTask RecoverAsync(string storeId, CancellationToken ct) => inner.RecoverAsync(storeId, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    sealed class Writer(IBlobWriter inner, KillPlan plan) : IBlobWriter
    {
        public ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct) => inner.NextRoomAsync(ct);

        public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct) =>
            await plan.AroundAsync(
                "blob.Write",
                async _ =>
                {
                    await inner.WriteAsync(data, ct);
                    return true;
                },
                hasInside: false);

        public async ValueTask CompleteAsync() =>
            await plan.AroundAsync(
                "blob.Complete",
                async _ =>
                {
                    await inner.CompleteAsync();
                    return true;
                },
                hasInside: false);

        public async ValueTask CommitAsync(CancellationToken ct) =>
            await plan.AroundAsync(
                "blob.Commit",
                async _ =>
                {
                    await inner.CommitAsync(ct);
                    return true;
                },
                hasInside: false);

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
