using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>Tests that measure the whole process run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Nothing is allocated by block: what a large blob costs is what a small one costs.</summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests : IAsyncLifetime
{
    const int Piece = 128 * 1024;
    const int MaxBytes = 1 << 20;

    readonly TemporaryDirectory _directory = new();
    FileBlobStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _store = FileBlobStore.Open(_directory.Path, durable: true);
        await _store.RecoverAsync("allocation", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_large_blob_allocates_no_more_than_a_small_one()
    {
        var buffer = new byte[Piece];
        await WriteAsync(64, buffer);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var id = await WriteAsync(1024, buffer);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, MaxBytes);

        await ReadAsync(id, 1024, buffer);
        before = GC.GetTotalAllocatedBytes(precise: true);
        await ReadAsync(id, 1024, buffer);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, MaxBytes);
    }

    async Task<BlobId> WriteAsync(int pieces, byte[] piece)
    {
        var id = TestBytes.NewId();
        await using var writer = await _store.CreateAsync(id, null, CancellationToken.None);
        for (var i = 0; i < pieces; i++)
        {
            await writer.WriteAsync(new(piece), CancellationToken.None);
        }

        await writer.CommitAsync(CancellationToken.None);
        return id;
    }

    async Task ReadAsync(BlobId id, int pieces, byte[] piece)
    {
        await using var reader = await _store.OpenAsync(id, (long)pieces * Piece, CancellationToken.None);
        for (var i = 0; i < pieces; i++)
        {
            Assert.Equal(Piece, await reader.ReadAsync((long)i * Piece, piece, CancellationToken.None));
        }
    }
}
