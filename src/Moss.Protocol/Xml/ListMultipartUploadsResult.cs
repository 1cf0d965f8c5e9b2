namespace Moss.Protocol.Xml;

/// <summary>An upload as ListMultipartUploads shows it.</summary>
public readonly record struct ListedUpload(string Key, string UploadId, string StorageClass, DateTimeOffset Initiated)
{
    internal void Write(XmlDocumentWriter writer, bool encode)
    {
        writer.Start("Upload");
        writer.Key("Key", Key, encode);
        writer.Element("UploadId", UploadId);
        writer.Element("StorageClass", StorageClass);
        writer.Element("Initiated", Initiated);
        writer.End();
    }

    internal static ListedUpload Read(XmlDocumentReader reader)
    {
        var result = new ListedUpload("", "", "", default);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Key" => result with { Key = reader.Text() },
                "UploadId" => result with { UploadId = reader.Text() },
                "StorageClass" => result with { StorageClass = reader.Text() },
                "Initiated" => result with { Initiated = reader.Time() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>
/// The answer of ListMultipartUploads. The next markers are always there, filled with the last entry even when the listing ends, empty
/// only when nothing was returned; the given markers come back empty, as the real service has it.
/// </summary>
public sealed record ListMultipartUploadsResult : IXmlDocument<ListMultipartUploadsResult>
{
    public static string Root => "ListMultipartUploadsResult";

    public required string Bucket { get; init; }

    public string KeyMarker { get; init; } = "";

    public string UploadIdMarker { get; init; } = "";

    public string NextKeyMarker { get; init; } = "";

    public string NextUploadIdMarker { get; init; } = "";

    public string Delimiter { get; init; } = "";

    public string Prefix { get; init; } = "";

    public int MaxUploads { get; init; }

    public bool IsTruncated { get; init; }

    public bool UrlEncoded { get; init; }

    public IReadOnlyList<ListedUpload> Uploads { get; init; } = [];

    public IReadOnlyList<string> Prefixes { get; init; } = [];

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("Bucket", Bucket);
        writer.Key("KeyMarker", KeyMarker, UrlEncoded);
        writer.Element("UploadIdMarker", UploadIdMarker);
        writer.Key("NextKeyMarker", NextKeyMarker, UrlEncoded);
        writer.Element("NextUploadIdMarker", NextUploadIdMarker);
        writer.Key("Delimiter", Delimiter, UrlEncoded);
        writer.Key("Prefix", Prefix, UrlEncoded);
        writer.Element("MaxUploads", MaxUploads);
        writer.Element("IsTruncated", IsTruncated);
        foreach (var upload in Uploads)
        {
            upload.Write(writer, UrlEncoded);
        }

        CommonPrefixes.Write(writer, Prefixes, UrlEncoded);
    }

    public static ListMultipartUploadsResult Read(XmlDocumentReader reader)
    {
        var result = new ListMultipartUploadsResult { Bucket = "" };
        var uploads = new List<ListedUpload>();
        var prefixes = new List<string>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Upload":
                    uploads.Add(ListedUpload.Read(reader));
                    break;
                case "CommonPrefixes":
                    CommonPrefixes.Read(reader, prefixes);
                    break;
                default:
                    result = ReadField(reader, result);
                    break;
            }
        }

        return Decoded(result, uploads, prefixes);
    }

    static ListMultipartUploadsResult ReadField(XmlDocumentReader reader, ListMultipartUploadsResult result) => reader.Name switch
    {
        "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
        "Bucket" => result with { Bucket = reader.Text() },
        "KeyMarker" => result with { KeyMarker = reader.Text() },
        "UploadIdMarker" => result with { UploadIdMarker = reader.Text() },
        "NextKeyMarker" => result with { NextKeyMarker = reader.Text() },
        "NextUploadIdMarker" => result with { NextUploadIdMarker = reader.Text() },
        "Delimiter" => result with { Delimiter = reader.Text() },
        "Prefix" => result with { Prefix = reader.Text() },
        "MaxUploads" => result with { MaxUploads = reader.Int32() },
        "IsTruncated" => result with { IsTruncated = reader.Boolean() },
        _ => result,
    };

    static ListMultipartUploadsResult Decoded(ListMultipartUploadsResult result, List<ListedUpload> uploads, List<string> prefixes)
    {
        var encoded = result.UrlEncoded;
        return result with
        {
            KeyMarker = XmlDocumentReader.Decoded(result.KeyMarker, encoded),
            NextKeyMarker = XmlDocumentReader.Decoded(result.NextKeyMarker, encoded),
            Delimiter = XmlDocumentReader.Decoded(result.Delimiter, encoded),
            Prefix = XmlDocumentReader.Decoded(result.Prefix, encoded),
            Uploads = uploads.ConvertAll(upload => upload with { Key = XmlDocumentReader.Decoded(upload.Key, encoded) }),
            Prefixes = CommonPrefixes.Decoded(prefixes, encoded),
        };
    }
}
