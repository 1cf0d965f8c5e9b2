namespace Moss.Protocol.Xml;

/// <summary>The answer of ListObjectsV2.</summary>
public sealed record ListObjectsV2Result : IXmlDocument<ListObjectsV2Result>
{
    public static string Root => "ListBucketResult";

    public required string Name { get; init; }

    public string Prefix { get; init; } = "";

    /// <summary>Only when it was given.</summary>
    public string? StartAfter { get; init; }

    /// <summary>Only when it was given. Never encoded: its alphabet survives every encoding.</summary>
    public string? ContinuationToken { get; init; }

    public int MaxKeys { get; init; }

    public string Delimiter { get; init; } = "";

    public bool UrlEncoded { get; init; }

    public bool IsTruncated { get; init; }

    /// <summary>Only when the listing goes on.</summary>
    public string? NextContinuationToken { get; init; }

    public IReadOnlyList<ListedObject> Contents { get; init; } = [];

    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>Keys and prefixes of this page.</summary>
    public int KeyCount => Contents.Count + Prefixes.Count;

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Name", Name);
        writer.Key("Prefix", Prefix, UrlEncoded);
        writer.Key("StartAfter", StartAfter, UrlEncoded);
        writer.Element("ContinuationToken", ContinuationToken);
        writer.Element("MaxKeys", MaxKeys);
        writer.Key("Delimiter", Delimiter, UrlEncoded);
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("IsTruncated", IsTruncated);
        writer.Element("NextContinuationToken", NextContinuationToken);
        foreach (var content in Contents)
        {
            content.Write(writer, UrlEncoded);
        }

        CommonPrefixes.Write(writer, Prefixes, UrlEncoded);
        writer.Element("KeyCount", KeyCount);
    }

    public static ListObjectsV2Result Read(XmlDocumentReader reader)
    {
        var result = new ListObjectsV2Result { Name = "" };
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

    static ListObjectsV2Result ReadField(XmlDocumentReader reader, ListObjectsV2Result result) => reader.Name switch
    {
        "Name" => result with { Name = reader.Text() },
        "Prefix" => result with { Prefix = reader.Text() },
        "StartAfter" => result with { StartAfter = reader.Text() },
        "ContinuationToken" => result with { ContinuationToken = reader.Text() },
        "MaxKeys" => result with { MaxKeys = reader.Int32() },
        "Delimiter" => result with { Delimiter = reader.Text() },
        "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
        "IsTruncated" => result with { IsTruncated = reader.Boolean() },
        "NextContinuationToken" => result with { NextContinuationToken = reader.Text() },
        _ => result,
    };

    static ListObjectsV2Result Decoded(ListObjectsV2Result result, List<ListedObject> contents, List<string> prefixes)
    {
        var encoded = result.UrlEncoded;
        return result with
        {
            Prefix = XmlDocumentReader.Decoded(result.Prefix, encoded),
            StartAfter = result.StartAfter is { } start ? XmlDocumentReader.Decoded(start, encoded) : null,
            Delimiter = XmlDocumentReader.Decoded(result.Delimiter, encoded),
            Contents = contents.ConvertAll(content => content with { Key = XmlDocumentReader.Decoded(content.Key, encoded) }),
            Prefixes = CommonPrefixes.Decoded(prefixes, encoded),
        };
    }
}
