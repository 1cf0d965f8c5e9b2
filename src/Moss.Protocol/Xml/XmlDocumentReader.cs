using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Xml;

/// <summary>
/// Reads a document element by element, forward only. Accepts what clients send: raw control characters, illegal character references, any
/// namespace. Refuses document types, deep nesting and everything that is not well-formed with <c>MalformedXML</c>.
/// </summary>
/// <remarks>
/// The pattern: <c>var parent = reader.Enter(); while (reader.Next(parent)) switch (reader.Name) { ... }</c>; a child that is neither entered nor read is
/// skipped.
/// </remarks>
public sealed class XmlDocumentReader : IDisposable
{
    /// <summary>No document of the protocol nests deeper than 8.</summary>
    const int MaxDepth = 32;

    // Control characters are not checked: several client libraries send them raw or as illegal references in keys.
    static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        CheckCharacters = false,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    };

    readonly XmlReader _reader;
    bool _pending;

    /// <summary>Opens a document and moves to its root element, which must have this name.</summary>
    public XmlDocumentReader(ReadOnlyMemory<byte> document, string root)
    {
        document = RawControls.Escape(document);
        var stream = MemoryMarshal.TryGetArray(document, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(document.ToArray(), writable: false);
        _reader = Open(stream);
        if (Guarded(static reader => reader.MoveToContent()) != XmlNodeType.Element || _reader.LocalName != root)
        {
            throw OssErrors.Xml($"the root node is not named {root}.");
        }

        _pending = true;
    }

    /// <summary>The name of the current element, without a namespace.</summary>
    public string Name => _reader.LocalName;

    /// <summary>Steps into the current element; the result is what <see cref="Next"/> wants.</summary>
    public int Enter()
    {
        var depth = _reader.Depth;
        if (depth >= MaxDepth)
        {
            throw OssErrors.Xml("the document is nested too deeply.");
        }

        var empty = _reader.IsEmptyElement;
        MoveNext();
        _pending = false;
        return empty ? -1 : depth;
    }

    /// <summary>Moves to the next child of the element that was entered; false at its end.</summary>
    public bool Next(int parent)
    {
        if (parent < 0)
        {
            return false;
        }

        if (_pending)
        {
            Skip();
        }

        while (true)
        {
            switch (_reader.NodeType)
            {
                case XmlNodeType.Element:
                    _pending = true;
                    return true;
                case XmlNodeType.EndElement when _reader.Depth == parent:
                    MoveNext();
                    return false;
                default:
                    if (!MoveNext())
                    {
                        throw OssErrors.Xml("the document ends early.");
                    }

                    break;
            }
        }
    }

    /// <summary>The text of the current element, which holds no other element.</summary>
    public string Text()
    {
        _pending = false;
        return Guarded(static reader => reader.ReadElementContentAsString());
    }

    /// <summary>The text of the current element's child of this name, trimmed; null when it has none. All other children are passed over.</summary>
    public string? TextOf(string child) => Texts(child) is [.., var text] ? text : null;

    /// <summary>The current element's child of this name as <c>true</c> or <c>false</c>; null when it has none.</summary>
    public bool? BooleanOf(string child) => TextOf(child) is not { } text ? null
        : bool.TryParse(text, out var value) ? value
        : throw OssErrors.Xml($"{child} is neither true nor false.");

    /// <summary>The texts of the current element's children of this name, trimmed; at most <see cref="OssLimits.MaxListTexts"/>.</summary>
    public IReadOnlyList<string> Texts(string child)
    {
        var texts = new List<string>();
        var parent = Enter();
        while (Next(parent))
        {
            if (Name == child)
            {
                Append(texts, static reader => reader.Text().Trim(), OssLimits.MaxListTexts);
            }
        }

        return texts;
    }

    /// <summary>Reads one more element of a list, which may not have more than so many.</summary>
    internal void Append<T>(List<T> list, Func<XmlDocumentReader, T> read, int most = OssLimits.MaxListElements)
    {
        var name = Name;
        if (list.Count == most)
        {
            throw OssErrors.Xml($"there are more than {most} elements {name}.");
        }

        list.Add(read(this));
    }

    /// <summary>The current element's text as a whole number.</summary>
    public long Int64()
    {
        var name = Name;
        var text = Text().Trim();
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw OssErrors.Xml($"{name} is not a number.");
    }

    /// <summary>The current element's text as a 32-bit whole number.</summary>
    public int Int32()
    {
        var name = Name;
        var value = Int64();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw OssErrors.Xml($"{name} is out of range.");
    }

    /// <summary>The current element's text as an unsigned number, null when it is empty.</summary>
    public ulong? UInt64OrNull()
    {
        var name = Name;
        var text = Text().Trim();
        return text.Length == 0 ? null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
            : throw OssErrors.Xml($"{name} is not a number.");
    }

    /// <summary>The current element's text as <c>true</c> or <c>false</c>, whatever its case.</summary>
    public bool Boolean()
    {
        var name = Name;
        return bool.TryParse(Text(), out var value) ? value : throw OssErrors.Xml($"{name} is neither true nor false.");
    }

    /// <summary>The current element's text as a time.</summary>
    public DateTimeOffset Time()
    {
        var name = Name;
        return XmlTime.TryParse(Text().Trim(), out var value) ? value : throw OssErrors.Xml($"{name} is not a time.");
    }

    /// <summary>Whether the current element, an <c>EncodingType</c>, says <c>url</c>.</summary>
    internal bool IsUrlEncoding() => Text().Trim() == "url";

    /// <summary>A key as it stood in an answer, decoded when the answer is encoded.</summary>
    internal static string Decoded(string key, bool encoded) =>
        !encoded ? key
        : UrlEncoding.TryDecode(key, plusIsSpace: false, out var text) ? text
        : throw OssErrors.Xml("a name is not percent-encoded UTF-8.");

    /// <summary>Passes over the current element.</summary>
    public void Skip()
    {
        _pending = false;
        if (_reader.IsEmptyElement)
        {
            MoveNext();
            return;
        }

        var depth = Enter();
        while (_reader.NodeType != XmlNodeType.EndElement || _reader.Depth != depth)
        {
            if (_reader.Depth >= MaxDepth)
            {
                throw OssErrors.Xml("the document is nested too deeply.");
            }

            if (!MoveNext())
            {
                throw OssErrors.Xml("the document ends early.");
            }
        }

        MoveNext();
    }

    /// <summary>Reads what follows the root element: nothing but white space may.</summary>
    public void ReadToEnd()
    {
        while (MoveNext())
        {
        }
    }

    public void Dispose() => _reader.Dispose();

    bool MoveNext() => Guarded(static reader => reader.Read());

    // What System.Xml throws for a bad document: XmlException, and a few others for encodings and characters that it does not know.
    T Guarded<T>(Func<XmlReader, T> read)
    {
        try
        {
            return read(_reader);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            throw OssErrors.Xml(FirstSentence(exception.Message));
        }
    }

    // The first bytes are decoded at once.
    static XmlReader Open(MemoryStream document)
    {
        try
        {
            return XmlReader.Create(document, Settings);
        }
        catch (Exception exception) when (IsMalformed(exception))
        {
            throw OssErrors.Xml(FirstSentence(exception.Message));
        }
    }

    static bool IsMalformed(Exception exception) =>
        exception is XmlException or ArgumentException or NotSupportedException or InvalidOperationException;

    static string FirstSentence(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? message : message[..end];
    }
}
