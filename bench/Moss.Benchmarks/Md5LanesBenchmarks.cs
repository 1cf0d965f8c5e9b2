using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Moss.Protocol.Hashing;

namespace Moss.Benchmarks;

/// <summary>
/// MD5 on one core: one body with the platform and with our own, four, eight and sixteen side by side.
/// The mean is nanoseconds per KiB of all bodies together, so the ratio compares aggregates.
/// </summary>
public class Md5LanesBenchmarks
{
    const int KiBOfBody = 64;

    // A line more than 64 KiB apart, or sixteen bodies would share the same few lines of the cache.
    const int Stride = (KiBOfBody << 10) + 64;

    readonly byte[] _bodies = new byte[16 * Stride];
    readonly uint[] _states = new uint[4 * 16];
    readonly byte[] _md5 = new byte[16];
    readonly IncrementalHash _platform = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    Md5State _state;

    [GlobalSetup]
    public void Fill() => new Random(1).NextBytes(_bodies);

    [Benchmark(Baseline = true, OperationsPerInvoke = KiBOfBody)]
    public void Platform()
    {
        _platform.AppendData(_bodies.AsSpan(0, KiBOfBody << 10));
        _platform.GetHashAndReset(_md5);
    }

    [Benchmark(OperationsPerInvoke = KiBOfBody)]
    public void Scalar() => Md5Scalar.Update(ref _state, _bodies.AsSpan(0, KiBOfBody << 10));

    [Benchmark(OperationsPerInvoke = 4 * KiBOfBody)]
    public void Lanes4() => Update<Vector128<uint>, Md5Lanes4>();

    [Benchmark(OperationsPerInvoke = 8 * KiBOfBody)]
    public void Lanes8() => Update<Vector256<uint>, Md5Lanes8>();

    [Benchmark(OperationsPerInvoke = 16 * KiBOfBody)]
    public void Lanes16() => Update<Vector512<uint>, Md5Lanes16>();

    void Update<TWord, TVector>()
        where TWord : struct
        where TVector : struct, IMd5Vector<TWord>
    {
        var sources = new Md5Sources
        {
            Lane0 = ref _bodies[0],
            Lane1 = ref _bodies[Stride],
            Lane2 = ref _bodies[2 * Stride],
            Lane3 = ref _bodies[3 * Stride],
            Lane4 = ref _bodies[4 * Stride],
            Lane5 = ref _bodies[5 * Stride],
            Lane6 = ref _bodies[6 * Stride],
            Lane7 = ref _bodies[7 * Stride],
            Lane8 = ref _bodies[8 * Stride],
            Lane9 = ref _bodies[9 * Stride],
            Lane10 = ref _bodies[10 * Stride],
            Lane11 = ref _bodies[11 * Stride],
            Lane12 = ref _bodies[12 * Stride],
            Lane13 = ref _bodies[13 * Stride],
            Lane14 = ref _bodies[14 * Stride],
            Lane15 = ref _bodies[15 * Stride],
        };
        Md5Kernel<TWord, TVector>.Update(_states, ref sources, KiBOfBody << 4);
    }
}
