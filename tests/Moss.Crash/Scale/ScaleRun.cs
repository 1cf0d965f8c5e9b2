using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Moss.Crash.Clients;
using Moss.Protocol.Hashing;

namespace Moss.Crash.Scale;

/// <summary>What a run of <c>moss</c> took.</summary>
/// <param name="PeakBytes">The most of its memory that was resident at a time (VmHWM).</param>
/// <param name="Result">The JSON that it printed.</param>
public sealed record ScaleResult(int ExitCode, long PeakBytes, TimeSpan Elapsed, JsonElement Result)
{
    public long Number(string name) => Result.GetProperty(name).GetInt64();

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"exit {ExitCode}, at most {PeakBytes / 1048576.0:0.0} MiB resident, {Elapsed.TotalSeconds:0.0} s: {JsonSerializer.Serialize(Result)}");
}

/// <summary>Sizes that no test has room for: streams of many gigabytes and buckets of a million keys, before a service that keeps nothing.</summary>
public static class ScaleRun
{
    const int Block = 1024 * 1024;

    const int KeysADirectory = 500;

    /// <summary>All files have this time, so that the listing decides who is newer.</summary>
    static readonly DateTime FileTime = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Feeds a stream of so many bytes to <c>moss cp -</c>, and checks what came out at the other end.</summary>
    /// <param name="memory">What the parts may take, as <c>--max-memory</c> has it.</param>
    public static async Task<ScaleResult> StreamAsync(long bytes, long memory)
    {
        using var home = new Home();
        await using var sink = await SinkServer.StartAsync();
        var start = Stopwatch.GetTimestamp();
        using var process = MossProgram.Start(
            home.Path, sink.Endpoint, "cp", "-", "oss://bucket/key", "-q", "--output-format", "json", "--max-memory", memory.ToString(CultureInfo.InvariantCulture));
        var watching = WatchAsync(process, start);
        var crc = await FeedAsync(process.StandardInput.BaseStream, bytes);
        process.StandardInput.Close();
        var result = await watching;
        if (result.ExitCode == 0 && (sink.Completed.Length != bytes || sink.Completed.Crc != crc || sink.Completed.Parts > 10_000))
        {
            throw new InvalidOperationException($"{bytes} bytes with CRC-64 {crc} became {sink.Completed}.");
        }

        return result;
    }

    /// <summary>Runs <c>moss sync</c> three ways over so many names: up and down with nothing to do, and up with everything to do.</summary>
    public static async Task<IReadOnlyList<ScaleResult>> SyncAsync(int keys)
    {
        using var home = new Home();
        var root = MakeTree(Path.Combine(home.Path, "tree"), keys);
        await using var sink = await SinkServer.StartAsync();
        sink.Listing = new(keys, Names(keys), new(FileTime.AddYears(1)));
        var up = await SyncAsync(home.Path, sink.Endpoint, root, "oss://bucket/");
        sink.Listing = sink.Listing with { LastModified = new(FileTime.AddYears(-1)) };
        var down = await SyncAsync(home.Path, sink.Endpoint, "oss://bucket/", root);
        sink.Listing = sink.Listing with { Count = 0 };
        var all = await SyncAsync(home.Path, sink.Endpoint, root, "oss://bucket/");
        return all.ExitCode == 0 && sink.Objects != keys
            ? throw new InvalidOperationException($"{sink.Objects} of {keys} objects came.")
            : [up, down, all];
    }

    /// <summary>The long runs behind <c>eng/scale</c>.</summary>
    public static async Task<int> MainAsync(string what, long count, long memory)
    {
        var results = what == "stream" ? [await StreamAsync(count << 30, memory)] : await SyncAsync((int)count);
        foreach (var result in results)
        {
            await Console.Out.WriteLineAsync(result.ToString());
        }

        return results.All(static result => result.ExitCode == 0) ? 0 : 1;
    }

    static Task<ScaleResult> SyncAsync(string home, string endpoint, string from, string to)
    {
        var start = Stopwatch.GetTimestamp();
        return WatchAsync(MossProgram.Start(home, endpoint, "sync", from, to, "-q", "--output-format", "json"), start);
    }

    // The kernel keeps the peak for as long as the process lives, so that the last look before its end has it.
    static async Task<ScaleResult> WatchAsync(Process process, long start)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var ended = process.WaitForExitAsync();
        long peak = 0;
        while (await Task.WhenAny(ended, Task.Delay(20)) != ended)
        {
            peak = Math.Max(peak, PeakOf(process.Id));
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        if (process.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync(await errors);
        }

        using var document = JsonDocument.Parse(await output is { Length: > 0 } text ? text : "{}");
        return new(process.ExitCode, peak, elapsed, document.RootElement.Clone());
    }

    static long PeakOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status").FirstOrDefault(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // It has ended.
        }
    }

    // Every block differs from every other in its first bytes, so that one lost, repeated or swapped shows in the checksum.
    static async Task<ulong> FeedAsync(Stream to, long bytes)
    {
        var block = new byte[Block];
        Random.Shared.NextBytes(block);
        var crc = default(Crc64);
        try
        {
            while (crc.Length < bytes)
            {
                BitConverter.TryWriteBytes(block, crc.Length);
                var take = (int)Math.Min(Block, bytes - crc.Length);
                crc.Append(block.AsSpan(0, take));
                await to.WriteAsync(block.AsMemory(0, take));
            }
        }
        catch (IOException)
        {
            // It has ended before its input did; its exit code says why.
        }

        return crc.Value;
    }

    // The first half of the names lies in directories of some hundred, the second in a single one.
    static Func<int, string> Names(int keys) => number => number < keys / 2
        ? string.Create(CultureInfo.InvariantCulture, $"{number / KeysADirectory:d6}/file-{number:d7}")
        : string.Create(CultureInfo.InvariantCulture, $"flat/file-{number:d7}");

    static string MakeTree(string root, int keys)
    {
        var names = Names(keys);
        for (var i = 0; i < keys; i++)
        {
            var file = Path.Combine(root, names(i));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, []);
            File.SetLastWriteTimeUtc(file, FileTime);
        }

        return root;
    }

    /// <summary>A directory of one run, with the state of its processes.</summary>
    sealed class Home : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("moss-scale-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
