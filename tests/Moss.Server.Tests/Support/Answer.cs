using System.Text;
using System.Xml.Linq;

namespace Moss.Server.Tests.Support;

/// <summary>What came back, as it stood on the wire.</summary>
public sealed record Answer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A header's value, one character a byte; null when it is not there.</summary>
    public string? this[string name] =>
        Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    /// <summary>The document's root.</summary>
    public XElement Xml => XDocument.Parse(Text).Root!;

    /// <summary>The text of an element anywhere in the document; null when it is not there.</summary>
    public string? Element(string name) => Xml.DescendantsAndSelf(name).Select(element => element.Value).FirstOrDefault();

    /// <summary>The texts of all elements of that name, in order.</summary>
    public IReadOnlyList<string> Elements(string name) => [.. Xml.Descendants(name).Select(element => element.Value)];

    /// <summary>The wire's code, from the body or, for HEAD, from its header.</summary>
    public string? Code
    {
        get
        {
            var text = this["x-oss-err"] is { } encoded ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded)) : Text;
            const string start = "<Error>\n  <Code>";
            var at = text.IndexOf(start, StringComparison.Ordinal);
            return at < 0 ? null : text[(at + start.Length)..text.IndexOf("</Code>", StringComparison.Ordinal)];
        }
    }

    /// <summary>Holds the status and, for an error, everything that every error carries.</summary>
    public Answer Is(int status, string? code = null)
    {
        Assert.True(status == Status && code == Code, $"expected {status} {code}, got {Status} {Code}: {Text}");
        Assert.Equal("AliyunOSS", this["Server"]);
        Assert.Matches("^[0-9A-F]{24}$", this["x-oss-request-id"]);
        Assert.NotNull(this["Date"]);
        if (Status is not (204 or 304))
        {
            Assert.NotNull(this["Content-Length"]);
        }

        if (code is not null && this["x-oss-err"] is null)
        {
            Assert.Equal("application/xml", this["Content-Type"]);
            Assert.Equal(["Code", "Message", "RequestId", "HostId"], Xml.Elements().Take(4).Select(element => element.Name.LocalName));
            Assert.Equal(this["x-oss-request-id"], Element("RequestId"));
            Assert.Equal(this["x-oss-ec"], Element("EC"));
        }

        return this;
    }

    /// <summary>Holds an extra element of an error.</summary>
    public Answer Has(string element, string value)
    {
        Assert.Equal(value, Element(element));
        return this;
    }

    public override string ToString() => $"{Status} {Text}";
}
