using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Moss.Protocol.Hashing;

/// <summary>Four bodies side by side: SSE2 or AdvSimd, with the three-operand logic and rotation of AVX-512VL where it is.</summary>
readonly struct Md5Lanes4 : IMd5Vector<Vector128<uint>>
{
    public static bool IsSupported => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    public static Vector128<uint> Add(Vector128<uint> left, Vector128<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> F(
        Vector128<uint> a,
        Vector128<uint> b,
        Vector128<uint> c,
        Vector128<uint> d,
        Vector128<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector128.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.F), rotation)
            : b + RotateLeft(a + word + Vector128.Create(constant) + (((c ^ d) & b) ^ d), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> G(
        Vector128<uint> a,
        Vector128<uint> b,
        Vector128<uint> c,
        Vector128<uint> d,
        Vector128<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector128.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.G), rotation)
            : b + RotateLeft(a + word + Vector128.Create(constant) + (((b ^ c) & d) ^ c), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> H(
        Vector128<uint> a,
        Vector128<uint> b,
        Vector128<uint> c,
        Vector128<uint> d,
        Vector128<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector128.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.H), rotation)
            : b + RotateLeft(a + word + Vector128.Create(constant) + (b ^ c ^ d), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> I(
        Vector128<uint> a,
        Vector128<uint> b,
        Vector128<uint> c,
        Vector128<uint> d,
        Vector128<uint> word,
        uint constant,
        [ConstantExpected] byte rotation) =>
        Avx512F.VL.IsSupported
            ? b + Avx512F.VL.RotateLeft(
                a + word + Vector128.Create(constant) + Avx512F.VL.TernaryLogic(b, c, d, Md5TruthTable.I), rotation)
            : b + RotateLeft(a + word + Vector128.Create(constant) + (c ^ (b | ~d)), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ref Md5Sources sources, nuint offset, ref Vector128<uint> words)
    {
        for (var quarter = 0; quarter < 4; quarter++)
        {
            Quad(
                Read(ref sources.Lane0, offset),
                Read(ref sources.Lane1, offset),
                Read(ref sources.Lane2, offset),
                Read(ref sources.Lane3, offset),
                ref Unsafe.Add(ref words, 4 * quarter));
            offset += 16;
        }
    }

    // Four words of four lanes, transposed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Quad(
        Vector128<uint> lane0, Vector128<uint> lane1, Vector128<uint> lane2, Vector128<uint> lane3, ref Vector128<uint> words)
    {
        var low01 = UnpackLow(lane0, lane1);
        var low23 = UnpackLow(lane2, lane3);
        var high01 = UnpackHigh(lane0, lane1);
        var high23 = UnpackHigh(lane2, lane3);
        words = UnpackLow(low01.AsUInt64(), low23.AsUInt64());
        Unsafe.Add(ref words, 1) = UnpackHigh(low01.AsUInt64(), low23.AsUInt64());
        Unsafe.Add(ref words, 2) = UnpackLow(high01.AsUInt64(), high23.AsUInt64());
        Unsafe.Add(ref words, 3) = UnpackHigh(high01.AsUInt64(), high23.AsUInt64());
    }

    static Vector128<uint> UnpackLow(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    static Vector128<uint> UnpackLow(Vector128<ulong> left, Vector128<ulong> right) =>
        (Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right)).AsUInt32();

    static Vector128<uint> UnpackHigh(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    static Vector128<uint> UnpackHigh(Vector128<ulong> left, Vector128<ulong> right) =>
        (Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right)).AsUInt32();

    static Vector128<uint> RotateLeft(Vector128<uint> value, byte rotation) => (value << rotation) | (value >>> (32 - rotation));

    static Vector128<uint> Read(ref byte start, nuint offset) => Vector128.LoadUnsafe(ref start, offset).AsUInt32();
}
