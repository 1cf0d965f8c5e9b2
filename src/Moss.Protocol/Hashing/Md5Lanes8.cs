using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moss.Protocol.Hashing;

/// <summary>Eight bodies side by side: AVX2, with the three-operand logic and rotation of AVX-512VL where it is.</summary>
readonly struct Md5Lanes8 : IMd5Vector<Vector256<uint>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static Vector256<uint> Add(Vector256<uint> left, Vector256<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> F(
        Vector256<uint> a,
        Vector256<uint> b,
        Vector256<uint> c,
        Vector256<uint> d,
        Vector256<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector256.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.F), rotation)
            : b + RotateLeft(a + word + Vector256.Create(constant) + (((c ^ d) & b) ^ d), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> G(
        Vector256<uint> a,
        Vector256<uint> b,
        Vector256<uint> c,
        Vector256<uint> d,
        Vector256<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector256.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.G), rotation)
            : b + RotateLeft(a + word + Vector256.Create(constant) + (((b ^ c) & d) ^ c), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> H(
        Vector256<uint> a,
        Vector256<uint> b,
        Vector256<uint> c,
        Vector256<uint> d,
        Vector256<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector256.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.H), rotation)
            : b + RotateLeft(a + word + Vector256.Create(constant) + (b ^ c ^ d), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> I(
        Vector256<uint> a,
        Vector256<uint> b,
        Vector256<uint> c,
        Vector256<uint> d,
        Vector256<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector256.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.I), rotation)
            : b + RotateLeft(a + word + Vector256.Create(constant) + (c ^ (b | ~d)), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ref Md5Sources sources, nuint offset, ref Vector256<uint> words)
    {
        Half(ref sources, offset, ref words);
        Half(ref sources, offset + 32, ref Unsafe.Add(ref words, 8));
    }

    // Eight words of eight lanes: transposed by fours within the vector's halves, then the halves sorted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Half(ref Md5Sources sources, nuint offset, ref Vector256<uint> words)
    {
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
        Spread(a0, b0, ref words);
        Spread(a1, b1, ref Unsafe.Add(ref words, 1));
        Spread(a2, b2, ref Unsafe.Add(ref words, 2));
        Spread(a3, b3, ref Unsafe.Add(ref words, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Spread(Vector256<uint> lanes0To3, Vector256<uint> lanes4To7, ref Vector256<uint> words)
    {
        words = Avx2.Permute2x128(lanes0To3, lanes4To7, 0x20);
        Unsafe.Add(ref words, 4) = Avx2.Permute2x128(lanes0To3, lanes4To7, 0x31);
    }

    // Within each 128 bits: four words of four lanes, transposed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector256<uint> Word0, Vector256<uint> Word1, Vector256<uint> Word2, Vector256<uint> Word3) Quad(
        Vector256<uint> lane0, Vector256<uint> lane1, Vector256<uint> lane2, Vector256<uint> lane3)
    {
        var low01 = Avx2.UnpackLow(lane0, lane1).AsUInt64();
        var low23 = Avx2.UnpackLow(lane2, lane3).AsUInt64();
        var high01 = Avx2.UnpackHigh(lane0, lane1).AsUInt64();
        var high23 = Avx2.UnpackHigh(lane2, lane3).AsUInt64();
        return (
            Avx2.UnpackLow(low01, low23).AsUInt32(),
            Avx2.UnpackHigh(low01, low23).AsUInt32(),
            Avx2.UnpackLow(high01, high23).AsUInt32(),
            Avx2.UnpackHigh(high01, high23).AsUInt32());
    }

    static Vector256<uint> RotateLeft(Vector256<uint> value, byte rotation) => (value << rotation) | (value >>> (32 - rotation));

    static Vector256<uint> Read(ref byte start, nuint offset) => Vector256.LoadUnsafe(ref start, offset).AsUInt32();
}
