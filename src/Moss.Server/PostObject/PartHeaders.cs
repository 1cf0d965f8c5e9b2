using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Server.PostObject;

/// <summary>What the headers of a part say.</summary>
/// <param name="Name">The field's name; empty when there is none.</param>
/// <param name="FileName">The uploaded file's name without the folders of its owner's disk; null when it is no file.</param>
/// <param name="ContentType">As it was sent, one character a byte; null when it was not.</param>
sealed record PartHeaders(string Name, string? FileName, string? ContentType)
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Parses the lines between the delimiter and the empty line.</summary>
    /// <exception cref="OssException"><c>MalformedPOSTRequest</c> or <c>FieldItemTooLong</c>.</exception>
    public static PartHeaders Parse(ReadOnlySpan<byte> block)
    {
        string? name = null, fileName = null, contentType = null;
        foreach (var line in Text(block).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw Malformed();
            }

            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].TrimEnd().ToLowerInvariant())
            {
                case "content-disposition":
                    (name, fileName) = Disposition(value);
                    break;
                case "content-type":
                    contentType = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value));
                    break;
            }
        }

        return Encoding.UTF8.GetByteCount(name ?? "") <= FormLimits.MaxFieldName
            ? new(name ?? "", fileName is null ? null : BaseName(fileName), contentType)
            : throw new OssException(OssErrors.FieldItemTooLong);
    }

    public static OssException Malformed() => new(OssErrors.MalformedPOSTRequest);

    // Browsers send names as UTF-8; what is not UTF-8 is read byte for byte.
    static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    // form-data; name="x"; filename="y": quoted or not, in any order.
    static (string? Name, string? FileName) Disposition(string value)
    {
        string? name = null, fileName = null, extended = null;
        var at = value.IndexOf(';', StringComparison.Ordinal);
        while (at >= 0 && at < value.Length)
        {
            var equals = value.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            var key = value[(value.LastIndexOf(';', equals) + 1)..equals].Trim().ToLowerInvariant();
            (var text, at) = Value(value, equals + 1);
            switch (key)
            {
                case "name":
                    name ??= text;
                    break;
                case "filename":
                    fileName ??= text;
                    break;
                case "filename*":
                    extended ??= Extended(text);
                    break;
            }
        }

        return (name, extended ?? fileName);
    }

    // The value that begins at a place, and the place of the semicolon behind it. A backslash only escapes a quote: old browsers send
    // paths with plain ones.
    static (string Text, int Next) Value(string header, int start)
    {
        while (start < header.Length && header[start] == ' ')
        {
            start++;
        }

        if (start >= header.Length || header[start] != '"')
        {
            var end = header.IndexOf(';', start);
            return end < 0 ? (header[start..].Trim(), -1) : (header[start..end].Trim(), end);
        }

        var text = new StringBuilder();
        for (var at = start + 1; at < header.Length; at++)
        {
            if (header[at] == '"')
            {
                return (text.ToString(), header.IndexOf(';', at));
            }

            at += header[at] == '\\' && at + 1 < header.Length && header[at + 1] == '"' ? 1 : 0;
            text.Append(header[at]);
        }

        throw Malformed();
    }

    // RFC 5987: UTF-8''name, percent-encoded.
    static string? Extended(string text)
    {
        const string Lead = "UTF-8''";
        return text.StartsWith(Lead, StringComparison.OrdinalIgnoreCase) && UrlEncoding.TryDecode(text.AsSpan(Lead.Length), plusIsSpace: false, out var name)
            ? name
            : null;
    }

    static string BaseName(string path) => path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
}
