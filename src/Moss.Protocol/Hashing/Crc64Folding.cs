using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Moss.Protocol.Hashing;

/// <summary>
/// CRC by carry-less multiplication, 128 bits wide. The text is a polynomial; an accumulator of 16 bytes is carried
/// ("folded") over the bytes behind it by multiplying its halves with constant powers of x, until 16 bytes remain.
/// </summary>
static class Crc64Folding<TMultiplier>
    where TMultiplier : struct, ICarrylessMultiplier
{
    // Barrett reduction: floor(x^128 / P) without its x^0, and P without its x^0, both 65 bits reflected, low 64 of them.
    // Each lacks one coefficient that is 1; what it would add is either cut off (the first) or added by hand (the second).
    const ulong Quotient = 0x9C3E466C172963D5;
    const ulong ShiftedPolynomial = (Crc64Field.Polynomial << 1) | 1;

    static readonly Vector128<ulong> Over16 = Crc64Field.FoldOver(128);
    static readonly Vector128<ulong> Over64 = Crc64Field.FoldOver(512);
    static readonly ulong Over8 = Crc64Field.Power(127);

    /// <summary>Runs at least 16 bytes through the register.</summary>
    internal static ulong Update(ulong register, ReadOnlySpan<byte> data)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var length = (nuint)data.Length;
        nuint offset = 16;
        var accumulator = Load(ref start, 0) ^ Vector128.CreateScalar(register);
        if (length >= 128)
        {
            var accumulator1 = Load(ref start, 16);
            var accumulator2 = Load(ref start, 32);
            var accumulator3 = Load(ref start, 48);
            // Four at a time, because a multiplication takes four cycles or so and one can start every cycle.
            for (offset = 64; offset <= length - 64; offset += 64)
            {
                accumulator = Fold(accumulator, Over64, Load(ref start, offset));
                accumulator1 = Fold(accumulator1, Over64, Load(ref start, offset + 16));
                accumulator2 = Fold(accumulator2, Over64, Load(ref start, offset + 32));
                accumulator3 = Fold(accumulator3, Over64, Load(ref start, offset + 48));
            }

            accumulator = Fold(accumulator, Over16, accumulator1);
            accumulator = Fold(accumulator, Over16, accumulator2);
            accumulator = Fold(accumulator, Over16, accumulator3);
        }

        return Finish(accumulator, data[(int)offset..]);
    }

    /// <summary>The register after the text that <paramref name="accumulator"/> stands for, followed by <paramref name="rest"/>.</summary>
    internal static ulong Finish(Vector128<ulong> accumulator, ReadOnlySpan<byte> rest)
    {
        for (; rest.Length >= 16; rest = rest[16..])
        {
            accumulator = Fold(accumulator, Over16, Load(ref MemoryMarshal.GetReference(rest), 0));
        }

        // The register is the text times x^64, mod P: first the low half, 128 powers up, into 128 bits, then the rest.
        var folded = TMultiplier.MultiplyLow(accumulator, Vector128.CreateScalar(Over8));
        var register = Reduce(folded ^ Vector128.CreateScalar(accumulator.GetElement(1)));
        return Crc64Table.Update(register, rest);
    }

    /// <summary>
    /// a * b * x mod P. The product of two reflected polynomials comes out one bit low, which reads as one more power of
    /// x; callers keep their constants one power short instead of shifting 128 bits.
    /// </summary>
    internal static ulong MultiplyByShortened(ulong a, ulong b) =>
        Reduce(TMultiplier.MultiplyLow(Vector128.CreateScalar(a), Vector128.CreateScalar(b)));

    internal static Vector128<ulong> Fold(Vector128<ulong> accumulator, Vector128<ulong> over, Vector128<ulong> next) =>
        TMultiplier.MultiplyLow(accumulator, over) ^ TMultiplier.MultiplyHigh(accumulator, over) ^ next;

    // 128 reflected bits, the low half standing for x^127 to x^64: mod P.
    static ulong Reduce(Vector128<ulong> value)
    {
        var quotient = TMultiplier.MultiplyLow(value, Vector128.CreateScalar(Quotient));
        var product = TMultiplier.MultiplyLow(quotient, Vector128.CreateScalar(ShiftedPolynomial));
        return value.GetElement(1) ^ product.GetElement(1) ^ quotient.GetElement(0);
    }

    static Vector128<ulong> Load(ref byte start, nuint offset) => Vector128.LoadUnsafe(ref start, offset).AsUInt64();
}
