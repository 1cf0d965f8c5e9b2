using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Xml;

/// <summary>A key (and a version) to delete; plain text, whatever the encoding type of the answer.</summary>
public readonly record struct DeleteEntry(string Key, string? VersionId = null);

/// <summary>The body of DeleteMultipleObjects: 1 to 1,000 keys.</summary>
public sealed record Delete(bool Quiet, IReadOnlyList<DeleteEntry> Objects) : IXmlDocument<Delete>
{
    /// <summary>The detail code of a document whose root is another.</summary>
    public const string WrongRootEC = "0016-00000608";

    public static string Root => "Delete";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Quiet", Quiet);
        foreach (var entry in Objects)
        {
            writer.Start("Object");
            writer.Element("Key", entry.Key);
            writer.Element("VersionId", entry.VersionId);
            writer.End();
        }
    }

    public static Delete Read(XmlDocumentReader reader)
    {
        var quiet = false;
        var objects = new List<DeleteEntry>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Quiet":
                    quiet = reader.Boolean();
                    break;
                case "Object":
                    reader.Append(objects, ReadObject, OssLimits.MaxDeleteKeys);
                    break;
            }
        }

        return objects.Count > 0 ? new(quiet, objects) : throw OssErrors.Xml("no Object is named.");
    }

    static DeleteEntry ReadObject(XmlDocumentReader reader)
    {
        string? key = null, version = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Key":
                    key = reader.Text();
                    break;
                case "VersionId":
                    version = reader.Text();
                    break;
            }
        }

        return new(key ?? throw OssErrors.Xml("an Object has no Key."), version is { Length: > 0 } ? version : null);
    }
}

/// <summary>A key that was deleted.</summary>
/// <param name="VersionId">The version that was asked for.</param>
/// <param name="DeleteMarker">True when a delete marker was made or removed.</param>
/// <param name="DeleteMarkerVersionId">The version of that marker.</param>
public readonly record struct DeletedEntry(string Key, string? VersionId, bool DeleteMarker, string? DeleteMarkerVersionId);

/// <summary>The answer of DeleteMultipleObjects, unless the request was quiet. The order is the request's.</summary>
public sealed record DeleteResult(IReadOnlyList<DeletedEntry> Deleted, bool UrlEncoded = false) : IXmlDocument<DeleteResult>
{
    public static string Root => "DeleteResult";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("EncodingType", UrlEncoded ? "url" : null);
        foreach (var entry in Deleted)
        {
            writer.Start("Deleted");
            writer.Key("Key", entry.Key, UrlEncoded);
            writer.Element("VersionId", entry.VersionId);
            writer.Element("DeleteMarker", entry.DeleteMarker ? true : (bool?)null);
            writer.Element("DeleteMarkerVersionId", entry.DeleteMarkerVersionId);
            writer.End();
        }
    }

    public static DeleteResult Read(XmlDocumentReader reader)
    {
        var deleted = new List<DeletedEntry>();
        var encoded = false;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "EncodingType":
                    encoded = reader.IsUrlEncoding();
                    break;
                case "Deleted":
                    deleted.Add(ReadEntry(reader));
                    break;
            }
        }

        return new(deleted.ConvertAll(entry => entry with { Key = XmlDocumentReader.Decoded(entry.Key, encoded) }), encoded);
    }

    static DeletedEntry ReadEntry(XmlDocumentReader reader)
    {
        var entry = new DeletedEntry("", null, DeleteMarker: false, null);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            entry = reader.Name switch
            {
                "Key" => entry with { Key = reader.Text() },
                "VersionId" => entry with { VersionId = reader.Text() },
                "DeleteMarker" => entry with { DeleteMarker = reader.Boolean() },
                "DeleteMarkerVersionId" => entry with { DeleteMarkerVersionId = reader.Text() },
                _ => entry,
            };
        }

        return entry;
    }
}
