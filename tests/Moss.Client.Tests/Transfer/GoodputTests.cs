using Moss.Client.Tests.Servers;
using Moss.Client.Transfer;

namespace Moss.Client.Tests.Transfer;

/// <summary>
/// What the adaptive settings bring beside hand-tuned ones. Timings are no asserts: run by hand with <c>-explicit only</c>, and read the output.
/// </summary>
public sealed class GoodputTests(MossFixture moss, ITestOutputHelper output) : IDisposable
{
    readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory(Explicit = true)]
    [InlineData(1, 8.0)]
    [InlineData(25, 4.0)]
    [InlineData(100, 2.0)]
    public async Task Upload_over_a_long_way(int oneWayMilliseconds, double megabytesPerSecondAConnection)
    {
        using var setup = moss.Client();
        var bucket = await moss.BucketAsync(setup);
        var path = _directory.RandomFile("file", 192 * 1024 * 1024, 1);
        await using var proxy = new FaultProxy(moss.Port, _ => new()
        {
            Latency = TimeSpan.FromMilliseconds(oneWayMilliseconds),
            Bandwidth = megabytesPerSecondAConnection * 1e6,
        });
        using var client = moss.Client(proxy.Endpoint);
        foreach (var (partSize, parallelism) in new (long?, int?)[] { (null, null), (8 << 20, 4), (4 << 20, 8), (4 << 20, 16), (2 << 20, 32), (4 << 20, 32), (1 << 20, 32) })
        {
            var start = TimeProvider.System.GetTimestamp();
            var result = await new Uploader(client).UploadAsync(new()
            {
                Bucket = bucket,
                Key = "k",
                Source = UploadSource.FromFile(path),
                Options = new() { PartSize = partSize, Parallelism = parallelism, EnableCheckpoint = false, ResumeWithoutCheckpoint = false },
            });
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            output.WriteLine(
                $"{2 * oneWayMilliseconds} ms, {megabytesPerSecondAConnection} MB/s a connection: part {partSize?.ToString() ?? "adaptive"}, parallelism {parallelism?.ToString() ?? "adaptive"}: {result.Size / elapsed.TotalSeconds / 1e6:0.0} MB/s in {result.Parts} parts");
        }
    }

    [Fact(Explicit = true)]
    public async Task Memory_of_a_long_stream()
    {
        using var client = moss.Client();
        var bucket = await moss.BucketAsync(client);
        long peak = 0;
        var options = new UploadOptions
        {
            MaxMemory = 64 << 20,
            Progress = new Peak(() => peak = Math.Max(peak, GC.GetTotalMemory(false))),
        };
        var result = await new Uploader(client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromStream(new Zeros(4L << 30)),
            Options = options,
        });
        output.WriteLine($"{result.Size} bytes in {result.Parts} parts; at most {peak / 1e6:0} MB on the heap, the server's share included.");
    }

    sealed class Peak(Action look) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => look();
    }

    sealed class Zeros(long length) : Stream
    {
        long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(buffer.Length, _left);
            _left -= count;
            return new(count);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
