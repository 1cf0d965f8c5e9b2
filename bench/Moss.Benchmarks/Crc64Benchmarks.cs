using BenchmarkDotNet.Attributes;
using Moss.Protocol.Hashing;

namespace Moss.Benchmarks;

/// <summary>Each implementation of CRC-64/XZ alone on one core; a size in bytes over the mean gives the bytes a second.</summary>
public class Crc64Benchmarks
{
    byte[] _data = [];

    [Params(1 << 10, 64 << 10, 1 << 20)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _data = new byte[Size];
        new Random(1).NextBytes(_data);
    }

    [Benchmark(Baseline = true)]
    public ulong Table() => Crc64Table.Update(0, _data);

    [Benchmark]
    public ulong Pclmulqdq() => Crc64Folding<X86CarrylessMultiplier>.Update(0, _data);

    [Benchmark]
    public ulong Vpclmulqdq256() => Crc64Folding256.Update(0, _data);

    [Benchmark]
    public ulong Vpclmulqdq512() => Crc64Folding512.Update(0, _data);
}

public class Crc64CombineBenchmarks
{
    /// <summary>The length of the second text: one part of 16 MiB, one odd part, the largest object.</summary>
    [Params(16L << 20, 123_456_789L, 48_800_000_000_001L)]
    public long Length { get; set; }

    [Benchmark]
    public ulong Combine() => Crc64.Combine(0x0123456789ABCDEF, 0xFEDCBA9876543210, Length);
}
