using System.Diagnostics;
using System.Globalization;
using Moss.Storage;
using Moss.Storage.Blobs;
using Moss.Storage.Files;

namespace Moss.Benchmarks;

/// <summary>
/// What blobs as files cost: `blobs [DIRECTORY [ROUNDS [CASE]]]`. Wall time and this process's CPU time (user and system; the kernel's own
/// threads, which write back what the page cache holds, are not in it) for a GiB of large blobs, and for 1,000 small ones.
/// The cases alternate; the medians of the rounds are printed.
/// </summary>
static class BlobBenchmark
{
    const int Piece = 128 * 1024;
    const int Large = 16 << 20;
    const int Small = 64 << 10;

    // Durable, but through the page cache: what direct I/O is compared with.
    static readonly FileSystemAbilities Buffered = new(Nameless: true, Direct: false);

    static readonly byte[] Data = MakeData();

    internal static async Task RunAsync(string[] options)
    {
        var directory = options.Length > 0 ? options[0] : Path.GetTempPath();
        var rounds = options.Length > 1 ? int.Parse(options[1], CultureInfo.InvariantCulture) : 5;
        var only = options.Length > 2 ? options[2] : "";
        (string Name, Func<Task<Result>> Run)[] cases =
        [
            ("durable: 16 MiB x 1", () => RunCaseAsync(directory, true, Large, 64, 1)),
            ("durable: 16 MiB x 8", () => RunCaseAsync(directory, true, Large, 64, 8)),
            ("durable: 16 MiB x 64", () => RunCaseAsync(directory, true, Large, 128, 64)),
            ("durable: 16 MiB x 1000", () => RunCaseAsync(directory, true, Large, 1000, 1000)),
            ("buffered: 16 MiB x 1", () => RunCaseAsync(directory, true, Large, 64, 1, Buffered)),
            ("buffered: 16 MiB x 8", () => RunCaseAsync(directory, true, Large, 64, 8, Buffered)),
            ("ci: 16 MiB x 1", () => RunCaseAsync(directory, false, Large, 64, 1)),
            ("ci: 16 MiB x 8", () => RunCaseAsync(directory, false, Large, 64, 8)),
            ("durable: 64 KiB x 1", () => RunCaseAsync(directory, true, Small, 200, 1)),
            ("durable: 64 KiB x 64", () => RunCaseAsync(directory, true, Small, 2000, 64)),
            ("buffered: 64 KiB x 64", () => RunCaseAsync(directory, true, Small, 2000, 64, Buffered)),
        ];
        cases = [.. cases.Where(one => one.Name.Contains(only, StringComparison.Ordinal))];
        var results = new List<Result>[cases.Length];
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < cases.Length; i++)
            {
                var result = await cases[i].Run();
                // The round before the first one warms up.
                if (round >= 0)
                {
                    (results[i] ??= []).Add(result);
                }
            }
        }

        Console.WriteLine(
            $"{"per GiB: seconds",-22} {"write wall",10} {"user",7} {"system",7} {"cold wall",10} {"cold CPU",10} {"warm wall",10} {"warm CPU",10} {"CPU ms a blob",14}");
        for (var i = 0; i < cases.Length; i++)
        {
            var all = results[i];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cases[i].Name,-22} {Median(all, r => r.Write.Wall),10:F3} {Median(all, r => r.Write.User),7:F3} {Median(all, r => r.Write.System),7:F3} {Median(all, r => r.Cold.Wall),10:F3} {Median(all, r => r.Cold.Cpu),10:F3} {Median(all, r => r.Warm.Wall),10:F3} {Median(all, r => r.Warm.Cpu),10:F3} {Median(all, r => r.Write.Cpu * r.GibPerBlob * 1000),14:F3}"));
        }

        using var self = Process.GetCurrentProcess();
        Console.WriteLine($"peak resident memory, with {Large >> 20} MiB of test data: {self.PeakWorkingSet64 >> 20} MiB");
    }

    static async Task<Result> RunCaseAsync(
        string directory, bool durable, int size, int count, int inFlight, FileSystemAbilities? abilities = null)
    {
        var path = Directory.CreateDirectory(Path.Combine(directory, Path.GetRandomFileName())).FullName;
        try
        {
            await using var store = FileBlobStore.Open(path, durable, reservedBytes: 0, abilities);
            await store.RecoverAsync("benchmark", CancellationToken.None);
            var generator = new IdGenerator(TimeProvider.System);
            var ids = Enumerable.Range(0, count).Select(_ => generator.NewBlobId(inline: false)).ToArray();
            var gib = (double)size * count / (1 << 30);
            var write = await MeasureAsync(gib, () => ForAllAsync(ids, inFlight, id => WriteAsync(store, id, size)));
            var cold = await MeasureAsync(gib, () => ForAllAsync(ids, inFlight, id => ReadAsync(store, id, size)));
            var warm = await MeasureAsync(gib, () => ForAllAsync(ids, inFlight, id => ReadAsync(store, id, size)));
            return new(write, cold, warm, gib / count);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    static async Task WriteAsync(FileBlobStore store, BlobId id, int size)
    {
        await using var writer = await store.CreateAsync(id, size, CancellationToken.None);
        for (var at = 0; at < size; at += Piece)
        {
            await writer.WriteAsync(new(Data, at, Math.Min(Piece, size - at)), CancellationToken.None);
        }

        await writer.CommitAsync(CancellationToken.None);
    }

    static async Task ReadAsync(FileBlobStore store, BlobId id, int size)
    {
        await using var reader = await store.OpenAsync(id, size, CancellationToken.None);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(Piece);
        for (var at = 0; at < size; at += Piece)
        {
            await reader.ReadAsync(at, buffer.AsMemory(0, Piece), CancellationToken.None);
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
    }

    static async Task ForAllAsync(BlobId[] ids, int inFlight, Func<BlobId, Task> action) =>
        await Parallel.ForEachAsync(
            ids, new ParallelOptions { MaxDegreeOfParallelism = inFlight }, async (id, _) => await action(id));

    static async Task<Cost> MeasureAsync(double gib, Func<Task> action)
    {
        var before = Environment.CpuUsage;
        var start = Stopwatch.GetTimestamp();
        await action();
        var wall = Stopwatch.GetElapsedTime(start);
        var after = Environment.CpuUsage;
        return new(
            wall.TotalSeconds / gib,
            (after.UserTime - before.UserTime).TotalSeconds / gib,
            (after.PrivilegedTime - before.PrivilegedTime).TotalSeconds / gib);
    }

    static double Median(List<Result> results, Func<Result, double> value)
    {
        var sorted = results.Select(value).Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    static byte[] MakeData()
    {
        var data = GC.AllocateUninitializedArray<byte>(Large, pinned: true);
        new Random(1).NextBytes(data);
        return data;
    }

    readonly record struct Cost(double Wall, double User, double System)
    {
        internal double Cpu => User + System;
    }

    sealed record Result(Cost Write, Cost Cold, Cost Warm, double GibPerBlob);
}
