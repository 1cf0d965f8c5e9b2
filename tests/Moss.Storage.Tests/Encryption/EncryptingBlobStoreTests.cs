using System.Buffers;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;
using Moss.Storage.Encryption;

namespace Moss.Storage.Tests.Encryption;

/// <summary>Encrypted blobs keep every promise of blobs.</summary>
public sealed class EncryptedBlobConformanceTests : BlobStoreConformance
{
    readonly InMemoryBlobStore _memory = new();
    readonly DataKeys _keys = new([RandomNumberGenerator.GetBytes(DataKeys.KeySize)]);

    protected override IBlobStore Open() => new EncryptingBlobStore(_memory, _keys);

    protected override BlobId NewId() => TestBytes.NewId(encrypted: true);
}

/// <summary>What only encrypted blobs promise: nothing can be read or changed without the key.</summary>
public sealed class EncryptingBlobStoreTests : IAsyncDisposable
{
    static readonly byte[] First = RandomNumberGenerator.GetBytes(DataKeys.KeySize);
    static readonly byte[] Second = RandomNumberGenerator.GetBytes(DataKeys.KeySize);

    readonly InMemoryBlobStore _below = new();

    public ValueTask DisposeAsync() => _below.DisposeAsync();

    EncryptingBlobStore Store(params byte[][] keys) => new(_below, new(keys));

