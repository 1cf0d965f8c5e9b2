namespace Moss.Protocol.Xml;

/// <summary>The document of Put- and GetBucketEncryption: how objects are encrypted whose writers say nothing of it.</summary>
public sealed record ServerSideEncryptionRule : IXmlDocument<ServerSideEncryptionRule>
{
    public static string Root => "ServerSideEncryptionRule";

    /// <summary><c>AES256</c>, <c>KMS</c> or <c>SM4</c>, unchecked.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>With <c>KMS</c> alone; empty for the service's own key.</summary>
    public string KmsMasterKeyId { get; init; } = "";

    /// <summary>With <c>KMS</c> alone: <c>SM4</c>, or empty.</summary>
    public string KmsDataEncryption { get; init; } = "";

    public static ServerSideEncryptionRule Read(XmlDocumentReader reader)
    {
        var rule = new ServerSideEncryptionRule();
        var root = reader.Enter();
        while (reader.Next(root))
        {
            if (reader.Name != "ApplyServerSideEncryptionByDefault")
            {
                continue;
            }

            var parent = reader.Enter();
            while (reader.Next(parent))
            {
                rule = reader.Name switch
                {
                    "SSEAlgorithm" => rule with { Algorithm = reader.Text() },
                    "KMSMasterKeyID" => rule with { KmsMasterKeyId = reader.Text() },
                    "KMSDataEncryption" => rule with { KmsDataEncryption = reader.Text() },
                    _ => rule,
                };
            }
        }

        return rule;
    }

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("ApplyServerSideEncryptionByDefault");
        writer.Element("SSEAlgorithm", Algorithm);
        writer.Element("KMSMasterKeyID", KmsMasterKeyId.Length > 0 ? KmsMasterKeyId : null);
        writer.Element("KMSDataEncryption", KmsDataEncryption.Length > 0 ? KmsDataEncryption : null);
        writer.End();
    }
}
