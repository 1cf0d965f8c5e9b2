namespace Moss.Protocol.Xml;

/// <summary>The answer of GetBucketPolicyStatus.</summary>
/// <param name="IsPublic">Whether the policy of the bucket lets everybody in.</param>
public sealed record PolicyStatus(bool IsPublic) : IXmlDocument<PolicyStatus>
{
    public static string Root => "PolicyStatus";

    public void Write(XmlDocumentWriter writer) => writer.Element("IsPublic", IsPublic);

    public static PolicyStatus Read(XmlDocumentReader reader) => new(reader.BooleanOf("IsPublic") ?? false);
}
