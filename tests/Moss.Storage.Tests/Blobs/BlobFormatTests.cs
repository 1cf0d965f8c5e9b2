using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Tests.Blobs;

/// <summary>Whatever happens to the stored bytes of a blob: a reader gives the bytes that were written, or an error.</summary>
public sealed class BlobFormatTests
{
    const int Block = BlobFormat.BlockSize;
    const int Segment = BlobFormat.SegmentSize;
    const int Page = BlobFormat.PageSize;

    static readonly BlobId Id = TestBytes.NewId();

    [Theory]
    [InlineData(0, 0, Page)]
    [InlineData(1, Page, 2 * Page)]
    [InlineData(Page, Page, 2 * Page)]
    [InlineData(Page + 1, 2 * Page, 3 * Page)]
    [InlineData(Segment, Segment, Segment + Page)]
    [InlineData(Segment + 1, Segment + (2 * Page), Segment + (3 * Page))]
    [InlineData((2L * Segment) + 5, (2L * Segment) + (3 * Page), (2L * Segment) + (4 * Page))]
    public void The_last_page_ends_the_stored_bytes(long length, long position, long stored)
    {
        Assert.Equal(position, BlobFormat.PagePosition(BlobFormat.SegmentCount(length) - 1, length));
        Assert.Equal(stored, BlobFormat.StoredLength(length));
    }

