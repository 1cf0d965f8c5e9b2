namespace Moss.Protocol.Xml;

/// <summary>The answer of ListObjects. Contents stand first, then the common prefixes; both in byte order.</summary>
public sealed record ListObjectsResult : IXmlDocument<ListObjectsResult>
{
    public static string Root => "ListBucketResult";

    public required string Name { get; init; }

    public string Prefix { get; init; } = "";

    public string Marker { get; init; } = "";

    public int MaxKeys { get; init; }

    public string Delimiter { get; init; } = "";

    public bool UrlEncoded { get; init; }

    public bool IsTruncated { get; init; }

    /// <summary>The last key or common prefix of the page; only when the listing goes on.</summary>
    public string? NextMarker { get; init; }

    public IReadOnlyList<ListedObject> Contents { get; init; } = [];

    public IReadOnlyList<string> Prefixes { get; init; } = [];

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Name", Name);
        writer.Key("Prefix", Prefix, UrlEncoded);
        writer.Key("Marker", Marker, UrlEncoded);
        writer.Element("MaxKeys", MaxKeys);
        writer.Key("Delimiter", Delimiter, UrlEncoded);
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("IsTruncated", IsTruncated);
        writer.Key("NextMarker", NextMarker, UrlEncoded);
        foreach (var content in Contents)
        {
            content.Write(writer, UrlEncoded);
        }

        CommonPrefixes.Write(writer, Prefixes, UrlEncoded);
    }

    public static ListObjectsResult Read(XmlDocumentReader reader)
    {
        var result = new ListObjectsResult { Name = "" };
        var contents = new List<ListedObject>();
        var prefixes = new List<string>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Contents":
                    contents.Add(ListedObject.Read(reader));
                    break;
                case "CommonPrefixes":
                    CommonPrefixes.Read(reader, prefixes);
                    break;
                default:
                    result = ReadField(reader, result);
                    break;
            }
        }

        return Decoded(result, contents, prefixes);
    }

    static ListObjectsResult ReadField(XmlDocumentReader reader, ListObjectsResult result) => reader.Name switch
    {
        "Name" => result with { Name = reader.Text() },
        "Prefix" => result with { Prefix = reader.Text() },
        "Marker" => result with { Marker = reader.Text() },
        "MaxKeys" => result with { MaxKeys = reader.Int32() },
        "Delimiter" => result with { Delimiter = reader.Text() },
        "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
        "IsTruncated" => result with { IsTruncated = reader.Boolean() },
        "NextMarker" => result with { NextMarker = reader.Text() },
        _ => result,
    };

    static ListObjectsResult Decoded(ListObjectsResult result, List<ListedObject> contents, List<string> prefixes)
    {
        var encoded = result.UrlEncoded;
        return result with
        {
            Prefix = XmlDocumentReader.Decoded(result.Prefix, encoded),
            Marker = XmlDocumentReader.Decoded(result.Marker, encoded),
            Delimiter = XmlDocumentReader.Decoded(result.Delimiter, encoded),
            NextMarker = result.NextMarker is { } next ? XmlDocumentReader.Decoded(next, encoded) : null,
            Contents = contents.ConvertAll(content => content with { Key = XmlDocumentReader.Decoded(content.Key, encoded) }),
            Prefixes = CommonPrefixes.Decoded(prefixes, encoded),
        };
    }
}
