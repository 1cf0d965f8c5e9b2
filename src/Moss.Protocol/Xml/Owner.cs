namespace Moss.Protocol.Xml;

/// <summary>An account, as documents name it.</summary>
public readonly record struct Owner(string Id, string DisplayName)
{
    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Owner");
        writer.Element("ID", Id);
        writer.Element("DisplayName", DisplayName);
        writer.End();
    }

    internal static Owner Read(XmlDocumentReader reader)
    {
        var owner = new Owner("", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "ID":
                    owner = owner with { Id = reader.Text() };
                    break;
                case "DisplayName":
                    owner = owner with { DisplayName = reader.Text() };
                    break;
            }
        }

        return owner;
    }
}
