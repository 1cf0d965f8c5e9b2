using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Conformance.Blobs;

/// <summary>What every <see cref="IBlobStore"/> must do. A store passes by a subclass that says how to open it.</summary>
public abstract class BlobStoreConformance : IAsyncLifetime
{
    const string Catalogue = "7f1c2a";

    IBlobStore _store = null!;

    /// <summary>The open store of this test, which was empty at first.</summary>
    protected IBlobStore Store => _store;

    /// <summary>Opens the store of this test; after the one opened before was disposed, what was committed is still there.</summary>
    protected abstract IBlobStore Open();

    /// <summary>A fresh id of the kind of blob that this store is tested with.</summary>
    protected virtual BlobId NewId() => TestBytes.NewId();

    public virtual async ValueTask InitializeAsync()
    {
        _store = Open();
        await _store.RecoverAsync(Catalogue, CancellationToken.None);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(BlobFormat.PageSize - 1)]
    [InlineData(BlobFormat.PageSize)]
    [InlineData(BlobFormat.PageSize + 1)]
    [InlineData(BlobFormat.BlockSize - 1)]
    [InlineData(BlobFormat.BlockSize)]
    [InlineData(BlobFormat.BlockSize + 1)]
    [InlineData((4 * BlobFormat.BlockSize) - 1)]
    [InlineData(4 * BlobFormat.BlockSize)]
    [InlineData((4 * BlobFormat.BlockSize) + 1)]
    [InlineData(BlobFormat.SegmentSize - 1)]
    [InlineData(BlobFormat.SegmentSize)]
    [InlineData(BlobFormat.SegmentSize + 1)]
    [InlineData(BlobFormat.SegmentSize + BlobFormat.BlockSize)]
    [InlineData((2 * BlobFormat.SegmentSize) + BlobFormat.BlockSize + 17)]
    public async Task What_was_committed_is_read_again(int length)
    {
        var data = TestBytes.Make(length, length);
        var known = await WriteAsync(data, expectedLength: length);
        var unknown = await WriteAsync(data, expectedLength: null);
        foreach (var id in new[] { known, unknown })
        {
            await AssertReadsAsync(id, data);
        }
    }

    [Theory]
    [InlineData(100_000, 200_000)]
    [InlineData(200_000, 100_000)]
    [InlineData(0, 300_000)]
    [InlineData(BlobFormat.SegmentSize, 10)]
    [InlineData(10, BlobFormat.SegmentSize + 10)]
    [InlineData(300_000, BlobFormat.SegmentSize * 2)]
    public async Task The_expected_length_may_be_wrong(int expected, int length)
    {
        var data = TestBytes.Make(3, length);
        await AssertReadsAsync(await WriteAsync(data, expected), data);
    }

