using System.Runtime.CompilerServices;

namespace Moss.Protocol.Hashing;

/// <summary>
/// The 64 steps of MD5 (RFC 1321, section 3.4) over one 64-byte block of each lane. A <typeparamref name="TWord"/> holds
/// the same 32-bit word of every lane; the lanes never meet, so one text serves one lane and sixteen.
/// </summary>
static class Md5Rounds<TWord, TLanes>
    where TWord : struct
    where TLanes : struct, IMd5Lanes<TWord>
{
    /// <summary>Takes the sixteen words of a block into the state.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Block(ref TWord a, ref TWord b, ref TWord c, ref TWord d, ref readonly TWord words)
    {
        var (a0, b0, c0, d0) = (a, b, c, d);
        Round1(ref a, ref b, ref c, ref d, in words);
        Round2(ref a, ref b, ref c, ref d, in words);
        Round3(ref a, ref b, ref c, ref d, in words);
        Round4(ref a, ref b, ref c, ref d, in words);
        a = TLanes.Add(a, a0);
        b = TLanes.Add(b, b0);
        c = TLanes.Add(c, c0);
        d = TLanes.Add(d, d0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round1(ref TWord a, ref TWord b, ref TWord c, ref TWord d, ref readonly TWord words)
    {
        a = TLanes.F(a, b, c, d, Word(in words, 0), 0xD76AA478, 7);
        d = TLanes.F(d, a, b, c, Word(in words, 1), 0xE8C7B756, 12);
        c = TLanes.F(c, d, a, b, Word(in words, 2), 0x242070DB, 17);
        b = TLanes.F(b, c, d, a, Word(in words, 3), 0xC1BDCEEE, 22);
        a = TLanes.F(a, b, c, d, Word(in words, 4), 0xF57C0FAF, 7);
        d = TLanes.F(d, a, b, c, Word(in words, 5), 0x4787C62A, 12);
        c = TLanes.F(c, d, a, b, Word(in words, 6), 0xA8304613, 17);
        b = TLanes.F(b, c, d, a, Word(in words, 7), 0xFD469501, 22);
        a = TLanes.F(a, b, c, d, Word(in words, 8), 0x698098D8, 7);
        d = TLanes.F(d, a, b, c, Word(in words, 9), 0x8B44F7AF, 12);
        c = TLanes.F(c, d, a, b, Word(in words, 10), 0xFFFF5BB1, 17);
        b = TLanes.F(b, c, d, a, Word(in words, 11), 0x895CD7BE, 22);
        a = TLanes.F(a, b, c, d, Word(in words, 12), 0x6B901122, 7);
        d = TLanes.F(d, a, b, c, Word(in words, 13), 0xFD987193, 12);
        c = TLanes.F(c, d, a, b, Word(in words, 14), 0xA679438E, 17);
        b = TLanes.F(b, c, d, a, Word(in words, 15), 0x49B40821, 22);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round2(ref TWord a, ref TWord b, ref TWord c, ref TWord d, ref readonly TWord words)
    {
        a = TLanes.G(a, b, c, d, Word(in words, 1), 0xF61E2562, 5);
        d = TLanes.G(d, a, b, c, Word(in words, 6), 0xC040B340, 9);
        c = TLanes.G(c, d, a, b, Word(in words, 11), 0x265E5A51, 14);
        b = TLanes.G(b, c, d, a, Word(in words, 0), 0xE9B6C7AA, 20);
        a = TLanes.G(a, b, c, d, Word(in words, 5), 0xD62F105D, 5);
        d = TLanes.G(d, a, b, c, Word(in words, 10), 0x02441453, 9);
        c = TLanes.G(c, d, a, b, Word(in words, 15), 0xD8A1E681, 14);
        b = TLanes.G(b, c, d, a, Word(in words, 4), 0xE7D3FBC8, 20);
        a = TLanes.G(a, b, c, d, Word(in words, 9), 0x21E1CDE6, 5);
        d = TLanes.G(d, a, b, c, Word(in words, 14), 0xC33707D6, 9);
        c = TLanes.G(c, d, a, b, Word(in words, 3), 0xF4D50D87, 14);
        b = TLanes.G(b, c, d, a, Word(in words, 8), 0x455A14ED, 20);
        a = TLanes.G(a, b, c, d, Word(in words, 13), 0xA9E3E905, 5);
        d = TLanes.G(d, a, b, c, Word(in words, 2), 0xFCEFA3F8, 9);
        c = TLanes.G(c, d, a, b, Word(in words, 7), 0x676F02D9, 14);
        b = TLanes.G(b, c, d, a, Word(in words, 12), 0x8D2A4C8A, 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round3(ref TWord a, ref TWord b, ref TWord c, ref TWord d, ref readonly TWord words)
    {
        a = TLanes.H(a, b, c, d, Word(in words, 5), 0xFFFA3942, 4);
        d = TLanes.H(d, a, b, c, Word(in words, 8), 0x8771F681, 11);
        c = TLanes.H(c, d, a, b, Word(in words, 11), 0x6D9D6122, 16);
        b = TLanes.H(b, c, d, a, Word(in words, 14), 0xFDE5380C, 23);
        a = TLanes.H(a, b, c, d, Word(in words, 1), 0xA4BEEA44, 4);
        d = TLanes.H(d, a, b, c, Word(in words, 4), 0x4BDECFA9, 11);
        c = TLanes.H(c, d, a, b, Word(in words, 7), 0xF6BB4B60, 16);
        b = TLanes.H(b, c, d, a, Word(in words, 10), 0xBEBFBC70, 23);
        a = TLanes.H(a, b, c, d, Word(in words, 13), 0x289B7EC6, 4);
        d = TLanes.H(d, a, b, c, Word(in words, 0), 0xEAA127FA, 11);
        c = TLanes.H(c, d, a, b, Word(in words, 3), 0xD4EF3085, 16);
        b = TLanes.H(b, c, d, a, Word(in words, 6), 0x04881D05, 23);
        a = TLanes.H(a, b, c, d, Word(in words, 9), 0xD9D4D039, 4);
        d = TLanes.H(d, a, b, c, Word(in words, 12), 0xE6DB99E5, 11);
        c = TLanes.H(c, d, a, b, Word(in words, 15), 0x1FA27CF8, 16);
        b = TLanes.H(b, c, d, a, Word(in words, 2), 0xC4AC5665, 23);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Round4(ref TWord a, ref TWord b, ref TWord c, ref TWord d, ref readonly TWord words)
    {
        a = TLanes.I(a, b, c, d, Word(in words, 0), 0xF4292244, 6);
        d = TLanes.I(d, a, b, c, Word(in words, 7), 0x432AFF97, 10);
        c = TLanes.I(c, d, a, b, Word(in words, 14), 0xAB9423A7, 15);
        b = TLanes.I(b, c, d, a, Word(in words, 5), 0xFC93A039, 21);
        a = TLanes.I(a, b, c, d, Word(in words, 12), 0x655B59C3, 6);
        d = TLanes.I(d, a, b, c, Word(in words, 3), 0x8F0CCC92, 10);
        c = TLanes.I(c, d, a, b, Word(in words, 10), 0xFFEFF47D, 15);
        b = TLanes.I(b, c, d, a, Word(in words, 1), 0x85845DD1, 21);
        a = TLanes.I(a, b, c, d, Word(in words, 8), 0x6FA87E4F, 6);
        d = TLanes.I(d, a, b, c, Word(in words, 15), 0xFE2CE6E0, 10);
        c = TLanes.I(c, d, a, b, Word(in words, 6), 0xA3014314, 15);
        b = TLanes.I(b, c, d, a, Word(in words, 13), 0x4E0811A1, 21);
        a = TLanes.I(a, b, c, d, Word(in words, 4), 0xF7537E82, 6);
        d = TLanes.I(d, a, b, c, Word(in words, 11), 0xBD3AF235, 10);
        c = TLanes.I(c, d, a, b, Word(in words, 2), 0x2AD7D2BB, 15);
        b = TLanes.I(b, c, d, a, Word(in words, 9), 0xEB86D391, 21);
    }

    static TWord Word(ref readonly TWord words, int index) => Unsafe.Add(ref Unsafe.AsRef(in words), index);
}
