using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    [Fact]
    public async Task Blob_comes_back_as_it_was_stored()
    {
        await AddBlob(BlobRow(1, length: long.MaxValue), null);
        AssertSame(BlobRow(1, length: long.MaxValue), await Read(transaction => transaction.Blobs.FindAsync(Blob(1))));
        Assert.Null(await Read(transaction => transaction.Blobs.FindAsync(Blob(2))));
        Assert.Null(await Read(transaction => transaction.Blobs.ReadInlineAsync(Blob(1))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(256 * 1024)]
    public async Task Inline_bytes_come_back_and_go_with_the_last_reference(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        var id = Blob(1, inline: true);
        await AddBlob(BlobRow(1, inline: true, length), body);
        AssertSame(body, await Read(transaction => transaction.Blobs.ReadInlineAsync(id)));
        Assert.True(await Write(transaction => transaction.Blobs.AddReferenceAsync(id)));
        Assert.False(await Write(transaction => transaction.Blobs.DropReferenceAsync(id)));
        AssertSame(body, await Read(transaction => transaction.Blobs.ReadInlineAsync(id)));
        Assert.True(await Write(transaction => transaction.Blobs.DropReferenceAsync(id)));
        Assert.Null(await Read(transaction => transaction.Blobs.ReadInlineAsync(id)));
        Assert.Null(await Read(transaction => transaction.Blobs.FindAsync(id)));
    }

    [Fact]
    public async Task References_are_counted_and_a_blob_that_went_stays_away()
    {
        await AddBlob(BlobRow(1), null);
        await AddBlob(BlobRow(2), null);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await Write(transaction => transaction.Blobs.AddReferenceAsync(Blob(1))));
        }

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(i == 3, await Write(transaction => transaction.Blobs.DropReferenceAsync(Blob(1))));
        }

        Assert.False(await Write(transaction => transaction.Blobs.AddReferenceAsync(Blob(1))));
        Assert.False(await Write(transaction => transaction.Blobs.DropReferenceAsync(Blob(1))));
        AssertSame(BlobRow(2), await Read(transaction => transaction.Blobs.FindAsync(Blob(2))));
    }

    [Fact]
    public async Task Blob_of_a_taken_id_is_refused()
    {
        await AddBlob(BlobRow(1), null);
        await Assert.ThrowsAnyAsync<Exception>(() => AddBlob(BlobRow(1), null));
        Assert.True(await Write(transaction => transaction.Blobs.DropReferenceAsync(Blob(1))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(300)]
    public async Task Unknown_blobs_are_told_from_known_ones(int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => Blob(i)).ToList();
        await Write(async transaction =>
        {
            for (var i = 0; i < count; i += 3)
            {
                await transaction.Blobs.AddAsync(BlobRow(i), null);
            }
        });
        var unknown = await Read(transaction => transaction.Blobs.FindUnknownAsync(ids));
        Assert.Equal(ids.Where((_, i) => i % 3 != 0), unknown.Order());
    }

    [Fact]
    public async Task Garbage_is_listed_oldest_first_by_kind_and_removed()
    {
        await Write(async transaction =>
        {
            for (var i = 0; i < 6; i++)
            {
                await transaction.Garbage.AddAsync(i % 2 == 0 ? GarbageKind.Released : GarbageKind.Unreferenced, ManifestOf(i, i + 1));
            }
        });
        var released = await List(GarbageKind.Released, 10);
        Assert.Equal([0, 2, 4], released.Select(entry => entry.Manifest.Extents[0].Offset));
        Assert.All(released, entry => Assert.Equal(GarbageKind.Released, entry.Kind));
        AssertSameRows(released.Take(2), await List(GarbageKind.Released, 2));
        Assert.Equal([1, 3, 5], (await List(GarbageKind.Unreferenced, 10)).Select(entry => entry.Manifest.Extents[0].Offset));
        Assert.Equal([ManifestOf(0, 1).Encode()], released.Take(1).Select(entry => entry.Manifest.Encode()));

        Assert.True(await Write(transaction => transaction.Garbage.RemoveAsync(released[1].Id)));
        Assert.False(await Write(transaction => transaction.Garbage.RemoveAsync(released[1].Id)));
        Assert.Equal([0, 4], (await List(GarbageKind.Released, 10)).Select(entry => entry.Manifest.Extents[0].Offset));

        Task<IReadOnlyList<GarbageEntry>> List(GarbageKind kind, int limit) =>
            Read(transaction => transaction.Garbage.ListAsync(kind, limit));
    }

    Task AddBlob(BlobRecord blob, byte[]? inline) => Write(transaction => transaction.Blobs.AddAsync(blob, inline));
}
