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

    const int FileSize = 128 * 1024 * 1024;

    /// <summary>Bytes per second of one connection.</summary>
    const double Bandwidth = 1e6;

    static readonly (long PartSize, int Parallelism)[] Grid = [(2 << 20, 16), (1 << 20, 32), (2 << 20, 32), (4 << 20, 32)];

    /// <summary>A row of the table of docs/performance.md for each network.</summary>
    [Theory(Explicit = true)]
    [InlineData(1, 0)]
    [InlineData(1, 10)]
    [InlineData(1, 30)]
    [InlineData(50, 0)]
    [InlineData(50, 10)]
    [InlineData(50, 30)]
    [InlineData(200, 0)]
    [InlineData(200, 10)]
    [InlineData(200, 30)]
    public async Task Adaptive_beside_hand_tuned(int oneWayMilliseconds, int cutPercent)
    {
        using var setup = moss.Client();
        var bucket = await moss.BucketAsync(setup);
        var path = _directory.RandomFile("file", FileSize, 1);
        var adaptive = Math.Max(
            await GoodputAsync(bucket, path, oneWayMilliseconds, cutPercent, null, null), await GoodputAsync(bucket, path, oneWayMilliseconds, cutPercent, null, null));
        var best = (Goodput: 0.0, Setting: "");
        foreach (var (partSize, parallelism) in Grid)
        {
            var goodput = await GoodputAsync(bucket, path, oneWayMilliseconds, cutPercent, partSize, parallelism);
            if (goodput > best.Goodput)
            {
                best = (goodput, $"{partSize >> 20} MiB x {parallelism}");
            }
        }

        output.WriteLine(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"| {oneWayMilliseconds} ms | {cutPercent} % | {adaptive:0.0} | {best.Goodput:0.0} | {best.Setting} | {adaptive / best.Goodput:0%} |"));
    }

    // The same connections are cut at the same places, whatever the setting.
    async Task<double> GoodputAsync(string bucket, string path, int oneWayMilliseconds, int cutPercent, long? partSize, int? parallelism)
    {
        await using var proxy = new FaultProxy(moss.Port, connection =>
        {
            var random = new Random(connection);
            return new()
            {
                Latency = TimeSpan.FromMilliseconds(oneWayMilliseconds),
                Bandwidth = Bandwidth,
                CutUp = random.Next(100) < cutPercent ? random.Next(8 << 20) : null,
            };
        });
        using var client = moss.Client(proxy.Endpoint);
        var start = TimeProvider.System.GetTimestamp();
        var result = await new Uploader(client).UploadAsync(new()
        {
            Bucket = bucket,
            Key = "k",
            Source = UploadSource.FromFile(path),
            Options = new() { PartSize = partSize, Parallelism = parallelism, MaxAttempts = 100, EnableCheckpoint = false, ResumeWithoutCheckpoint = false },
        });
        var goodput = result.Size / TimeProvider.System.GetElapsedTime(start).TotalSeconds / 1e6;
        output.WriteLine(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"  {oneWayMilliseconds} ms, {cutPercent} %, part {partSize?.ToString() ?? "adaptive"} x {parallelism?.ToString() ?? "adaptive"}: {goodput:0.0} MB/s, {result.Parts} parts, {result.Retries} retries"));
        return goodput;
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
