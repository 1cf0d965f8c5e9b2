using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Client;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary><c>moss probe</c>: how fast the way to a bucket is: the time of a request, and the speed up and down with more and more at once.</summary>
static class ProbeCommand
{
    const int Requests = 10;
    const long DefaultSize = 8L << 20, MaxSize = 1L << 30;

    /// <summary>Twice as many at once must bring so much more, else the search ends.</summary>
    const double WorthIt = 1.1;

    static readonly Argument<string> Place = Options.Argument("oss://bucket/prefix", "Where objects may be written for the measurement; they are removed at once.");
    static readonly Option<bool> Upload = Options.Flag("--upload", "Only the way up.");
    static readonly Option<bool> Download = Options.Flag("--download", "Only the way down.");
    static readonly Option<long?> ObjectSize = Options.Size("--object-size", "Size of each object (8Mi).");
    static readonly Option<long?> MaxParallel = Options.Number("--parallel", "At most so many at once (16).", 1, 256);

    static readonly Column[] Columns =
        [new("step", "Step", -9), new("parallel", "Parallel", 8), new("bytes", "Bytes", 12), new("milliseconds", "ms", 10), new("speed", "Speed", 14), new("bytesPerSecond", "Bytes/s", 14)];

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Place, Upload, Download, ObjectSize, MaxParallel)
        .Example("moss probe oss://bucket/tmp/", "the time of a request, the speed up and down")
        .Example("moss probe oss://bucket/tmp/ --upload --object-size 64Mi", "only up, with larger objects")
        .Run(RunAsync);

    static async Task RunAsync(Invocation invocation)
    {
        var place = OssUri.ParseBucket(invocation.Get(Place));
        var client = invocation.Client(place.Bucket);
        var size = invocation.Get(ObjectSize) ?? DefaultSize;
        var bytes = RandomNumberGenerator.GetBytes(size is > 0 and <= MaxSize ? (int)size : throw new UsageException("--object-size is from 1 to 1Gi: one object is kept in memory"));
        var prefix = $"{place.Key}.moss-probe-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}-";
        var writer = invocation.Rows(Columns);
        await LatencyAsync(invocation, writer, client, place.Bucket);
        var most = (int)(invocation.Get(MaxParallel) ?? 16);
        var keys = Enumerable.Range(0, most).Select(number => prefix + number).ToArray();
        try
        {
            // What comes down must be there: the way up is gone in any case, and shown when it was wanted.
            var up = await SearchAsync(invocation, invocation.Get(Download) ? null : writer, "upload", bytes.Length, most, (number, ct) => client.PutObjectAsync(place.Bucket, keys[number], RequestBody.FromBytes(bytes), ct: ct));
            var advice = invocation.Get(Download) ? "" : Advice("upload", up);
            if (!invocation.Get(Upload))
            {
                await FillAsync(client, place.Bucket, keys, bytes, up.Written, invocation.Cancelled);
                var down = await SearchAsync(invocation, writer, "download", bytes.Length, most, (number, ct) => DrainAsync(client, place.Bucket, keys[number], ct));
                advice += (advice.Length > 0 ? "\n" : "") + Advice("download", down);
            }

            await writer.EndAsync("\n" + advice, invocation.Cancelled);
        }
        finally
        {
            // Also after Ctrl-C: nothing of a measurement stays.
            await client.DeleteMultipleObjectsAsync(place.Bucket, [.. keys.Select(static key => new DeleteEntry(key))], CancellationToken.None);
        }
    }

    sealed record Best(int Parallel, double BytesPerSecond, int Written);

    static string Advice(string step, Best best) =>
        $"{step}: suggest parallel is {best.Parallel}, max average speed is {best.BytesPerSecond / 1024:0.00}(KB/s)";

    static async Task LatencyAsync(Invocation invocation, RowWriter writer, OssClient client, string bucket)
    {
        var times = new List<double>();
        for (var i = 0; i < Requests; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await client.ListObjectsPageAsync(bucket, new() { PageSize = 1 }, ct: invocation.Cancelled);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        // The first one opens the connection: the median is a request, the longest one is a connection as well.
        await WriteAsync(invocation, writer, new() { { "step", "request" }, { "parallel", 1 }, { "milliseconds", Math.Round(times[Requests / 2], 1) } });
        await WriteAsync(invocation, writer, new() { { "step", "connect" }, { "parallel", 1 }, { "milliseconds", Math.Round(times[^1], 1) } });
    }

    static async Task<Best> SearchAsync(Invocation invocation, RowWriter? writer, string step, int size, int most, Func<int, CancellationToken, Task> move)
    {
        var best = new Best(0, 0, 0);
        for (var parallel = 1; parallel <= most; parallel *= 2)
        {
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, parallel).Select(number => move(number, invocation.Cancelled)));
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var speed = (long)parallel * size / Math.Max(seconds, 0.000_001);
            if (writer is not null)
            {
                await WriteAsync(invocation, writer, new()
                {
                    { "step", step },
                    { "parallel", parallel },
                    { "bytes", (long)parallel * size },
                    { "milliseconds", Math.Round(seconds * 1000, 1) },
                    { "bytesPerSecond", Math.Round(speed) },
                    { "speed", Quantities.Speed(speed) },
                });
            }

            var isBetter = speed > best.BytesPerSecond;
            var isWorthIt = speed >= best.BytesPerSecond * WorthIt;
            best = isBetter ? new(parallel, speed, parallel) : best with { Written = parallel };
            if (!isWorthIt)
            {
                break;
            }
        }

        return best;
    }

    static async Task WriteAsync(Invocation invocation, RowWriter writer, Row row)
    {
        await writer.WriteAsync(row, invocation.Cancelled);
        await writer.FlushAsync(invocation.Cancelled);
    }

    static Task FillAsync(OssClient client, string bucket, string[] keys, byte[] bytes, int written, CancellationToken ct) => Parallel.ForEachAsync(
        keys.Skip(written), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = ct }, async (key, token) => await client.PutObjectAsync(bucket, key, RequestBody.FromBytes(bytes), ct: token));

    static async Task DrainAsync(OssClient client, string bucket, string key, CancellationToken ct)
    {
        await using var answer = await client.GetObjectAsync(bucket, key, ct: ct);
        await answer.Content.CopyToAsync(Stream.Null, 256 * 1024, ct);
    }
}
