using System.Buffers;
using System.Runtime.CompilerServices;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Conformance.Blobs;

/// <summary>A store whose calls, and those of its writers and readers, fail or tarry as a plan says. It corrupts nothing.</summary>
public sealed class FaultyBlobStore(IBlobStore store, FaultPlan plan) : IBlobStore
{
    public ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null) =>
        plan.RunAsync<IBlobWriter>(
            "Create", async () => new Writer(await store.CreateAsync(id, expectedLength, ct, digest), plan), lost => lost.DisposeAsync());

    public ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct) =>
        plan.RunAsync<IBlobReader>(
            "Open", async () => new Reader(await store.OpenAsync(id, length, ct), plan), lost => lost.DisposeAsync());

    public ValueTask DeleteAsync(BlobId id, CancellationToken ct) =>
        plan.RunAsync("Delete", () => store.DeleteAsync(id, ct));

    public async IAsyncEnumerable<BlobId> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await plan.RunAsync("List", () => ValueTask.CompletedTask);
        await foreach (var id in store.ListAsync(ct))
        {
            yield return id;
        }
    }

    public ValueTask RecoverAsync(string storeId, CancellationToken ct) =>
        plan.RunAsync("Recover", () => store.RecoverAsync(storeId, ct));

    public ValueTask DisposeAsync() => store.DisposeAsync();

    sealed class Writer(IBlobWriter writer, FaultPlan plan) : IBlobWriter
    {
        public ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct) => writer.NextRoomAsync(ct);

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct) =>
            plan.RunAsync("Write", () => writer.WriteAsync(data, ct));

        public ValueTask CompleteAsync() => plan.RunAsync("Complete", () => writer.CompleteAsync());

        public ValueTask CommitAsync(CancellationToken ct) => plan.RunAsync("Commit", () => writer.CommitAsync(ct));

        public ValueTask DisposeAsync() => writer.DisposeAsync();
    }

    sealed class Reader(IBlobReader reader, FaultPlan plan) : IBlobReader
    {
        public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken ct) =>
            plan.RunAsync("Read", () => reader.ReadAsync(offset, destination, ct));

        public ValueTask<ulong> Crc64Async(long offset, long length, CancellationToken ct) =>
            plan.RunAsync("Crc64", () => reader.Crc64Async(offset, length, ct));

        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
