using System.Numerics;
using System.Runtime.Intrinsics;

namespace Moss.Protocol.Hashing;

/// <summary>
/// Arithmetic on polynomials over GF(2) modulo the CRC's polynomial P. A polynomial of degree below 64 is a reflected
/// <see cref="ulong"/>: bit 63 is the coefficient of x^0, bit 0 that of x^63.
/// </summary>
static class Crc64Field
{
    /// <summary>P without its x^64, reflected.</summary>
    internal const ulong Polynomial = 0xC96C5795D7870F42;

    // x^(8 * 2^k - 1) mod P: a factor that stands for 2^k bytes, one power short because of what
    // Crc64Folding.MultiplyByShortened says.
    static readonly ulong[] ShortenedBytePowers = BuildShortenedBytePowers();

    /// <summary>
    /// What <paramref name="crc"/> contributes to the CRC of a text that goes on for <paramref name="bytes"/> more bytes:
    /// crc * x^(8 * bytes) mod P. The all-ones start and end of both texts cancel out, so finalised values go in and come out.
    /// </summary>
    internal static ulong ShiftByBytes(ulong crc, ulong bytes)
    {
        for (; bytes != 0; bytes &= bytes - 1)
        {
            crc = MultiplyByShortened(crc, ShortenedBytePowers[BitOperations.TrailingZeroCount(bytes)]);
        }

        return crc;
    }

    /// <summary>As <see cref="ShiftByBytes"/> with the portable multiplication only.</summary>
    internal static ulong ShiftByBytesPortable(ulong crc, ulong bytes)
    {
        for (; bytes != 0; bytes &= bytes - 1)
        {
            crc = Multiply(TimesX(crc), ShortenedBytePowers[BitOperations.TrailingZeroCount(bytes)]);
        }

        return crc;
    }

    /// <summary>
    /// The constants that carry a 128-bit accumulator over <paramref name="bits"/> bits of text. Its low half stands
    /// 64 powers above its high half; both are one power short (see <see cref="MultiplyByShortened"/>).
    /// </summary>
    internal static Vector128<ulong> FoldOver(int bits) => Vector128.Create(Power(bits + 63), Power(bits - 1));

    /// <summary>x^<paramref name="exponent"/> mod P, for an exponent of at least 0.</summary>
    internal static ulong Power(long exponent)
    {
        var result = 1UL << 63;
        var square = 1UL << 62;
        for (; exponent != 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                result = Multiply(result, square);
            }

            square = Multiply(square, square);
        }

        return result;
    }

    /// <summary>a * b mod P, bit by bit.</summary>
    internal static ulong Multiply(ulong a, ulong b)
    {
        var product = 0UL;
        for (; a != 0; a <<= 1)
        {
            product ^= b & (ulong)((long)a >> 63);
            b = TimesX(b);
        }

        return product;
    }

    static ulong MultiplyByShortened(ulong a, ulong b)
    {
        if (X86CarrylessMultiplier.IsSupported)
        {
            return Crc64Folding<X86CarrylessMultiplier>.MultiplyByShortened(a, b);
        }

        return ArmCarrylessMultiplier.IsSupported
            ? Crc64Folding<ArmCarrylessMultiplier>.MultiplyByShortened(a, b)
            : Multiply(TimesX(a), b);
    }

    static ulong TimesX(ulong a) => (a >> 1) ^ (Polynomial & (0 - (a & 1)));

    static ulong[] BuildShortenedBytePowers()
    {
        var powers = new ulong[64];
        var power = Power(8);
        for (var k = 0; k < powers.Length; k++)
        {
            powers[k] = k == 0 ? Power(7) : Multiply(powers[k - 1], power);
            power = k == 0 ? power : Multiply(power, power);
        }

        return powers;
    }
}
