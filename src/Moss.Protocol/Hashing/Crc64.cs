using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Moss.Protocol.Hashing;

/// <summary>
/// CRC-64/XZ (ECMA-182 reflected), the checksum of <c>x-oss-hash-crc64ecma</c>: polynomial 42F0E1EBA9EA3693,
/// initial value and final XOR all ones, input and output reflected. The check value of "123456789" is
/// 995DC9BBDF1939FA. Every value this type takes and gives is finalised, as it stands in the header; the CRC of nothing is 0.
/// </summary>
/// <remarks>
/// <c>default(Crc64)</c> is ready for use. The struct is mutable: keep it in a field or local and do not copy it by accident.
/// All implementations agree bit for bit; the fastest one the processor has is taken.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
public struct Crc64
{
    /// <summary>The longest header form: <see cref="ulong.MaxValue"/> has 20 digits.</summary>
    public const int MaxDigits = 20;

    /// <summary>The CRC of everything appended so far; 0 when nothing was.</summary>
    public ulong Value { get; private set; }

    /// <summary>Bytes appended so far.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> data)
    {
        Value = Append(Value, data);
        Length += data.Length;
    }

    /// <summary>Takes in bytes of which the CRC and the length are known.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    public void Append(ulong crc, long length)
    {
        Value = Combine(Value, crc, length);
        Length += length;
    }

    public void Reset() => this = default;

    /// <summary>The CRC of <paramref name="data"/>.</summary>
    public static ulong Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The CRC of a text of which <paramref name="crc"/> is the CRC, followed by <paramref name="data"/>.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> data)
    {
        // Between appends the value is kept finalised, so that it can be stored and continued (AppendObject).
        var register = ~crc;
        if (data.Length >= Crc64Folding512.MinLength && Crc64Folding512.IsSupported)
        {
            register = Crc64Folding512.Update(register, data);
        }
        else if (data.Length >= Crc64Folding256.MinLength && Crc64Folding256.IsSupported)
        {
            register = Crc64Folding256.Update(register, data);
        }
        else if (data.Length >= Vector128<byte>.Count && X86CarrylessMultiplier.IsSupported)
        {
            register = Crc64Folding<X86CarrylessMultiplier>.Update(register, data);
        }
        else if (data.Length >= Vector128<byte>.Count && ArmCarrylessMultiplier.IsSupported)
        {
            register = Crc64Folding<ArmCarrylessMultiplier>.Update(register, data);
        }
        else
        {
            register = Crc64Table.Update(register, data);
        }

        return ~register;
    }

    /// <summary>
    /// The CRC of two texts joined, from the CRC of each and the length in bytes of the second.
    /// Costs at most one multiplication per bit of <paramref name="length2"/>, whatever the lengths.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length2"/> is negative.</exception>
    public static ulong Combine(ulong crc1, ulong crc2, long length2)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length2);
        return Crc64Field.ShiftByBytes(crc1, (ulong)length2) ^ crc2;
    }

    /// <summary>The header form: unsigned decimal without leading zeros.</summary>
    public static string Format(ulong crc) => crc.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Reads the header form: 1 to 20 decimal digits, no sign, no space, no leading zero (but "0" itself), at most 2^64 - 1.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong crc)
    {
        crc = 0;
        // The digits are checked here because the framework's parser forgives trailing NULs.
        return text.Length is > 0 and <= MaxDigits
            && !text.ContainsAnyExceptInRange('0', '9')
            && (text[0] != '0' || text.Length == 1)
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out crc);
    }
}
