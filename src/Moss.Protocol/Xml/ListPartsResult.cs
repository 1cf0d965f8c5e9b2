using System.Globalization;

namespace Moss.Protocol.Xml;

/// <summary>A part as ListParts shows it.</summary>
/// <param name="ETag">In double quotes.</param>
/// <param name="HashCrc64ecma">CRC-64/XZ of the part; null where a server does not say.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct UploadedPart(
    int PartNumber, DateTimeOffset LastModified, string ETag, ulong? HashCrc64ecma, long Size)
{
    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Part");
        writer.Element("PartNumber", PartNumber);
        writer.Element("LastModified", LastModified);
        writer.Element("ETag", ETag);
        writer.Element("HashCrc64ecma", HashCrc64ecma?.ToString(CultureInfo.InvariantCulture));
        writer.Element("Size", Size);
        writer.End();
    }

    internal static UploadedPart Read(XmlDocumentReader reader)
    {
        var result = new UploadedPart(0, default, "", null, 0);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "PartNumber" => result with { PartNumber = reader.Int32() },
                "LastModified" => result with { LastModified = reader.Time() },
                "ETag" => result with { ETag = reader.Text() },
                "HashCrc64ecma" => result with { HashCrc64ecma = reader.UInt64OrNull() },
                "Size" => result with { Size = reader.Int64() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>
/// The answer of ListParts. <see cref="NextPartNumberMarker"/> is the last returned part even when the listing ends; without parts
/// the element is there and empty.
/// </summary>
public sealed record ListPartsResult : IXmlDocument<ListPartsResult>
{
    public static string Root => "ListPartsResult";

    public required string Bucket { get; init; }

    public required string Key { get; init; }

    public required string UploadId { get; init; }

    public string StorageClass { get; init; } = "Standard";

    public int PartNumberMarker { get; init; }

    public int? NextPartNumberMarker { get; init; }

    public int MaxParts { get; init; }

    public bool IsTruncated { get; init; }

    public bool UrlEncoded { get; init; }

    /// <summary>What a client that encrypts said of its encryption: element names (<c>ClientEncryptionKey</c>...) and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ClientEncryption { get; init; } = [];

    public IReadOnlyList<UploadedPart> Parts { get; init; } = [];

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("Bucket", Bucket);
        writer.Key("Key", Key, UrlEncoded);
        writer.Element("UploadId", UploadId);
        writer.Element("StorageClass", StorageClass);
        writer.Element("PartNumberMarker", PartNumberMarker);
        writer.Element("NextPartNumberMarker", NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture) ?? "");
        writer.Element("MaxParts", MaxParts);
        writer.Element("IsTruncated", IsTruncated);
        foreach (var (name, value) in ClientEncryption)
        {
            writer.Element(name, value);
        }

        foreach (var part in Parts)
        {
            part.Write(writer);
        }
    }

    public static ListPartsResult Read(XmlDocumentReader reader)
    {
        var result = new ListPartsResult { Bucket = "", Key = "", UploadId = "" };
        var parts = new List<UploadedPart>();
        var encryption = new List<KeyValuePair<string, string>>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Part":
                    parts.Add(UploadedPart.Read(reader));
                    break;
                case var name when name.StartsWith("ClientEncryption", StringComparison.Ordinal):
                    encryption.Add(new(name, reader.Text()));
                    break;
                default:
                    result = ReadField(reader, result);
                    break;
            }
        }

        return result with
        {
            Key = XmlDocumentReader.Decoded(result.Key, result.UrlEncoded),
            Parts = parts,
            ClientEncryption = encryption,
        };
    }

    static ListPartsResult ReadField(XmlDocumentReader reader, ListPartsResult result) => reader.Name switch
    {
        "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
        "Bucket" => result with { Bucket = reader.Text() },
        "Key" => result with { Key = reader.Text() },
        "UploadId" => result with { UploadId = reader.Text() },
        "StorageClass" => result with { StorageClass = reader.Text() },
        "PartNumberMarker" => result with { PartNumberMarker = reader.Int32() },
        "NextPartNumberMarker" => result with { NextPartNumberMarker = (int?)reader.UInt64OrNull() },
        "MaxParts" => result with { MaxParts = reader.Int32() },
        "IsTruncated" => result with { IsTruncated = reader.Boolean() },
        _ => result,
    };
}
