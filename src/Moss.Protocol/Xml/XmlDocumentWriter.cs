using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Moss.Protocol.Xml;

/// <summary>
/// Writes XML byte for byte as the service does: declaration, line feeds, two spaces of indentation, one trailing line feed, no
/// namespace, an empty element as <c>&lt;A&gt;&lt;/A&gt;</c>. Source: recorded answers, whose Content-Length agrees to the byte.
/// </summary>
public sealed class XmlDocumentWriter(IBufferWriter<byte> output)
{
    readonly Stack<string> _open = new();
    bool _hasChildren;

    /// <summary>Opens an element that holds elements. The first one is preceded by the declaration.</summary>
    public void Start(string name)
    {
        if (_open.Count == 0)
        {
            output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"u8);
        }

        NewLine(_open.Count);
        Tag(name);
        _open.Push(name);
        _hasChildren = false;
    }

    /// <summary>Closes the element opened last; after the root comes the trailing line feed.</summary>
    public void End()
    {
        var name = _open.Pop();
        if (_hasChildren)
        {
            NewLine(_open.Count);
        }

        EndTag(name);
        _hasChildren = true;
        if (_open.Count == 0)
        {
            output.Write("\n"u8);
        }
    }

    /// <summary>An element with text; null leaves it out.</summary>
    public void Element(string name, string? text)
    {
        if (text is not null)
        {
            NewLine(_open.Count);
            Tag(name);
            Text(text);
            EndTag(name);
            _hasChildren = true;
        }
    }

    /// <summary>An element for each of these texts.</summary>
    public void Elements(string name, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            Element(name, text);
        }
    }

    /// <summary>An element with a decimal number; null leaves it out, for an empty number breaks some parsers.</summary>
    public void Element(string name, long? number)
    {
        if (number is { } value)
        {
            NewLine(_open.Count);
            Tag(name);
            var span = output.GetSpan(20);
            Utf8Formatter.TryFormat(value, span, out var written);
            output.Advance(written);
            EndTag(name);
            _hasChildren = true;
        }
    }

    /// <summary>An element with <c>true</c> or <c>false</c>; null leaves it out.</summary>
    public void Element(string name, bool? flag) => Element(name, flag is { } value ? (value ? "true" : "false") : null);

    /// <summary>An element with a time in ISO 8601, UTC, whose milliseconds are always 000; null leaves it out.</summary>
    public void Element(string name, DateTimeOffset? time) => Element(name, time is { } value ? XmlTime.Format(value) : null);

    /// <summary>An element with a key or a part of one, percent-encoded when the client asked for <c>encoding-type=url</c>.</summary>
    public void Key(string name, string? key, bool encode) =>
        Element(name, encode && key is not null ? UrlEncoding.Encode(key) : key);

    /// <summary>
    /// Writes text inside the element opened last, for the rare document whose root holds text. Characters that XML cannot carry go out as
    /// (illegal) character references, as nothing better exists without <c>encoding-type=url</c>.
    /// </summary>
    public void Text(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var special = text.IndexOfAny(Special);
            var plain = special < 0 ? text : text[..special];
            Utf8(plain);
            if (special < 0)
            {
                return;
            }

            Reference(text[special]);
            text = text[(special + 1)..];
        }
    }

    // A carriage return is legal, but every parser turns it into a line feed; only a reference survives.
    static readonly SearchValues<char> Special = SearchValues.Create(
        "&<>\r\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000b\u000c\u000e\u000f\u0010\u0011\u0012\u0013\u0014"
        + "\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\ufffe\uffff");

    void Reference(char c)
    {
        switch (c)
        {
            case '&':
                output.Write("&amp;"u8);
                break;
            case '<':
                output.Write("&lt;"u8);
                break;
            case '>':
                output.Write("&gt;"u8);
                break;
            default:
                Utf8($"&#x{(int)c:X};");
                break;
        }
    }

    void NewLine(int depth)
    {
        var span = output.GetSpan(1 + (2 * depth));
        span[0] = (byte)'\n';
        span.Slice(1, 2 * depth).Fill((byte)' ');
        output.Advance(1 + (2 * depth));
    }

    void Tag(string name)
    {
        output.Write("<"u8);
        Utf8(name);
        output.Write(">"u8);
    }

    void EndTag(string name)
    {
        output.Write("</"u8);
        Utf8(name);
        output.Write(">"u8);
    }

    void Utf8(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, output);
}
