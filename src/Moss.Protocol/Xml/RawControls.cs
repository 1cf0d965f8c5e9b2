using System.Buffers;
using System.Globalization;
using System.Text;

namespace Moss.Protocol.Xml;

/// <summary>
/// Control characters stand raw in the keys that some clients send. XML forbids them, and System.Xml refuses them however it is set; it takes
/// them as character references, which are just as forbidden.
/// </summary>
static class RawControls
{
    static readonly SearchValues<byte> Controls = SearchValues.Create(
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    ]);

    /// <summary>The same document with references in place of raw control characters; the same memory when there are none.</summary>
    public static ReadOnlyMemory<byte> Escape(ReadOnlyMemory<byte> document)
    {
        var rest = document.Span;

        // In UTF-16 every other byte is a control character, and means something else.
        if (rest is [0xfe, 0xff, ..] or [0xff, 0xfe, ..] || !rest.ContainsAny(Controls))
        {
            return document;
        }

        var escaped = new ArrayBufferWriter<byte>(document.Length + 64);
        for (var at = rest.IndexOfAny(Controls); at >= 0; at = rest.IndexOfAny(Controls))
        {
            escaped.Write(rest[..at]);
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"&#{rest[at]};"), escaped);
            rest = rest[(at + 1)..];
        }

        escaped.Write(rest);
        return escaped.WrittenMemory;
    }
}