    [Fact]
    public async Task An_id_says_whether_its_blob_is_encrypted_and_when_it_was_made()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_123);
        foreach (var inline in new[] { false, true })
        {
            var id = BlobId.Create(now, inline, UInt128.MaxValue, encrypted: true);
            Assert.Equal((true, inline, now), (id.IsEncrypted, id.IsInline, id.Created));
            var plain = BlobId.Create(now, inline, UInt128.MaxValue);
            Assert.Equal((false, inline, now), (plain.IsEncrypted, plain.IsInline, plain.Created));
            Assert.True(BlobId.TryParse(id.ToString(), out var parsed) && parsed == id);
        }

        // Blobs of the clear go straight through.
        var clear = TestBytes.NewId();
        await WriteAsync(Store(First), clear, [1, 2, 3]);
        Assert.Equal([1, 2, 3], await ReadAsync(_below, clear, 3));
    }

    [Fact]
    public async Task The_bytes_below_hold_no_trace_of_the_data_and_differ_each_time()
    {
        var data = Enumerable.Repeat("plain text! "u8.ToArray(), 20_000).SelectMany(bytes => bytes).ToArray();
        var (one, two) = (TestBytes.NewId(encrypted: true), TestBytes.NewId(encrypted: true));
        await WriteAsync(Store(First), one, data);
        await WriteAsync(Store(First), two, data);
        var stored = await StoredAsync(one, data.Length);
        Assert.Equal(-1, stored.AsSpan().IndexOf("plain"u8));
        Assert.NotEqual(stored[..1000], (await StoredAsync(two, data.Length))[..1000]);

        // Nor of the checksum of a block, by which a guess could be tested.
        Assert.Equal(-1, stored.AsSpan().IndexOf(BitConverter.GetBytes(Crc64.Compute(data.AsSpan(0, BlobFormat.BlockSize)))));
    }

    [Fact]
    public async Task Any_change_of_any_byte_is_noticed_and_nothing_of_its_block_is_served()
    {
        var data = TestBytes.Make(1, BlobFormat.BlockSize + 40);
        var id = TestBytes.NewId(encrypted: true);
        await WriteAsync(Store(First), id, data);
        var stored = await StoredAsync(id, data.Length);
        for (var at = 0; at < stored.Length; at += at is > 100 and < BlobFormat.BlockSize - 100 ? 997 : 1)
        {
            var changed = stored.ToArray();
            changed[at] ^= 0x40;
            await ReplaceAsync(id, changed);
            var failure = await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(Store(First), id, data.Length));
            Assert.True(failure is BlobDamagedException or MasterKeyMissingException, failure.ToString());
        }
    }

    [Fact]
    public async Task Blocks_cannot_change_places_nor_blobs_theirs()
    {
        var data = TestBytes.Make(1, 2 * BlobFormat.BlockSize);
        var (id, other) = (TestBytes.NewId(encrypted: true), TestBytes.NewId(encrypted: true));
        await WriteAsync(Store(First), id, data);
        var stored = await StoredAsync(id, data.Length);

        // With their tags, which stand behind the data.
        byte[] swapped = [.. stored[65536..131072], .. stored[..65536], .. stored[131088..131104], .. stored[131072..131088], .. stored[131104..]];
        await ReplaceAsync(id, swapped);
        await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAsync(Store(First), id, data.Length));
        await WriteAsync(_below, other, stored);
        await Assert.ThrowsAsync<BlobDamagedException>(() => ReadAsync(Store(First), other, data.Length));
    }

    [Fact]
    public async Task Keys_may_be_changed_and_a_lost_one_is_named()
    {
        var (old, young) = (TestBytes.NewId(encrypted: true), TestBytes.NewId(encrypted: true));
        await WriteAsync(Store(First), old, [1, 2, 3]);
        await WriteAsync(Store(Second, First), young, [4, 5, 6]);
        Assert.Equal([1, 2, 3], await ReadAsync(Store(Second, First), old, 3));
        Assert.Equal([4, 5, 6], await ReadAsync(Store(Second), young, 3));
        var lost = await Assert.ThrowsAsync<MasterKeyMissingException>(() => ReadAsync(Store(Second), old, 3));
        Assert.Contains(new DataKeys([First]).Ids[0], lost.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MasterKeyMissingException>(() => WriteAsync(Store(), TestBytes.NewId(encrypted: true), [1]));
        Assert.DoesNotContain(Convert.ToHexStringLower(First)[..16], lost.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EncryptedBlobFormat.GroupSize)]
    [InlineData(EncryptedBlobFormat.GroupSize + 1)]
    [InlineData(EncryptedBlobFormat.GroupSize + BlobFormat.BlockSize + 7)]
    public async Task Groups_meet_without_a_seam(long length)
    {
        var id = TestBytes.NewId(encrypted: true);
        var store = Store(First);
        var pattern = TestBytes.Make(3, 1_000_003);
        await using (var writer = await store.CreateAsync(id, length, CancellationToken.None))
        {
            for (long at = 0; at < length; at += pattern.Length)
            {
                await writer.WriteAsync(new(pattern.AsMemory(0, (int)Math.Min(pattern.Length, length - at))), CancellationToken.None);
            }

            await writer.CommitAsync(CancellationToken.None);
        }

        await using var reader = await store.OpenAsync(id, length, CancellationToken.None);
        var from = EncryptedBlobFormat.GroupSize - 100_000;
        var expected = Enumerable.Range(0, (int)(length - from)).Select(i => pattern[(from + i) % pattern.Length]).ToArray();
        var buffer = new byte[expected.Length];
        Assert.Equal(buffer.Length, await reader.ReadAsync(from, buffer, CancellationToken.None));
        Assert.Equal(expected, buffer);
        Assert.Equal(Crc64.Compute(expected), await reader.Crc64Async(from, expected.Length, CancellationToken.None));
        Assert.Equal(1, await reader.ReadAsync(length - 1, buffer, CancellationToken.None));
        Assert.Equal(expected[^1], buffer[0]);
        Assert.Equal(0, await reader.ReadAsync(length, buffer, CancellationToken.None));
    }

    [Fact]
    public void Small_secrets_open_in_their_own_context_alone()
    {
        var keys = new DataKeys([First]);
        var id = BlobId.Create(TimeProvider.System.GetUtcNow(), inline: true, 7, encrypted: true);
        var box = keys.SealInline(id, "secret"u8.ToArray());
        Assert.Equal(-1, box.AsSpan().IndexOf("secret"u8));
        Assert.Equal("secret"u8, keys.OpenInline(id, box));
        var other = BlobId.Create(TimeProvider.System.GetUtcNow(), inline: true, 8, encrypted: true);
        Assert.Throws<BlobDamagedException>(() => keys.OpenInline(other, box));
        for (var length = 0; length < box.Length; length++)
        {
            Assert.Throws<BlobDamagedException>(() => keys.OpenInline(id, box[..length]));
        }

        Assert.Equal("***", keys.ToString());
        Assert.Throws<ArgumentException>(() => new DataKeys([new byte[16]]));
    }

    static async Task WriteAsync(IBlobStore store, BlobId id, byte[] data)
    {
        await using var writer = await store.CreateAsync(id, data.Length, CancellationToken.None);
        await writer.WriteAsync(new ReadOnlySequence<byte>(data), CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
    }

    static async Task<byte[]> ReadAsync(IBlobStore store, BlobId id, long length)
    {
        await using var reader = await store.OpenAsync(id, length, CancellationToken.None);
        var data = new byte[length];
        Assert.Equal(length, await reader.ReadAsync(0, data, CancellationToken.None));
        await reader.Crc64Async(0, length, CancellationToken.None);
        return data;
    }

    Task<byte[]> StoredAsync(BlobId id, long length) => ReadAsync(_below, id, EncryptedBlobFormat.StoredLength(length));

    async Task ReplaceAsync(BlobId id, byte[] stored)
    {
        await _below.DeleteAsync(id, CancellationToken.None);
        await WriteAsync(_below, id, stored);
    }
}
