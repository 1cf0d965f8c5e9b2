using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Moss.Protocol.Xml;

/// <summary>
/// Percent-encoding as <c>encoding-type=url</c>, <c>Location</c> and <c>x-oss-symlink-target</c> have it: UTF-8, upper-case hex, only
/// <c>A-Z a-z 0-9 - _ .</c> stand for themselves. A space is <c>%20</c>, never <c>+</c>.
/// </summary>
public static class UrlEncoding
{
    /// <summary>Refuses bytes that are not UTF-8 instead of replacing them: two names must never become one.</summary>
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>Encodes a text; lone surrogates become U+FFFD.</summary>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Unreserved))
        {
            return text;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var result = new StringBuilder(bytes.Length * 3);
        foreach (var b in bytes)
        {
            if (b < 0x80 && Unreserved.Contains((char)b))
            {
                result.Append((char)b);
            }
            else
            {
                result.Append('%').Append(HexDigit(b >> 4)).Append(HexDigit(b & 0xf));
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// Decodes once. False when an escape is not two hex digits, when a character is beyond Latin-1 (it cannot come from the wire), or when
    /// the bytes are not UTF-8.
    /// </summary>
    /// <param name="encoded">The text, one character a byte.</param>
    /// <param name="plusIsSpace">Whether <c>+</c> stands for a space, as in queries and in <c>x-oss-copy-source</c>.</param>
    public static bool TryDecode(ReadOnlySpan<char> encoded, bool plusIsSpace, [NotNullWhen(true)] out string? text)
    {
        if (!encoded.ContainsAny('%', '+') && Ascii.IsValid(encoded))
        {
            text = encoded.ToString();
            return true;
        }

        text = null;
        var bytes = ArrayPool<byte>.Shared.Rent(encoded.Length);
        try
        {
            var length = DecodeBytes(encoded, plusIsSpace, bytes);
            if (length < 0)
            {
                return false;
            }

            text = Strict.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    static int DecodeBytes(ReadOnlySpan<char> encoded, bool plusIsSpace, Span<byte> bytes)
    {
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (c == '%')
            {
                if (encoded.Length - i < 3 || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
                {
                    return -1;
                }

                bytes[length++] = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                i += 2;
            }
            else if (c > 0xff)
            {
                return -1;
            }
            else
            {
                bytes[length++] = c == '+' && plusIsSpace ? (byte)' ' : (byte)c;
            }
        }

        return length;
    }

    static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);

    static int HexValue(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
