namespace Moss.Protocol.Xml;

/// <summary>The optional body of PutBucket. The words are unchecked; null is "not said".</summary>
public sealed record CreateBucketConfiguration(string? StorageClass, string? DataRedundancyType, string? LocationConstraint)
    : IXmlDocument<CreateBucketConfiguration>
{
    public static string Root => "CreateBucketConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("StorageClass", StorageClass);
        writer.Element("DataRedundancyType", DataRedundancyType);
        writer.Element("LocationConstraint", LocationConstraint);
    }

    public static CreateBucketConfiguration Read(XmlDocumentReader reader)
    {
        var document = new CreateBucketConfiguration(null, null, null);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            document = reader.Name switch
            {
                "StorageClass" => document with { StorageClass = reader.Text() },
                "DataRedundancyType" => document with { DataRedundancyType = reader.Text() },
                "LocationConstraint" => document with { LocationConstraint = reader.Text() },
                _ => document,
            };
        }

        return document;
    }
}
