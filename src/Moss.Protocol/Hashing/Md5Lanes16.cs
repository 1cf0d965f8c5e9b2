using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moss.Protocol.Hashing;

/// <summary>Sixteen bodies side by side: AVX-512.</summary>
readonly struct Md5Lanes16 : IMd5Vector<Vector512<uint>>
{
    public static bool IsSupported => Avx512F.IsSupported;

    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> F(
        Vector512<uint> a,
        Vector512<uint> b,
        Vector512<uint> c,
        Vector512<uint> d,
        Vector512<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        b + Avx512F.RotateLeft(
            a + word + Vector512.Create(constant) + Avx512F.TernaryLogic(b, c, d, Md5TruthTable.F), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> G(
        Vector512<uint> a,
        Vector512<uint> b,
        Vector512<uint> c,
        Vector512<uint> d,
        Vector512<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        b + Avx512F.RotateLeft(
            a + word + Vector512.Create(constant) + Avx512F.TernaryLogic(b, c, d, Md5TruthTable.G), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> H(
        Vector512<uint> a,
        Vector512<uint> b,
        Vector512<uint> c,
        Vector512<uint> d,
        Vector512<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        b + Avx512F.RotateLeft(
            a + word + Vector512.Create(constant) + Avx512F.TernaryLogic(b, c, d, Md5TruthTable.H), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> I(
        Vector512<uint> a,
        Vector512<uint> b,
        Vector512<uint> c,
        Vector512<uint> d,
        Vector512<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        b + Avx512F.RotateLeft(
            a + word + Vector512.Create(constant) + Avx512F.TernaryLogic(b, c, d, Md5TruthTable.I), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ref Md5Sources sources, nuint offset, ref Vector512<uint> words)
    {
        // Transposed by fours within the vector's quarters, then the quarters sorted.
        var (a0, a1, a2, a3) = Quad(
            Read(ref sources.Lane0, offset),
            Read(ref sources.Lane1, offset),
            Read(ref sources.Lane2, offset),
            Read(ref sources.Lane3, offset));
        var (b0, b1, b2, b3) = Quad(
            Read(ref sources.Lane4, offset),
            Read(ref sources.Lane5, offset),
            Read(ref sources.Lane6, offset),
            Read(ref sources.Lane7, offset));
        var (c0, c1, c2, c3) = Quad(
            Read(ref sources.Lane8, offset),
            Read(ref sources.Lane9, offset),
            Read(ref sources.Lane10, offset),
            Read(ref sources.Lane11, offset));
        var (d0, d1, d2, d3) = Quad(
            Read(ref sources.Lane12, offset),
            Read(ref sources.Lane13, offset),
            Read(ref sources.Lane14, offset),
            Read(ref sources.Lane15, offset));
        Spread(a0, b0, c0, d0, ref words);
        Spread(a1, b1, c1, d1, ref Unsafe.Add(ref words, 1));
        Spread(a2, b2, c2, d2, ref Unsafe.Add(ref words, 2));
        Spread(a3, b3, c3, d3, ref Unsafe.Add(ref words, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Spread(
        Vector512<uint> lanes0To3,
        Vector512<uint> lanes4To7,
        Vector512<uint> lanes8To11,
        Vector512<uint> lanes12To15,
        ref Vector512<uint> words)
    {
        var even0 = Avx512F.Shuffle4x128(lanes0To3, lanes4To7, 0x88);
        var odd0 = Avx512F.Shuffle4x128(lanes0To3, lanes4To7, 0xDD);
        var even1 = Avx512F.Shuffle4x128(lanes8To11, lanes12To15, 0x88);
        var odd1 = Avx512F.Shuffle4x128(lanes8To11, lanes12To15, 0xDD);
        words = Avx512F.Shuffle4x128(even0, even1, 0x88);
        Unsafe.Add(ref words, 4) = Avx512F.Shuffle4x128(odd0, odd1, 0x88);
        Unsafe.Add(ref words, 8) = Avx512F.Shuffle4x128(even0, even1, 0xDD);
        Unsafe.Add(ref words, 12) = Avx512F.Shuffle4x128(odd0, odd1, 0xDD);
    }

    // Within each 128 bits: four words of four lanes, transposed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<uint> Word0, Vector512<uint> Word1, Vector512<uint> Word2, Vector512<uint> Word3) Quad(
        Vector512<uint> lane0, Vector512<uint> lane1, Vector512<uint> lane2, Vector512<uint> lane3)
    {
        var low01 = Avx512F.UnpackLow(lane0, lane1).AsUInt64();
        var low23 = Avx512F.UnpackLow(lane2, lane3).AsUInt64();
        var high01 = Avx512F.UnpackHigh(lane0, lane1).AsUInt64();
        var high23 = Avx512F.UnpackHigh(lane2, lane3).AsUInt64();
        return (
            Avx512F.UnpackLow(low01, low23).AsUInt32(),
            Avx512F.UnpackHigh(low01, low23).AsUInt32(),
            Avx512F.UnpackLow(high01, high23).AsUInt32(),
            Avx512F.UnpackHigh(high01, high23).AsUInt32());
    }

    static Vector512<uint> Read(ref byte start, nuint offset) => Vector512.LoadUnsafe(ref start, offset).AsUInt32();
}
