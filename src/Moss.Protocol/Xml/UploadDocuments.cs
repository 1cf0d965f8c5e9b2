namespace Moss.Protocol.Xml;

/// <summary>The answer of InitiateMultipartUpload. Bucket, Key and UploadId are always there.</summary>
public sealed record InitiateMultipartUploadResult(string Bucket, string Key, string UploadId, bool UrlEncoded = false)
    : IXmlDocument<InitiateMultipartUploadResult>
{
    public static string Root => "InitiateMultipartUploadResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("Bucket", Bucket);
        writer.Key("Key", Key, UrlEncoded);
        writer.Element("UploadId", UploadId);
    }

    public static InitiateMultipartUploadResult Read(XmlDocumentReader reader)
    {
        var result = new InitiateMultipartUploadResult("", "", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
                "Bucket" => result with { Bucket = reader.Text() },
                "Key" => result with { Key = reader.Text() },
                "UploadId" => result with { UploadId = reader.Text() },
                _ => result,
            };
        }

        return result with { Key = XmlDocumentReader.Decoded(result.Key, result.UrlEncoded) };
    }
}

/// <summary>The answer of CompleteMultipartUpload.</summary>
/// <param name="Location">The object's address, its key percent-encoded.</param>
/// <param name="ETag">In double quotes.</param>
public sealed record CompleteMultipartUploadResult(string Location, string Bucket, string Key, string ETag, bool UrlEncoded = false)
    : IXmlDocument<CompleteMultipartUploadResult>
{
    public static string Root => "CompleteMultipartUploadResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        writer.Element("Location", Location);
        writer.Element("Bucket", Bucket);
        writer.Key("Key", Key, UrlEncoded);
        writer.Element("ETag", ETag);
    }

    public static CompleteMultipartUploadResult Read(XmlDocumentReader reader)
    {
        var result = new CompleteMultipartUploadResult("", "", "", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "EncodingType" => result with { UrlEncoded = reader.IsUrlEncoding() },
                "Location" => result with { Location = reader.Text() },
                "Bucket" => result with { Bucket = reader.Text() },
                "Key" => result with { Key = reader.Text() },
                "ETag" => result with { ETag = reader.Text() },
                _ => result,
            };
        }

        return result with { Key = XmlDocumentReader.Decoded(result.Key, result.UrlEncoded) };
    }
}

/// <summary>The answer of CopyObject. <paramref name="ETag"/> is in double quotes.</summary>
public sealed record CopyObjectResult(string ETag, DateTimeOffset LastModified) : IXmlDocument<CopyObjectResult>
{
    public static string Root => "CopyObjectResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("ETag", ETag);
        writer.Element("LastModified", LastModified);
    }

    public static CopyObjectResult Read(XmlDocumentReader reader)
    {
        var (tag, modified) = CopyPartResult.ReadTagAndTime(reader);
        return new(tag, modified);
    }
}

/// <summary>The answer of UploadPartCopy. <paramref name="ETag"/> is in double quotes.</summary>
public sealed record CopyPartResult(DateTimeOffset LastModified, string ETag) : IXmlDocument<CopyPartResult>
{
    public static string Root => "CopyPartResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("LastModified", LastModified);
        writer.Element("ETag", ETag);
    }

    public static CopyPartResult Read(XmlDocumentReader reader)
    {
        var (tag, modified) = ReadTagAndTime(reader);
        return new(modified, tag);
    }

    internal static (string ETag, DateTimeOffset LastModified) ReadTagAndTime(XmlDocumentReader reader)
    {
        var result = (ETag: "", LastModified: default(DateTimeOffset));
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "ETag":
                    result.ETag = reader.Text();
                    break;
                case "LastModified":
                    result.LastModified = reader.Time();
                    break;
            }
        }

        return result;
    }
}
