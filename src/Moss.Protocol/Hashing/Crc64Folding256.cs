using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moss.Protocol.Hashing;

/// <summary>As <see cref="Crc64Folding{TMultiplier}"/>, 2 accumulators to a register of 256 bits (VPCLMULQDQ).</summary>
static class Crc64Folding256
{
    /// <summary>Below this the four registers cannot all be filled and folded once.</summary>
    internal const int MinLength = 2 * Stride;

    const int Stride = 4 * 32;

    static readonly Vector256<ulong> OverStride = Repeat(Crc64Field.FoldOver(8 * Stride));
    static readonly Vector256<ulong> OverRegister = Repeat(Crc64Field.FoldOver(256));
    static readonly Vector128<ulong> Over16 = Crc64Field.FoldOver(128);

    internal static bool IsSupported => Pclmulqdq.V256.IsSupported;

    /// <summary>Runs at least <see cref="MinLength"/> bytes through the register.</summary>
    internal static ulong Update(ulong register, ReadOnlySpan<byte> data)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var length = (nuint)data.Length;
        var accumulator = Load(ref start, 0) ^ Vector256.CreateScalar(register);
        var accumulator1 = Load(ref start, 32);
        var accumulator2 = Load(ref start, 2 * 32);
        var accumulator3 = Load(ref start, 3 * 32);
        nuint offset = Stride;
        for (; offset <= length - Stride; offset += Stride)
        {
            accumulator = Fold(accumulator, OverStride, Load(ref start, offset));
            accumulator1 = Fold(accumulator1, OverStride, Load(ref start, offset + 32));
            accumulator2 = Fold(accumulator2, OverStride, Load(ref start, offset + (2 * 32)));
            accumulator3 = Fold(accumulator3, OverStride, Load(ref start, offset + (3 * 32)));
        }

        accumulator = Fold(accumulator, OverRegister, accumulator1);
        accumulator = Fold(accumulator, OverRegister, accumulator2);
        accumulator = Fold(accumulator, OverRegister, accumulator3);
        for (; offset <= length - 32; offset += 32)
        {
            accumulator = Fold(accumulator, OverRegister, Load(ref start, offset));
        }

        return Crc64Folding<X86CarrylessMultiplier>.Finish(Narrow(accumulator), data[(int)offset..]);
    }

    static Vector128<ulong> Narrow(Vector256<ulong> accumulator) =>
        Crc64Folding<X86CarrylessMultiplier>.Fold(accumulator.GetLower(), Over16, accumulator.GetUpper());

    static Vector256<ulong> Fold(Vector256<ulong> accumulator, Vector256<ulong> over, Vector256<ulong> next) =>
        Pclmulqdq.V256.CarrylessMultiply(accumulator, over, 0x00)
            ^ Pclmulqdq.V256.CarrylessMultiply(accumulator, over, 0x11)
            ^ next;

    static Vector256<ulong> Repeat(Vector128<ulong> over) => Vector256.Create(over, over);

    static Vector256<ulong> Load(ref byte start, nuint offset) => Vector256.LoadUnsafe(ref start, offset).AsUInt64();
}