    // The format is a promise to every blob that is on a disk: this fails when it changes by accident.
    [Fact]
    public void The_format_is_the_one_that_is_documented()
    {
        Assert.True(BlobId.TryParse("0123456789abcdef0123456789abcdef", out var id));
        var page = Store(id, new byte[Block + 1])[^Page..];
        Assert.Equal("MOSSBLK1"u8, page[..8]);
        Assert.Equal("0123456789ABCDEF0123456789ABCDEF", Convert.ToHexString(page[8..24]));
        Assert.Equal(0, BitConverter.ToInt64(page.AsSpan(24)));
        Assert.Equal(Block + 1, BitConverter.ToInt64(page.AsSpan(32)));
        Assert.Equal(Block + 1, BitConverter.ToInt64(page.AsSpan(40)));
        Assert.Equal(Crc64.Compute(new byte[Block]), BitConverter.ToUInt64(page.AsSpan(64)));
        Assert.Equal(Crc64.Compute(new byte[1]), BitConverter.ToUInt64(page.AsSpan(72)));
        Assert.All(page[80..^8], rest => Assert.Equal(0, rest));
        Assert.Equal(Crc64.Compute(page.AsSpan(0, Page - 8)), BitConverter.ToUInt64(page.AsSpan(Page - 8)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    public async Task Every_flipped_bit_is_noticed_or_harmless(int length)
    {
        var data = TestBytes.Make(length, length);
        var stored = Store(Id, data);
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            var harmless = bit / 8 >= length && bit / 8 < stored.Length - Page;
            Assert.Equal(harmless, await ReadsAsync(Id, stored, data));
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(await ReadsAsync(Id, stored, data));
    }

    [Fact]
    public async Task Flipped_bits_of_a_large_blob_are_noticed()
    {
        var data = TestBytes.Make(1, Segment + (3 * Block) + 100);
        var stored = Store(Id, data);
        var random = new Random(7);
        for (var i = 0; i < 150; i++)
        {
            // Every third one in the page between the segments.
            var at = i % 3 == 0 ? Segment + random.Next(Page) : random.Next(data.Length + Page);
            var mask = (byte)(1 << random.Next(8));
            stored[at] ^= mask;
            Assert.False(await ReadsAsync(Id, stored, data));
            stored[at] ^= mask;
        }
    }

    [Fact]
    public async Task A_reader_serves_what_is_good_of_a_damaged_blob_and_nothing_else()
    {
        var data = TestBytes.Make(2, 5 * Block);
        var stored = Store(Id, data);
        stored[(2 * Block) + 1000] ^= 1;
        await using var reader = await CheckedBlobReader.OpenAsync(Id, data.Length, new StoredBytes(stored), CancellationToken.None);
        var destination = new byte[5 * Block];
        foreach (var (from, to, good) in new[]
                 {
                     (0, 2, true), (3, 5, true), (0, 1, true), (2, 3, false), (0, 5, false), (1, 3, false),
                 })
        {
            foreach (var (offset, length) in new[] { (from * Block, (to - from) * Block), ((from * Block) + 10, ((to - from) * Block) - 20) })
            {
                if (good)
                {
                    Assert.Equal(length, await reader.ReadAsync(offset, destination.AsMemory(0, length), CancellationToken.None));
                    Assert.True(data.AsSpan(offset, length).SequenceEqual(destination.AsSpan(0, length)));
                }
                else
                {
                    await Assert.ThrowsAsync<BlobDamagedException>(
                        async () => await reader.ReadAsync(offset, destination.AsMemory(0, length), CancellationToken.None));
                }
            }
        }

        // The checksum of the inner blocks is that of what was written, whatever became of them since.
        Assert.Equal(Crc64.Compute(data), await reader.Crc64Async(0, data.Length, CancellationToken.None));
        await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await reader.Crc64Async((2 * Block) + 1, Block, CancellationToken.None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    [InlineData(8192)]
    public async Task No_truncated_or_extended_blob_opens(int length)
    {
        var data = TestBytes.Make(length, length);
        var stored = Store(Id, data);
        for (var cut = 0; cut < stored.Length; cut++)
        {
            Assert.False(await OpensAsync(Id, stored[..cut], length));
        }

        for (var more = 1; more <= 5000; more += more < 10 ? 1 : 499)
        {
            Assert.False(await OpensAsync(Id, [.. stored, .. new byte[more]], length));
            Assert.False(await OpensAsync(Id, [.. stored, .. stored[..Math.Min(more, stored.Length)]], length));
        }

        Assert.True(await OpensAsync(Id, stored, length));
    }

    [Fact]
    public async Task A_blob_that_was_cut_between_segments_does_not_open()
    {
        var stored = Store(Id, TestBytes.Make(3, 2 * Segment));
        foreach (var length in new[] { Segment, 2 * Segment })
        {
            Assert.False(await OpensAsync(Id, stored[..(Segment + Page)], length));
        }
    }

    [Fact]
    public async Task A_blob_under_another_name_does_not_open()
    {
        var data = TestBytes.Make(4, 100_000);
        var stored = Store(Id, data);
        Assert.True(await OpensAsync(Id, stored, data.Length));
        Assert.False(await OpensAsync(TestBytes.NewId(), stored, data.Length));
    }

    [Fact]
    public async Task Blocks_and_segments_in_the_wrong_place_are_noticed()
    {
        var data = TestBytes.Make(5, 3 * Segment);
        var stored = Store(Id, data);
        var other = Store(TestBytes.NewId(), TestBytes.Make(6, 3 * Segment));
        (byte[] From, int At, int To, int Length)[] moves =
        [
            (stored, 0, Block, Block),
            (stored, 5 * Block, Segment + Page, Block),
            (stored, 0, Segment + Page, Segment + Page),
            (stored, Segment, (2 * Segment) + Page, Page),
            (stored, (2 * Segment) + Page, Segment, Page),
            (other, 0, 0, Segment + Page),
            (other, Segment + Page, Segment + Page, Block),
            (other, Segment, Segment, Page),
            (new byte[Segment], 0, 3 * Block, Block),
            (new byte[Segment], 0, Segment, Page),
        ];
        foreach (var (from, at, to, length) in moves)
        {
            var moved = stored.ToArray();
            from.AsSpan(at, length).CopyTo(moved.AsSpan(to));
            Assert.False(await ReadsAsync(Id, moved, data));
        }
    }

    [Fact]
    public async Task A_block_that_the_device_cannot_read_is_damage()
    {
        var data = TestBytes.Make(8, 3 * Block);
        var broken = new StoredBytes(Store(Id, data)) { BrokenAt = Block };
        await using var reader = await CheckedBlobReader.OpenAsync(Id, data.Length, broken, CancellationToken.None);
        Assert.Equal(Block, await reader.ReadAsync(0, new byte[Block], CancellationToken.None));
        var damaged = await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await reader.ReadAsync(0, new byte[2 * Block], CancellationToken.None));
        Assert.IsType<IOException>(damaged.InnerException);
    }

    [Theory]
    [InlineData(0, 3 * Block, 3 * Block)]
    [InlineData(100, Block, 2 * Block)]
    [InlineData(Block + 5, 10, Block)]
    public async Task A_range_reads_the_blocks_it_touches_once(int offset, int length, int expected)
    {
        var data = TestBytes.Make(9, 3 * Block);
        var stored = new StoredBytes(Store(Id, data));
        await using var reader = await CheckedBlobReader.OpenAsync(Id, data.Length, stored, CancellationToken.None);
        var before = stored.BytesRead;
        for (var at = 0; at < length;)
        {
            at += await reader.ReadAsync(offset + at, new byte[Math.Min(10_000, length - at)], CancellationToken.None);
        }

        Assert.Equal(expected, stored.BytesRead - before);
    }

    [Fact]
    public async Task The_crc_of_a_range_reads_only_the_blocks_at_its_edges()
    {
        var data = TestBytes.Make(10, 2 * Segment);
        var stored = new StoredBytes(Store(Id, data));
        await using var reader = await CheckedBlobReader.OpenAsync(Id, data.Length, stored, CancellationToken.None);
        var before = stored.BytesRead;
        Assert.Equal(
            Crc64.Compute(data.AsSpan(1, (2 * Segment) - 2)),
            await reader.Crc64Async(1, (2 * Segment) - 2, CancellationToken.None));
        // Two blocks, and the page of each segment once more: the one at the end was read to open the blob.
        Assert.InRange(stored.BytesRead - before, 2 * Block, (2 * Block) + (2 * (Page + 1)));
    }

    // Whether all of it reads, with the right bytes; the wrong ones fail the test.
    static async Task<bool> ReadsAsync(BlobId id, byte[] stored, byte[] data)
    {
        try
        {
            await using var reader = await CheckedBlobReader.OpenAsync(id, data.Length, new StoredBytes(stored), CancellationToken.None);
            Assert.Equal(Crc64.Compute(data), await reader.Crc64Async(0, data.Length, CancellationToken.None));
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

    static async Task<bool> OpensAsync(BlobId id, byte[] stored, long length)
    {
        try
        {
            await (await CheckedBlobReader.OpenAsync(id, length, new StoredBytes(stored), CancellationToken.None)).DisposeAsync();
            return true;
        }
        catch (BlobDamagedException)
        {
            return false;
        }
    }

    // The stored form, made in the plainest way.
    static byte[] Store(BlobId id, byte[] data)
    {
        var stored = new byte[BlobFormat.StoredLength(data.Length)];
        var segments = BlobFormat.SegmentCount(data.Length);
        for (var segment = 0L; segment < segments; segment++)
        {
            var bytes = data.AsSpan((int)(segment * Segment), BlobFormat.DataLength(segment, data.Length));
            bytes.CopyTo(stored.AsSpan((int)BlobFormat.DataPosition(segment * Segment)));
            var checksums = new List<ulong>();
            for (var at = 0; at < bytes.Length; at += Block)
            {
                checksums.Add(Crc64.Compute(bytes[at..Math.Min(at + Block, bytes.Length)]));
            }

            BlobFormat.WritePage(
                stored.AsSpan((int)BlobFormat.PagePosition(segment, data.Length)),
                id,
                segment,
                bytes.Length,
                segment == segments - 1 ? data.Length : -1,
                checksums.ToArray());
        }

        return stored;
    }

    sealed class StoredBytes(byte[] bytes) : IStoredBlob
    {
        internal long BrokenAt { get; init; } = long.MaxValue;

        internal long BytesRead { get; private set; }

        public ValueTask<int> ReadAsync(Memory<byte> destination, long position, CancellationToken ct)
        {
            if (position <= BrokenAt && position + destination.Length > BrokenAt)
            {
                throw new IOException("Input/output error");
            }

            var count = (int)Math.Clamp(bytes.Length - position, 0, destination.Length);
            bytes.AsSpan((int)Math.Min(position, bytes.Length), count).CopyTo(destination.Span);
            BytesRead += count;
            return new(count);
        }

        public void Dispose()
        {
        }
    }
}
