namespace Moss.Protocol.Xml;

/// <summary>An object as a listing shows it.</summary>
/// <param name="ETag">In double quotes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Owner">Always there in ListObjects, on demand in ListObjectsV2.</param>
public readonly record struct ListedObject(
    string Key, DateTimeOffset LastModified, string ETag, string Type, long Size, string StorageClass, Owner? Owner)
{
    internal void Write(XmlDocumentWriter writer, bool encode)
    {
        writer.Start("Contents");
        writer.Key("Key", Key, encode);
        writer.Element("LastModified", LastModified);
        writer.Element("ETag", ETag);
        writer.Element("Type", Type);
        writer.Element("Size", Size);
        writer.Element("StorageClass", StorageClass);
        Owner?.Write(writer);
        writer.End();
    }

    internal static ListedObject Read(XmlDocumentReader reader)
    {
        var result = new ListedObject("", default, "", "", 0, "", null);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Key" => result with { Key = reader.Text() },
                "LastModified" => result with { LastModified = reader.Time() },
                "ETag" => result with { ETag = reader.Text() },
                "Type" => result with { Type = reader.Text() },
                "Size" => result with { Size = reader.Int64() },
                "StorageClass" => result with { StorageClass = reader.Text() },
                "Owner" => result with { Owner = Xml.Owner.Read(reader) },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>What the listings have in common: one <c>CommonPrefixes</c> element for each prefix, after the entries.</summary>
static class CommonPrefixes
{
    public static void Write(XmlDocumentWriter writer, IReadOnlyList<string> prefixes, bool encode)
    {
        foreach (var prefix in prefixes)
        {
            writer.Start("CommonPrefixes");
            writer.Key("Prefix", prefix, encode);
            writer.End();
        }
    }

    public static void Read(XmlDocumentReader reader, List<string> prefixes)
    {
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Prefix")
            {
                prefixes.Add(reader.Text());
            }
        }
    }

    public static List<string> Decoded(List<string> prefixes, bool encoded) =>
        encoded ? prefixes.ConvertAll(prefix => XmlDocumentReader.Decoded(prefix, encoded)) : prefixes;
}
