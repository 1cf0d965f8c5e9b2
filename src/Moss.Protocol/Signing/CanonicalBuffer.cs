using System.Buffers;
using System.Text;

namespace Moss.Protocol.Signing;

/// <summary>The bytes of a text under construction, in a pooled array. Signatures are made over bytes, never over strings.</summary>
sealed class CanonicalBuffer : IDisposable
{
    const int InitialLength = 1024;

    byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialLength);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    static ReadOnlySpan<byte> UpperHex => "0123456789ABCDEF"u8;

    public void Byte(byte value) => Room(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    public void Utf8(ReadOnlySpan<char> text) =>
        Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetByteCount(text)));

    /// <summary>A header value: each character is one byte as it came over the wire.</summary>
    public void Latin1(ReadOnlySpan<char> text) => Encoding.Latin1.GetBytes(text, Room(text.Length));

    /// <summary>The percent-encoding of a decoded text.</summary>
    public void Encoded(ReadOnlySpan<char> text, bool keepSlash)
    {
        if (PercentEncoding.IsCanonical(text, keepSlash))
        {
            Utf8(text);
            return;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            EncodedRune(rune, keepSlash);
        }
    }

    /// <summary>The bytes that a piece of a wire query stands for.</summary>
    public void Decoded(ReadOnlySpan<char> raw, bool literalPlus) => Decode(raw, literalPlus, encode: false);

    /// <summary>A piece of a wire query in the canonical encoding: decoded, and encoded again.</summary>
    public void Recoded(ReadOnlySpan<char> raw, bool literalPlus)
    {
        if (PercentEncoding.IsCanonical(raw))
        {
            Utf8(raw);
            return;
        }

        Decode(raw, literalPlus, encode: true);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    void Decode(ReadOnlySpan<char> raw, bool literalPlus, bool encode)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c == '%' && TryHex(raw[i..], out var escaped))
            {
                One(escaped, encode);
                i += 2;
            }
            else if (c == '+' && !literalPlus)
            {
                One((byte)' ', encode);
            }
            else if (char.IsAscii(c))
            {
                One((byte)c, encode);
            }
            else
            {
                Rune.DecodeFromUtf16(raw[i..], out var rune, out var consumed);
                foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
                {
                    One(b, encode);
                }

                i += consumed - 1;
            }
        }
    }

    void EncodedRune(Rune rune, bool keepSlash)
    {
        if (rune.IsAscii)
        {
            EncodedByte((byte)rune.Value, keepSlash);
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
        {
            EncodedByte(b, keepSlash: false);
        }
    }

    void One(byte value, bool encode)
    {
        if (encode)
        {
            EncodedByte(value, keepSlash: false);
        }
        else
        {
            Byte(value);
        }
    }

    void EncodedByte(byte value, bool keepSlash)
    {
        if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~'
            || (keepSlash && value == '/'))
        {
            Byte(value);
            return;
        }

        var room = Room(3);
        room[0] = (byte)'%';
        room[1] = UpperHex[value >> 4];
        room[2] = UpperHex[value & 15];
    }

    static bool TryHex(ReadOnlySpan<char> escape, out byte value)
    {
        value = 0;
        if (escape.Length < 3 || !char.IsAsciiHexDigit(escape[1]) || !char.IsAsciiHexDigit(escape[2]))
        {
            return false;
        }

        value = (byte)((Nibble(escape[1]) << 4) | Nibble(escape[2]));
        return true;
    }

    static int Nibble(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + count));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        var room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }
}
