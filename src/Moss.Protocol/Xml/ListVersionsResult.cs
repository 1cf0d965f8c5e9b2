namespace Moss.Protocol.Xml;

/// <summary>A version, or a delete marker, as ListObjectVersions shows it.</summary>
/// <param name="Object">The version; of a delete marker only the key, the time and the owner count.</param>
public readonly record struct ListedVersion(ListedObject Object, string VersionId, bool IsLatest, bool IsDeleteMarker)
{
    internal void Write(XmlDocumentWriter writer, bool encode)
    {
        writer.Start(IsDeleteMarker ? "DeleteMarker" : "Version");
        writer.Key("Key", Object.Key, encode);
        writer.Element("VersionId", VersionId);
        writer.Element("IsLatest", IsLatest);
        writer.Element("LastModified", Object.LastModified);
        if (!IsDeleteMarker)
        {
            writer.Element("ETag", Object.ETag);
            writer.Element("Type", Object.Type);
            writer.Element("Size", Object.Size);
            writer.Element("StorageClass", Object.StorageClass);
        }

        Object.Owner?.Write(writer);
        writer.End();
    }

    internal static ListedVersion Read(XmlDocumentReader reader)
    {
        var listed = new ListedObject("", default, "", "", 0, "", null);
        var result = new ListedVersion(listed, "", IsLatest: false, reader.Name == "DeleteMarker");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "VersionId":
                    result = result with { VersionId = reader.Text() };
                    break;
                case "IsLatest":
                    result = result with { IsLatest = reader.Boolean() };
                    break;
                default:
                    listed = ReadField(reader, listed);
                    break;
            }
        }

        return result with { Object = listed };
    }

    static ListedObject ReadField(XmlDocumentReader reader, ListedObject listed) => reader.Name switch
    {
        "Key" => listed with { Key = reader.Text() },
        "LastModified" => listed with { LastModified = reader.Time() },
        "ETag" => listed with { ETag = reader.Text() },
        "Type" => listed with { Type = reader.Text() },
        "Size" => listed with { Size = reader.Int64() },
        "StorageClass" => listed with { StorageClass = reader.Text() },
        "Owner" => listed with { Owner = Owner.Read(reader) },
        _ => listed,
    };
}

/// <summary>The answer of ListObjectVersions: versions and delete markers interleaved, by key, the newest first.</summary>
public sealed record ListVersionsResult : IXmlDocument<ListVersionsResult>
{
    public static string Root => "ListVersionsResult";

    public required string Name { get; init; }

    public string Prefix { get; init; } = "";

    public string KeyMarker { get; init; } = "";

    public string VersionIdMarker { get; init; } = "";

    public int MaxKeys { get; init; }

    public string Delimiter { get; init; } = "";

    public bool UrlEncoded { get; init; }

    public bool IsTruncated { get; init; }

    /// <summary>Only when the listing goes on.</summary>
    public string? NextKeyMarker { get; init; }

    /// <summary>Only when the listing goes on.</summary>
    public string? NextVersionIdMarker { get; init; }

    public IReadOnlyList<ListedVersion> Versions { get; init; } = [];

    public IReadOnlyList<string> Prefixes { get; init; } = [];

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Name", Name);
        writer.Key("Prefix", Prefix, UrlEncoded);
        writer.Key("KeyMarker", KeyMarker, UrlEncoded);
        writer.Element("VersionIdMarker", VersionIdMarker);
        writer.Element("MaxKeys", MaxKeys);
        writer.Key("Delimiter", Delimiter, UrlEncoded);
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("IsTruncated", IsTruncated);
        writer.Key("NextKeyMarker", NextKeyMarker, UrlEncoded);
        writer.Element("NextVersionIdMarker", NextVersionIdMarker);
        foreach (var version in Versions)
        {
            version.Write(writer, UrlEncoded);
        }

        CommonPrefixes.Write(writer, Prefixes, UrlEncoded);
    }

    public static ListVersionsResult Read(XmlDocumentReader reader)
    {
        var result = new ListVersionsResult { Name = "" };
        var versions = new List<ListedVersion>();
        var prefixes = new List<string>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Version" or "DeleteMarker":
                    versions.Add(ListedVersion.Read(reader));
                    break;
                case "CommonPrefixes":
                    CommonPrefixes.Read(reader, prefixes);
                    break;
                default:
                    result = ReadField(reader, result);
                    break;
            }
        }

        return Decoded(result, versions, prefixes);
    }

    static ListVersionsResult ReadField(XmlDocumentReader reader, ListVersionsResult result) => reader.Name switch
    {
        "Name" => result with { Name = reader.Text() },
        "Prefix" => result with { Prefix = reader.Text() },
        "KeyMarker" => result with { KeyMarker = reader.Text() },
        "VersionIdMarker" => result with { VersionIdMarker = reader.Text() },
        "MaxKeys" => result with { MaxKeys = reader.Int32() },
        "Delimiter" => result with { Delimiter = reader.Text() },
        "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
        "IsTruncated" => result with { IsTruncated = reader.Boolean() },
        "NextKeyMarker" => result with { NextKeyMarker = reader.Text() },
        "NextVersionIdMarker" => result with { NextVersionIdMarker = reader.Text() },
        _ => result,
    };

    static ListVersionsResult Decoded(ListVersionsResult result, List<ListedVersion> versions, List<string> prefixes)
    {
        var encoded = result.UrlEncoded;
        return result with
        {
            Prefix = XmlDocumentReader.Decoded(result.Prefix, encoded),
            KeyMarker = XmlDocumentReader.Decoded(result.KeyMarker, encoded),
            Delimiter = XmlDocumentReader.Decoded(result.Delimiter, encoded),
            NextKeyMarker = result.NextKeyMarker is { } next ? XmlDocumentReader.Decoded(next, encoded) : null,
            Versions = versions.ConvertAll(version => version with
            {
                Object = version.Object with { Key = XmlDocumentReader.Decoded(version.Object.Key, encoded) },
            }),
            Prefixes = CommonPrefixes.Decoded(prefixes, encoded),
        };
    }
}
