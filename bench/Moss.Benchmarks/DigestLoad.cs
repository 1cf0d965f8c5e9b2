using System.Diagnostics;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;

namespace Moss.Benchmarks;

/// <summary>
/// Uploads as the server sees them, without network and disk: each body in turn receives a block (a fixed amount of
/// other work), has it hashed, and writes it (other work again). Prints what BenchmarkDotNet does not measure: CPU-seconds
/// of the process, which is what a server pays. <c>-- digest-load [block KiB] [other work in microseconds a block] [bodies...]</c>.
/// </summary>
static class DigestLoad
{
    const long BytesOfRun = 2L << 30;

    public static async Task RunAsync(string[] args)
    {
        var blockLength = (args.Length > 0 ? int.Parse(args[0]) : 128) << 10;
        var work = new OtherWork(args.Length > 1 ? int.Parse(args[1]) : 0);
        var gib = BytesOfRun / (double)(1 << 30);
        Console.WriteLine($"{Environment.ProcessorCount} processors, blocks of {blockLength >> 10} KiB, other work about {work.Cost.TotalMicroseconds:F0} us a block");
        Console.WriteLine("bodies  hasher    wall GiB/s  CPU s/GiB  hashing CPU s/GiB  hashed GiB/CPU s");
        foreach (var bodies in args.Length > 2 ? args[2..].Select(int.Parse) : [1, 2, 4, 8, 16, 32])
        {
            var other = 0.0;
            foreach (var hasher in Enum.GetValues<Hasher>())
            {
                await MeasureAsync(hasher, bodies, blockLength, work, BytesOfRun / 8);
                var (wall, cpu) = await MeasureAsync(hasher, bodies, blockLength, work, BytesOfRun);
                var perGiB = cpu.TotalSeconds / gib;
                other = hasher == Hasher.None ? perGiB : other;
                Console.WriteLine(
                    $"{bodies,6}  {hasher,-8}  {gib / wall.TotalSeconds,10:F2}  {perGiB,9:F3}  {perGiB - other,17:F3}  {1 / (perGiB - other),16:F2}");
            }
        }
    }

    static async Task<(TimeSpan Wall, TimeSpan Cpu)> MeasureAsync(
        Hasher hasher, int bodies, int blockLength, OtherWork work, long bytes)
    {
        var blocks = (int)(bytes / blockLength / bodies);
        var cpu = Environment.CpuUsage.TotalTime;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, bodies).Select(_ => Task.Run(() => UploadAsync(hasher, blocks, blockLength, work))));
        return (Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - cpu);
    }

    static async Task UploadAsync(Hasher hasher, int blocks, int blockLength, OtherWork work)
    {
        var block = new byte[blockLength];
        using var digest = new BodyDigest();
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var crc = default(Crc64);
        for (var i = 0; i < blocks; i++)
        {
            work.DoHalf();
            if (hasher == Hasher.Platform)
            {
                crc.Append(block);
                md5.AppendData(block);
            }
            else if (hasher == Hasher.Lanes)
            {
                await digest.AppendAsync(block);
            }

            work.DoHalf();
            await Task.Yield();
        }
    }

    enum Hasher
    {
        None,
        Platform,
        Lanes,
    }

    // Burns the same number of instructions each time, however often the thread is interrupted.
    sealed class OtherWork
    {
        readonly byte[] _data;

        internal OtherWork(int microseconds)
        {
            var probe = new byte[1 << 20];
            var best = TimeSpan.MaxValue;
            for (var i = 0; i < 200; i++)
            {
                var started = Stopwatch.GetTimestamp();
                _ = Crc64Table.Update(0, probe);
                var elapsed = Stopwatch.GetElapsedTime(started);
                best = elapsed < best ? elapsed : best;
            }

            _data = new byte[(int)(microseconds / best.TotalMicroseconds / 2 * probe.Length)];
            Cost = TimeSpan.FromMicroseconds(microseconds);
        }

        internal TimeSpan Cost { get; }

        internal void DoHalf() => _ = Crc64Table.Update(0, _data);
    }
}