    [Fact]
    public void Any_chunks_make_the_same_blob()
    {
        var chunks = Gen.OneOf(Gen.Choose(0, 5000), Gen.Choose(60_000, 140_000), Gen.Constant(BlobFormat.BlockSize))
            .ListOf().Where(list => list.Count > 0);
        Check(chunks.ToArbitrary(), async lengths =>
        {
            var data = TestBytes.Make(lengths.Count, lengths.Sum());
            var id = NewId();
            await using (var writer = await Store.CreateAsync(id, null, CancellationToken.None))
            {
                var at = 0;
                foreach (var length in lengths)
                {
                    await writer.WriteAsync(TestBytes.Split(data.AsMemory(at, length), 4096), CancellationToken.None);
                    at += length;
                }

                await writer.CommitAsync(CancellationToken.None);
            }

            await AssertReadsAsync(id, data);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Bytes_may_be_put_where_the_writer_wants_them(int seed)
    {
        var random = new Random(seed);
        var data = TestBytes.Make(seed, (2 * BlobFormat.SegmentSize) + random.Next(300_000));
        var id = NewId();
        using var digest = new BodyDigest();
        await using (var writer = await Store.CreateAsync(id, data.Length, CancellationToken.None, digest))
        {
            for (var at = 0; at < data.Length;)
            {
                // As a connection does: what is there is in the room, or elsewhere, or in both; the room may go unused.
                var room = random.Next(3) > 0 ? await writer.NextRoomAsync(CancellationToken.None) : default;
                var count = Math.Min(random.Next(4) == 0 ? 1 + random.Next(100) : 1 + random.Next(400_000), data.Length - at);
                var placed = random.Next(4) == 0 ? 0 : Math.Min(count, room.Length);
                data.AsMemory(at, placed).CopyTo(room);
                if (placed > 0)
                {
                    await writer.WriteAsync(new(room[..placed]), CancellationToken.None);
                }

                await writer.WriteAsync(TestBytes.Split(data.AsMemory(at + placed, count - placed), 40_000), CancellationToken.None);
                at += count;
            }

            await writer.CompleteAsync();
            await writer.CommitAsync(CancellationToken.None);
        }

        var md5 = new byte[BodyDigest.Md5Length];
        digest.Finish(md5, out var crc64);
        Assert.Equal(MD5.HashData(data), md5);
        Assert.Equal(Crc64.Compute(data), crc64);
        await AssertReadsAsync(id, data);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(BlobFormat.BlockSize)]
    [InlineData((4 * BlobFormat.BlockSize) - 1)]
    [InlineData(4 * BlobFormat.BlockSize)]
    [InlineData((4 * BlobFormat.BlockSize) + 1)]
    [InlineData(BlobFormat.SegmentSize)]
    [InlineData(BlobFormat.SegmentSize + 300_001)]
    public async Task The_digest_is_that_of_what_is_written(int length)
    {
        var data = TestBytes.Make(length + 5, length);
        var id = NewId();
        await using (var digest = new DigestedBlob(Store, id, length))
        {
            await digest.WriteAsync(data, 100_003);
            await digest.AssertCompleteAsync(data);
            await digest.Writer.CommitAsync(CancellationToken.None);
        }

        await AssertReadsAsync(id, data);
    }

    [Fact]
    public async Task Writers_side_by_side_hash_their_own_bytes_also_when_others_are_broken_off() =>
        await Task.WhenAll(Enumerable.Range(0, 150).Select(n => Task.Run(async () =>
        {
            var data = TestBytes.Make(n, 500_000 + (n * 7919));
            await using var digest = new DigestedBlob(Store, NewId(), n % 2 == 0 ? data.Length : null);
            if (n % 3 == 0)
            {
                await digest.WriteAsync(data.AsMemory(0, data.Length - 200_000), 130_000);
                return;
            }

            await digest.WriteAsync(data, 60_000 + n);
            await digest.AssertCompleteAsync(data);
        })));

    // Long enough that the digest is behind when the last bytes are in: what a store does meanwhile must not stay.
    [Fact]
    public async Task A_complete_writer_that_does_not_commit_leaves_nothing()
    {
        var lengths = Enumerable.Range(0, 30).ToDictionary(_ => NewId(), n => 200_000 + (n * 190_000));
        await Task.WhenAll(lengths.Select(pair => Task.Run(async () =>
        {
            var data = TestBytes.Make(pair.Value, pair.Value);
            await using var digest = new DigestedBlob(Store, pair.Key, data.Length);
            await digest.WriteAsync(data, 256 * 1024);
            await digest.AssertCompleteAsync(data);
            await digest.Writer.DisposeAsync();
        })));
        Assert.Empty(await ListAsync());
        foreach (var (id, length) in lengths)
        {
            await Assert.ThrowsAsync<BlobDamagedException>(async () => await Store.OpenAsync(id, length, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_commit_completes_the_digest()
    {
        var data = TestBytes.Make(8, 700_000);
        var id = NewId();
        await using var digest = new DigestedBlob(Store, id, null);
        await digest.WriteAsync(data, 90_000);
        await digest.Writer.CommitAsync(CancellationToken.None);
        digest.AssertDigest(data);
        await AssertReadsAsync(id, data);
    }

    [Fact]
    public async Task A_writer_may_be_disposed_again_while_others_have_its_memory()
    {
        var data = TestBytes.Make(8, 1_500_000);
        for (var n = 0; n < 50; n++)
        {
            var first = new DigestedBlob(Store, NewId(), null);
            await first.WriteAsync(data, 128 * 1024);
            await first.DisposeAsync();
            await using var second = new DigestedBlob(Store, NewId(), null);
            var writing = second.WriteAsync(data, 128 * 1024);
            await first.DisposeAsync();
            await writing;
            await second.AssertCompleteAsync(data);
        }
    }

    [Fact]
    public async Task A_complete_writer_takes_no_more_bytes()
    {
        await using var writer = await Store.CreateAsync(NewId(), null, CancellationToken.None);
        await writer.WriteAsync(new(new byte[10]), CancellationToken.None);
        await writer.CompleteAsync();
        await Assert.ThrowsAnyAsync<InvalidOperationException>(async () => await writer.WriteAsync(new(new byte[10]), CancellationToken.None));
    }

    [Fact]
    public async Task The_callers_memory_is_its_own_again_after_a_write()
    {
        var data = TestBytes.Make(9, 3_000_000);
        var id = NewId();
        await using (var writer = await Store.CreateAsync(id, data.Length, CancellationToken.None))
        {
            var buffer = new byte[100_000];
            for (var at = 0; at < data.Length; at += buffer.Length)
            {
                data.AsSpan(at, buffer.Length).CopyTo(buffer);
                await writer.WriteAsync(new(buffer), CancellationToken.None);
                buffer.AsSpan().Fill(0xEE);
            }

            await writer.CommitAsync(CancellationToken.None);
        }

        await AssertReadsAsync(id, data);
    }

    [Fact]
    public async Task Any_range_reads_the_bytes_and_their_crc()
    {
        var data = TestBytes.Make(5, BlobFormat.SegmentSize + 1_000_003);
        var id = await WriteAsync(data, data.Length);
        await using var reader = await Store.OpenAsync(id, data.Length, CancellationToken.None);
        var edges = from near in Gen.Elements(0, BlobFormat.BlockSize, 5 * BlobFormat.BlockSize, BlobFormat.SegmentSize, data.Length)
                    from away in Gen.Choose(-3, 3)
                    select Math.Clamp(near + away, 0, data.Length);
        var points = Gen.OneOf(Gen.Choose(0, data.Length), edges);
        var ranges = from one in points
                     from other in Gen.OneOf(points, Gen.Choose(one, Math.Min(one + 200_000, data.Length)))
                     select (Start: Math.Min(one, other), End: Math.Max(one, other));
        Check(ranges.ToArbitrary(), async range =>
        {
            var length = range.End - range.Start;
            var expected = data.AsMemory(range.Start, length);
            var destination = new byte[length + 10];
            Assert.Equal(length, await reader.ReadAsync(range.Start, destination.AsMemory(0, length), CancellationToken.None));
            Assert.True(expected.Span.SequenceEqual(destination.AsSpan(0, length)));
            Assert.All(destination[length..], rest => Assert.Equal(0, rest));
            Assert.Equal(
                Crc64.Compute(expected.Span), await reader.Crc64Async(range.Start, length, CancellationToken.None));
        });
    }

    [Fact]
    public async Task Reading_on_in_odd_steps_gives_the_whole()
    {
        var data = TestBytes.Make(6, BlobFormat.SegmentSize + 333_333);
        var id = await WriteAsync(data, data.Length);
        foreach (var step in new[] { 40_961, 65_536, 100_000, 131_072, 1_000_001 })
        {
            await using var reader = await Store.OpenAsync(id, data.Length, CancellationToken.None);
            var read = new byte[data.Length];
            for (var at = 0; at < read.Length;)
            {
                var want = Math.Min(step, read.Length - at);
                Assert.Equal(want, await reader.ReadAsync(at, read.AsMemory(at, want), CancellationToken.None));
                at += want;
            }

            Assert.True(data.AsSpan().SequenceEqual(read));
        }
    }

    [Fact]
    public async Task A_read_at_the_end_gives_fewer_or_no_bytes()
    {
        var data = TestBytes.Make(7, 100_000);
        var id = await WriteAsync(data, data.Length);
        await using var reader = await Store.OpenAsync(id, data.Length, CancellationToken.None);
        var destination = new byte[1000];
        Assert.Equal(10, await reader.ReadAsync(99_990, destination, CancellationToken.None));
        Assert.Equal(0, await reader.ReadAsync(100_000, destination, CancellationToken.None));
        Assert.Equal(0, await reader.ReadAsync(5, Memory<byte>.Empty, CancellationToken.None));
        Assert.Equal(0UL, await reader.Crc64Async(100_000, 0, CancellationToken.None));
    }

    [Fact]
    public async Task A_range_outside_of_the_blob_is_refused()
    {
        var id = await WriteAsync(TestBytes.Make(8, 1000), 1000);
        await using var reader = await Store.OpenAsync(id, 1000, CancellationToken.None);
        foreach (var offset in new[] { -1L, 1001, long.MaxValue, long.MinValue })
        {
            await Assert.ThrowsAnyAsync<ArgumentOutOfRangeException>(
                async () => await reader.ReadAsync(offset, new byte[1], CancellationToken.None));
            await Assert.ThrowsAnyAsync<ArgumentOutOfRangeException>(
                async () => await reader.Crc64Async(offset, 0, CancellationToken.None));
        }

        foreach (var length in new[] { -1L, 901, long.MaxValue })
        {
            await Assert.ThrowsAnyAsync<ArgumentOutOfRangeException>(
                async () => await reader.Crc64Async(100, length, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Only_the_length_that_was_written_opens()
    {
        foreach (var length in new[] { 0, 1, 5000, BlobFormat.BlockSize, BlobFormat.SegmentSize, BlobFormat.SegmentSize + 1 })
        {
            var id = await WriteAsync(TestBytes.Make(1, length), length);
            long[] wrong = [0, 1, length - 1, length + 1, length + 4096L, length + BlobFormat.SegmentSize, BlobFormat.SegmentSize];
            foreach (var other in wrong.Where(other => other != length && other >= 0))
            {
                await AssertDamagedAsync(id, other);
            }

            await (await Store.OpenAsync(id, length, CancellationToken.None)).DisposeAsync();
        }
    }

    [Fact]
    public async Task A_blob_that_was_never_written_is_missing() => await AssertDamagedAsync(NewId(), 10);

    [Fact]
    public async Task A_writer_that_is_disposed_uncommitted_leaves_nothing()
    {
        foreach (var length in new[] { 0, 10, 100_000, 3_000_000, BlobFormat.SegmentSize + 500_000 })
        {
            var id = NewId();
            await using (var writer = await Store.CreateAsync(id, length, CancellationToken.None))
            {
                await writer.WriteAsync(new(TestBytes.Make(2, length)), CancellationToken.None);
                await AssertDamagedAsync(id, length);
            }

            await AssertDamagedAsync(id, length);
        }

        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_blob_is_not_there_until_it_is_committed()
    {
        var id = NewId();
        var data = TestBytes.Make(4, 1_000_000);
        await using var writer = await Store.CreateAsync(id, data.Length, CancellationToken.None);
        await writer.WriteAsync(new(data), CancellationToken.None);
        await AssertDamagedAsync(id, data.Length);
        await writer.CommitAsync(CancellationToken.None);
        await AssertReadsAsync(id, data);
        await writer.DisposeAsync();
        await AssertReadsAsync(id, data);
    }

    [Fact]
    public async Task After_the_commit_a_writer_takes_nothing_more()
    {
        await using var writer = await Store.CreateAsync(NewId(), null, CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(
            async () => await writer.WriteAsync(new(new byte[1]), CancellationToken.None));
        await Assert.ThrowsAnyAsync<InvalidOperationException>(async () => await writer.CommitAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_write_or_commit_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var id = NewId();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await (await Store.CreateAsync(id, null, cancelled.Token)).DisposeAsync());
        using var digest = new BodyDigest();
        await using (var writer = await Store.CreateAsync(id, null, CancellationToken.None, digest))
        {
            await writer.WriteAsync(new(TestBytes.Make(1, 1_000_000)), CancellationToken.None);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                async () => await writer.WriteAsync(new(new byte[10]), cancelled.Token));
            await writer.CompleteAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.CommitAsync(cancelled.Token));
        }

        await AssertDamagedAsync(id, 1_000_000);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task A_deleted_blob_is_gone_and_deleting_again_is_no_error()
    {
        var data = TestBytes.Make(1, 100_000);
        var (gone, kept) = (await WriteAsync(data, data.Length), await WriteAsync(data, data.Length));
        await Store.DeleteAsync(gone, CancellationToken.None);
        await AssertDamagedAsync(gone, data.Length);
        await Store.DeleteAsync(gone, CancellationToken.None);
        await Store.DeleteAsync(NewId(), CancellationToken.None);
        Assert.Equal([kept], await ListAsync());
        await AssertReadsAsync(kept, data);
    }

    [Fact]
    public async Task A_reader_goes_on_when_its_blob_is_deleted()
    {
        var data = TestBytes.Make(1, BlobFormat.SegmentSize + 400_000);
        var id = await WriteAsync(data, data.Length);
        await using var reader = await Store.OpenAsync(id, data.Length, CancellationToken.None);
        await Store.DeleteAsync(id, CancellationToken.None);
        var read = new byte[data.Length];
        Assert.Equal(data.Length, await reader.ReadAsync(0, read, CancellationToken.None));
        Assert.True(data.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task The_list_is_what_was_committed_and_not_deleted()
    {
        var ids = new List<BlobId>();
        for (var i = 0; i < 40; i++)
        {
            ids.Add(await WriteAsync(TestBytes.Make(i, 10 + i), null));
        }

        foreach (var id in ids[..10])
        {
            await Store.DeleteAsync(id, CancellationToken.None);
        }

        Assert.Equal(ids[10..].Order(), (await ListAsync()).Order());
    }

    [Fact]
    public async Task Blobs_can_be_deleted_while_they_are_listed()
    {
        for (var i = 0; i < 100; i++)
        {
            await WriteAsync(TestBytes.Make(i, 10), null);
        }

        await foreach (var id in Store.ListAsync(CancellationToken.None))
        {
            await Store.DeleteAsync(id, CancellationToken.None);
        }

        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Writers_and_readers_do_not_disturb_each_other()
    {
        await Parallel.ForAsync(0, 48, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            var data = TestBytes.Make(i, 50_000 * (1 + (i % 20)));
            var id = await WriteAsync(data, i % 3 == 0 ? null : data.Length);
            await Parallel.ForAsync(0, 3, async (_, _) => await AssertReadsAsync(id, data));
            if (i % 4 == 0)
            {
                await Store.DeleteAsync(id, CancellationToken.None);
                await AssertDamagedAsync(id, data.Length);
            }
        });
        Assert.Equal(36, (await ListAsync()).Count);
    }

    [Fact]
    public async Task Many_open_writers_advance_side_by_side()
    {
        var data = TestBytes.Make(77, 280_000);
        var writers = new List<(BlobId Id, IBlobWriter Writer)>();
        for (var i = 0; i < 300; i++)
        {
            var id = NewId();
            writers.Add((id, await Store.CreateAsync(id, i % 2 == 0 ? data.Length : null, CancellationToken.None)));
        }

        for (var at = 0; at < data.Length; at += 40_000)
        {
            foreach (var (_, writer) in writers)
            {
                await writer.WriteAsync(new(data.AsMemory(at, 40_000)), CancellationToken.None);
            }
        }

        await Task.WhenAll(writers.Select(one => one.Writer.CommitAsync(CancellationToken.None).AsTask()));
        foreach (var (id, writer) in writers)
        {
            await writer.DisposeAsync();
            await AssertReadsAsync(id, data);
        }
    }

    [Fact]
    public async Task A_store_that_is_opened_again_has_its_blobs()
    {
        var data = TestBytes.Make(1, 1_000_000);
        var id = await WriteAsync(data, data.Length);
        var deleted = await WriteAsync(data, data.Length);
        await Store.DeleteAsync(deleted, CancellationToken.None);
        await Store.DisposeAsync();
        _store = Open();
        await Store.RecoverAsync(Catalogue, CancellationToken.None);
        Assert.Equal([id], await ListAsync());
        await AssertReadsAsync(id, data);
    }

    [Fact]
    public async Task Another_catalogue_is_refused()
    {
        await Assert.ThrowsAsync<InvalidDataException>(async () => await Store.RecoverAsync("another", CancellationToken.None));
        await Store.RecoverAsync(Catalogue, CancellationToken.None);
    }

    protected async Task<BlobId> WriteAsync(byte[] data, long? expectedLength)
    {
        var id = NewId();
        await using var writer = await Store.CreateAsync(id, expectedLength, CancellationToken.None);
        await writer.WriteAsync(TestBytes.Split(data, 131_072), CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        return id;
    }

    protected async Task<List<BlobId>> ListAsync()
    {
        var ids = new List<BlobId>();
        await foreach (var id in Store.ListAsync(CancellationToken.None))
        {
            ids.Add(id);
        }

        return ids;
    }

    protected async Task AssertReadsAsync(BlobId id, byte[] data)
    {
        await using var reader = await Store.OpenAsync(id, data.Length, CancellationToken.None);
        var read = new byte[data.Length];
        Assert.Equal(data.Length, await reader.ReadAsync(0, read, CancellationToken.None));
        Assert.True(data.AsSpan().SequenceEqual(read), "the bytes differ");
        Assert.Equal(Crc64.Compute(data), await reader.Crc64Async(0, data.Length, CancellationToken.None));
    }

    protected async Task AssertDamagedAsync(BlobId id, long length)
    {
        var damaged = await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await (await Store.OpenAsync(id, length, CancellationToken.None)).DisposeAsync());
        Assert.Equal(id, damaged.BlobId);
    }

    static void Check<T>(Arbitrary<T> values, Func<T, Task> assert) =>
        Prop.ForAll(values, assert).QuickCheckThrowOnFailure();
}
