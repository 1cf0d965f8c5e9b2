using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moss.Protocol.Hashing;

/// <summary>As <see cref="Crc64Folding{TMultiplier}"/>, 4 accumulators to a register of 512 bits (VPCLMULQDQ).</summary>
static class Crc64Folding512
{
    /// <summary>Below this the four registers cannot all be filled and folded once.</summary>
    internal const int MinLength = 2 * Stride;

    const int Stride = 4 * 64;

    static readonly Vector512<ulong> OverStride = Repeat(Crc64Field.FoldOver(8 * Stride));
    static readonly Vector512<ulong> OverRegister = Repeat(Crc64Field.FoldOver(512));
    static readonly Vector128<ulong> Over16 = Crc64Field.FoldOver(128);

    internal static bool IsSupported => Pclmulqdq.V512.IsSupported;

    /// <summary>Runs at least <see cref="MinLength"/> bytes through the register.</summary>
    internal static ulong Update(ulong register, ReadOnlySpan<byte> data)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var length = (nuint)data.Length;
        var accumulator = Load(ref start, 0) ^ Vector512.CreateScalar(register);
        var accumulator1 = Load(ref start, 64);
        var accumulator2 = Load(ref start, 2 * 64);
        var accumulator3 = Load(ref start, 3 * 64);
        nuint offset = Stride;
        for (; offset <= length - Stride; offset += Stride)
        {
            accumulator = Fold(accumulator, OverStride, Load(ref start, offset));
            accumulator1 = Fold(accumulator1, OverStride, Load(ref start, offset + 64));
            accumulator2 = Fold(accumulator2, OverStride, Load(ref start, offset + (2 * 64)));
            accumulator3 = Fold(accumulator3, OverStride, Load(ref start, offset + (3 * 64)));
        }

        accumulator = Fold(accumulator, OverRegister, accumulator1);
        accumulator = Fold(accumulator, OverRegister, accumulator2);
        accumulator = Fold(accumulator, OverRegister, accumulator3);
        for (; offset <= length - 64; offset += 64)
        {
            accumulator = Fold(accumulator, OverRegister, Load(ref start, offset));
        }

        return Crc64Folding<X86CarrylessMultiplier>.Finish(Narrow(accumulator), data[(int)offset..]);
    }

    static Vector128<ulong> Narrow(Vector512<ulong> accumulator)
    {
        var lower = accumulator.GetLower();
        var upper = accumulator.GetUpper();
        var narrow = Crc64Folding<X86CarrylessMultiplier>.Fold(lower.GetLower(), Over16, lower.GetUpper());
        narrow = Crc64Folding<X86CarrylessMultiplier>.Fold(narrow, Over16, upper.GetLower());
        return Crc64Folding<X86CarrylessMultiplier>.Fold(narrow, Over16, upper.GetUpper());
    }

    static Vector512<ulong> Fold(Vector512<ulong> accumulator, Vector512<ulong> over, Vector512<ulong> next) =>
        Pclmulqdq.V512.CarrylessMultiply(accumulator, over, 0x00)
            ^ Pclmulqdq.V512.CarrylessMultiply(accumulator, over, 0x11)
            ^ next;

    static Vector512<ulong> Repeat(Vector128<ulong> over) => Vector512.Create(Vector256.Create(over, over), Vector256.Create(over, over));

    static Vector512<ulong> Load(ref byte start, nuint offset) => Vector512.LoadUnsafe(ref start, offset).AsUInt64();
}
