using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>What only files have: what stands where, and what happens when others touch it.</summary>
public sealed class FileBlobStoreTests : IAsyncLifetime
{
    readonly TemporaryDirectory _directory = new();
    FileBlobStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _store = FileBlobStore.Open(_directory.Path, durable: true);
        await _store.RecoverAsync("files", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1_000_000)]
    [InlineData(BlobFormat.SegmentSize + 5)]
    public async Task A_blob_is_one_file_of_the_documented_size(int length)
    {
        var expected = await WriteAsync(TestBytes.Make(1, length), length);
        var unexpected = await WriteAsync(TestBytes.Make(1, length), null);
        foreach (var id in new[] { expected, unexpected })
        {
            Assert.Equal(BlobFormat.StoredLength(length), new FileInfo(_directory.BlobPath(id)).Length);
        }
    }

    [Fact]
    public async Task An_uncommitted_blob_has_no_name_where_the_file_system_can_do_that()
    {
        Assert.SkipUnless(FileSystemAbilities.Probe(_directory.Path).Nameless, "no nameless files here");
        await using var writer = await _store.CreateAsync(TestBytes.NewId(), null, CancellationToken.None);
        await writer.WriteAsync(new(new byte[3_000_000]), CancellationToken.None);
        Assert.Equal(["catalogue"], Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Bits_flipped_anywhere_in_a_file_are_noticed()
    {
        var data = TestBytes.Make(1, 300_000);
        var id = await WriteAsync(data, data.Length);
        var path = _directory.BlobPath(id);
        var random = new Random(1);
        var size = (int)new FileInfo(path).Length;
        for (var i = 0; i < 200; i++)
        {
            var at = random.Next(size);
            var mask = (byte)(1 << random.Next(8));
            Flip(path, at, mask);
            var harmless = at >= data.Length && at < size - BlobFormat.PageSize;
            Assert.Equal(harmless, await ReadsAsync(id, data));
            Flip(path, at, mask);
        }

        Assert.True(await ReadsAsync(id, data));
    }

    [Fact]
    public async Task A_truncated_extended_swapped_or_missing_file_is_noticed()
    {
        var data = TestBytes.Make(2, 200_000);
        var (one, two) = (await WriteAsync(data, data.Length), await WriteAsync(data, data.Length));
        var path = _directory.BlobPath(one);
        var good = await File.ReadAllBytesAsync(path);
        foreach (var length in new[] { 0, 1, 100_000, data.Length, good.Length - BlobFormat.PageSize, good.Length - 1, good.Length + 1, good.Length * 2 })
        {
            var bytes = good.ToArray();
            Array.Resize(ref bytes, length);
            await File.WriteAllBytesAsync(path, bytes);
            Assert.False(await ReadsAsync(one, data));
        }

        File.Copy(_directory.BlobPath(two), path, overwrite: true);
        Assert.False(await ReadsAsync(one, data));
        File.Delete(path);
        Assert.False(await ReadsAsync(one, data));
        await File.WriteAllBytesAsync(path, good);
        Assert.True(await ReadsAsync(one, data));
    }

    [Fact]
    public async Task A_file_that_is_cut_while_it_is_read_is_noticed()
    {
        var data = TestBytes.Make(3, 3_000_000);
        var id = await WriteAsync(data, data.Length);
        await using var reader = await _store.OpenAsync(id, data.Length, CancellationToken.None);
        Assert.Equal(1000, await reader.ReadAsync(0, new byte[1000], CancellationToken.None));
        using (var file = File.OpenWrite(_directory.BlobPath(id)))
        {
            file.SetLength(1_000_000);
        }

        await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await reader.ReadAsync(500_000, new byte[1_000_000], CancellationToken.None));
    }

    [Fact]
    public async Task Foreign_files_are_no_blobs()
    {
        var id = await WriteAsync(new byte[10], 10);
        foreach (var name in new[] { "README", id.ToString().ToUpperInvariant(), $"{id}.bak", new string('g', 32) })
        {
            await File.WriteAllTextAsync(Path.Combine(_directory.Path, "blobs", "00", name), "x");
        }

        var found = new List<BlobId>();
        await foreach (var one in _store.ListAsync(CancellationToken.None))
        {
            found.Add(one);
        }

        Assert.Equal([id], found);
    }

    [Fact]
    public async Task Recovery_spares_what_another_process_is_writing()
    {
        await using var other = FileBlobStore.Open(_directory.Path, durable: true, reservedBytes: 0, default(FileSystemAbilities));
        var data = TestBytes.Make(4, 2_000_000);
        var id = TestBytes.NewId();
        await using var writer = await other.CreateAsync(id, data.Length, CancellationToken.None);
        await writer.WriteAsync(new(data), CancellationToken.None);
        var abandoned = Path.Combine(_directory.Path, "tmp", TestBytes.NewId().ToString());
        await File.WriteAllTextAsync(abandoned, "x");
        await _store.RecoverAsync("files", CancellationToken.None);
        Assert.False(File.Exists(abandoned));
        await writer.CommitAsync(CancellationToken.None);
        Assert.True(await ReadsAsync(id, data));
    }

    [Fact]
    public async Task Two_catalogues_that_come_at_once_do_not_share_a_store()
    {
        for (var round = 0; round < 25; round++)
        {
            using var directory = new TemporaryDirectory();
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                await using var store = FileBlobStore.Open(directory.Path, durable: false);
                return await Record.ExceptionAsync(async () => await store.RecoverAsync($"catalogue {i % 2}", CancellationToken.None));
            })));
            Assert.All(outcomes, outcome => Assert.True(outcome is null or InvalidDataException, outcome?.ToString()));
            Assert.Equal(4, outcomes.Count(outcome => outcome is null));
        }
    }

    [Fact]
    public void A_path_that_is_a_file_is_refused()
    {
        var file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "");
        Assert.ThrowsAny<IOException>(() => FileBlobStore.Open(file, durable: true));
    }

    async Task<BlobId> WriteAsync(byte[] data, long? expectedLength)
    {
        var id = TestBytes.NewId();
        await using var writer = await _store.CreateAsync(id, expectedLength, CancellationToken.None);
        await writer.WriteAsync(new(data), CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        return id;
    }

    // Whether all of it reads, with the right bytes; the wrong ones fail the test.
    async Task<bool> ReadsAsync(BlobId id, byte[] data)
    {
        try
        {
            await using var reader = await _store.OpenAsync(id, data.Length, CancellationToken.None);
            var read = new byte[data.Length];
            Assert.Equal(data.Length, await reader.ReadAsync(0, read, CancellationToken.None));
            Assert.True(data.AsSpan().SequenceEqual(read), "a wrong byte");
            return true;
        }
        catch (BlobDamagedException)
        {
            return false;
        }
    }

    static void Flip(string path, int at, byte mask)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ mask));
    }
}
