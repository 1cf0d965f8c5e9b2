namespace Moss.Protocol.Xml;

/// <summary>
/// <c>Error</c>: Code, Message, RequestId, HostId, the extras of the code, EC, RecommendDoc, in this order (recorded answers).
/// </summary>
public sealed record ErrorDocument : IXmlDocument<ErrorDocument>
{
    public static string Root => "Error";

    public required string Code { get; init; }

    public string Message { get; init; } = "";

    public string RequestId { get; init; } = "";

    public string HostId { get; init; } = "";

    /// <summary>The extra elements of the code, in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];

    /// <summary>The error code detail; when there is one, the page that explains it is named beside it.</summary>
    public string? EC { get; init; }

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Code", Code);
        writer.Element("Message", Message);
        writer.Element("RequestId", RequestId);
        writer.Element("HostId", HostId);
        foreach (var (name, value) in Details)
        {
            writer.Element(name, value);
        }

        if (EC is not null)
        {
            writer.Element("EC", EC);
            writer.Element("RecommendDoc", $"https://api.aliyun.com/troubleshoot?q={EC}");
        }
    }

    public static ErrorDocument Read(XmlDocumentReader reader)
    {
        var document = new ErrorDocument { Code = "" };
        var details = new List<KeyValuePair<string, string>>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Code":
                    document = document with { Code = reader.Text() };
                    break;
                case "Message":
                    document = document with { Message = reader.Text() };
                    break;
                case "RequestId":
                    document = document with { RequestId = reader.Text() };
                    break;
                case "HostId":
                    document = document with { HostId = reader.Text() };
                    break;
                case "EC":
                    document = document with { EC = reader.Text() };
                    break;
                case "RecommendDoc":
                    break;
                case var name:
                    details.Add(new(name, reader.Text()));
                    break;
            }
        }

        return document with { Details = details };
    }
}
