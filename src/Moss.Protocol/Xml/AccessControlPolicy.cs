namespace Moss.Protocol.Xml;

/// <summary>The answer of GetBucketAcl and GetObjectAcl.</summary>
public sealed record AccessControlPolicy(Owner Owner, string Grant) : IXmlDocument<AccessControlPolicy>
{
    public static string Root => "AccessControlPolicy";

    public void Write(XmlDocumentWriter writer)
    {
        Owner.Write(writer);
        writer.Start("AccessControlList");
        writer.Element("Grant", Grant);
        writer.End();
    }

    public static AccessControlPolicy Read(XmlDocumentReader reader)
    {
        var policy = new AccessControlPolicy(new("", ""), "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Owner":
                    policy = policy with { Owner = Owner.Read(reader) };
                    break;
                case "AccessControlList":
                    policy = policy with { Grant = ReadGrant(reader) };
                    break;
            }
        }

        return policy;
    }

    internal static string ReadGrant(XmlDocumentReader reader)
    {
        var grant = "";
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Grant")
            {
                grant = reader.Text();
            }
        }

        return grant;
    }
}
