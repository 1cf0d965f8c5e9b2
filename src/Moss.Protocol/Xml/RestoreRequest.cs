namespace Moss.Protocol.Xml;

/// <summary>The body of RestoreObject; all of it may be left out.</summary>
public sealed record RestoreRequest(int? Days, string? Tier = null) : IXmlDocument<RestoreRequest>
{
    public static string Root => "RestoreRequest";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Days", Days);
        if (Tier is not null)
        {
            writer.Start("JobParameters");
            writer.Element("Tier", Tier);
            writer.End();
        }
    }

    public static RestoreRequest Read(XmlDocumentReader reader)
    {
        var request = new RestoreRequest(Days: null);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            request = reader.Name switch
            {
                "Days" => request with { Days = reader.Int32() },
                "JobParameters" => request with { Tier = ReadTier(reader) },
                _ => request,
            };
        }

        return request;
    }

    static string? ReadTier(XmlDocumentReader reader)
    {
        string? tier = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Tier")
            {
                tier = reader.Text().Trim();
            }
        }

        return tier;
    }
}
