using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Xml;

/// <summary>A part as the list of CompleteMultipartUpload names it, unchecked.</summary>
/// <param name="PartNumber">Any number; the service refuses those outside 1 to 10,000.</param>
/// <param name="ETag">As sent, with or without quotes.</param>
public readonly record struct ListedPart(int PartNumber, string ETag);

/// <summary>
/// The body of CompleteMultipartUpload. Inside a part the elements may come in any order; a list of no parts is well-formed.
/// </summary>
public sealed record CompleteMultipartUpload(IReadOnlyList<ListedPart> Parts) : IXmlDocument<CompleteMultipartUpload>
{
    /// <summary>More elements than there can be parts: repeated numbers are refused later, by their order.</summary>
    const int MaxElements = 2 * OssLimits.MaxPartNumber;

    public static string Root => "CompleteMultipartUpload";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var part in Parts)
        {
            writer.Start("Part");
            writer.Element("PartNumber", part.PartNumber);
            writer.Element("ETag", part.ETag);
            writer.End();
        }
    }

    public static CompleteMultipartUpload Read(XmlDocumentReader reader)
    {
        var parts = new List<ListedPart>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Part")
            {
                reader.Append(parts, ReadPart, MaxElements);
            }
        }

        return new(parts);
    }

    static ListedPart ReadPart(XmlDocumentReader reader)
    {
        int? number = null;
        string? tag = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "PartNumber":
                    number = reader.Int32();
                    break;
                case "ETag":
                    tag = reader.Text();
                    break;
            }
        }

        return new(
            number ?? throw OssErrors.Xml("a Part has no PartNumber."), tag ?? throw OssErrors.Xml("a Part has no ETag."));
    }
}
