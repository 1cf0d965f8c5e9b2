using Moss.Protocol.Errors;

namespace Moss.Protocol.Xml;

/// <summary>The tags of an object or a bucket, in a request and in an answer. <c>TagSet</c> is there even when it is empty.</summary>
public sealed record Tagging(IReadOnlyList<KeyValuePair<string, string>> Tags) : IXmlDocument<Tagging>
{
    public static string Root => "Tagging";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("TagSet");
        foreach (var (key, value) in Tags)
        {
            writer.Start("Tag");
            writer.Element("Key", key);
            writer.Element("Value", value);
            writer.End();
        }

        writer.End();
    }

    public static Tagging Read(XmlDocumentReader reader)
    {
        var tags = new List<KeyValuePair<string, string>>();
        var hasSet = false;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "TagSet")
            {
                hasSet = true;
                ReadSet(reader, tags);
            }
        }

        return hasSet ? new(tags) : throw OssErrors.Xml("there is no TagSet.");
    }

    static void ReadSet(XmlDocumentReader reader, List<KeyValuePair<string, string>> tags)
    {
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Tag")
            {
                reader.Append(tags, ReadTag);
            }
        }
    }

    static KeyValuePair<string, string> ReadTag(XmlDocumentReader reader)
    {
        string? key = null;
        var value = "";
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Key":
                    key = reader.Text();
                    break;
                case "Value":
                    value = reader.Text();
                    break;
            }
        }

        return new(key ?? throw OssErrors.Xml("a Tag has no Key."), value);
    }
}
