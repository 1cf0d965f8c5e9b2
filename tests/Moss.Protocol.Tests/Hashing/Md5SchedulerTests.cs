using System.Buffers;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class Md5SchedulerTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 2)]
    [InlineData(17, 2)]
    [InlineData(64, 4)]
    public async Task Concurrent_bodies_of_any_length_agree_with_the_platform(int bodies, int runners)
    {
        var scheduler = new Md5Scheduler(runners, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, bodies).Select(body => Task.Run(async () =>
        {
            for (var round = 0; round < 3; round++)
            {
                await UploadAsync(scheduler, seed: (1000 * round) + body);
            }
        })));
    }

    [Fact]
    public async Task A_body_whose_memory_goes_away_fails_alone()
    {
        var scheduler = new Md5Scheduler(2, TimeProvider.System);
        var uploads = Enumerable.Range(0, 12).Select(body => Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                if (body % 4 == 0)
                {
                    using var digest = new BodyDigest(scheduler);
                    await Assert.ThrowsAsync<ObjectDisposedException>(
                        async () => await digest.AppendAsync(new VanishingMemory(64 << 10).Memory));
                }
                else
                {
                    await UploadAsync(scheduler, seed: (1000 * round) + body);
                }
            }
        }));
        await Task.WhenAll(uploads);
    }

    [Fact]
    public async Task A_body_nobody_awaits_any_more_stalls_no_other()
    {
        var scheduler = new Md5Scheduler(1, TimeProvider.System);
        var abandoned = new byte[1 << 20];
        for (var round = 0; round < 10; round++)
        {
            var away = new Md5Stream(scheduler);
            var forgotten = away.AppendAsync(abandoned);
            await Task.WhenAll(UploadAsync(scheduler, round), UploadAsync(scheduler, round + 1));
            _ = forgotten.IsCompleted;
        }
    }

    [Fact]
    public async Task A_body_alone_is_hashed_on_the_spot()
    {
        var data = new byte[1 << 20];
        using var digest = new BodyDigest(new Md5Scheduler(2, TimeProvider.System));
        for (var append = 0; append < 10; append++)
        {
            var task = digest.AppendAsync(data);
            Assert.True(task.IsCompletedSuccessfully);
            await task;
        }
    }

    [Fact]
    public async Task Appending_allocates_nothing()
    {
        using var digest = new BodyDigest(new Md5Scheduler(2, TimeProvider.System));
        var data = new byte[256 << 10];
        await digest.AppendAsync(data);

        // A collection on behalf of other tests is charged to this thread now and then; what an append allocated would show every time.
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 20 && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            await digest.AppendAsync(data);
            await digest.AppendAsync(data);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public async Task A_second_append_before_the_first_is_done_is_refused()
    {
        // Not awaited, so the stream still holds its first append, done or not.
        var stream = new Md5Stream(new Md5Scheduler(1, TimeProvider.System));
        var first = stream.AppendAsync(new byte[1 << 16]);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.AppendAsync(new byte[1 << 16]));
        Assert.Throws<InvalidOperationException>(() => stream.Finish(new byte[16]));
        await first;
        stream.Finish(new byte[16]);
    }

    static async Task UploadAsync(Md5Scheduler scheduler, int seed)
    {
        var random = new Random(seed);
        var data = new byte[random.Next(0, 300_000)];
        random.NextBytes(data);
        using var digest = new BodyDigest(scheduler);
        for (var offset = 0; offset < data.Length;)
        {
            var length = Math.Min(data.Length - offset, random.Next(1, 1 << random.Next(1, 18)));
            var next = data.AsMemory(offset, length);
            if (random.Next(3) == 0)
            {
                await digest.AppendAsync(Segments(next, random));
            }
            else
            {
                await digest.AppendAsync(next);
            }

            offset += length;
        }

        Assert.Equal(data.Length, digest.Length);
        var md5 = new byte[BodyDigest.Md5Length];
        digest.Finish(md5, out var crc64);
        Assert.Equal(MD5.HashData(data), md5);
        Assert.Equal(Crc64.Compute(data), crc64);
    }

    static ReadOnlySequence<byte> Segments(ReadOnlyMemory<byte> data, Random random)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, 0);
        var last = first;
        while (!data.IsEmpty)
        {
            var length = Math.Min(data.Length, random.Next(0, 1 << random.Next(1, 17)));
            last = last.Append(data[..length]);
            data = data[length..];
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    // Can be looked at a few times (the CRC, the first run), then is gone.
    sealed class VanishingMemory(int length) : MemoryManager<byte>
    {
        readonly byte[] _data = new byte[length];
        int _looks = 3;

        public override Span<byte> GetSpan() =>
            Interlocked.Decrement(ref _looks) >= 0 ? _data : throw new ObjectDisposedException(nameof(VanishingMemory));

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
