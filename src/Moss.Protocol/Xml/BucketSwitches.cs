using Moss.Protocol.Errors;

namespace Moss.Protocol.Xml;

/// <summary>Whether nothing of a bucket, or of an account, may be public (PutBucketPublicAccessBlock, PutPublicAccessBlock).</summary>
public sealed record PublicAccessBlockConfiguration(bool BlockPublicAccess) : IXmlDocument<PublicAccessBlockConfiguration>
{
    public static string Root => "PublicAccessBlockConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("BlockPublicAccess", BlockPublicAccess);

    public static PublicAccessBlockConfiguration Read(XmlDocumentReader reader) => new(reader.BooleanOf("BlockPublicAccess") ?? false);
}

/// <summary>PutBucketTransferAcceleration, GetBucketTransferAcceleration.</summary>
public sealed record TransferAccelerationConfiguration(bool Enabled) : IXmlDocument<TransferAccelerationConfiguration>
{
    public static string Root => "TransferAccelerationConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("Enabled", Enabled);

    public static TransferAccelerationConfiguration Read(XmlDocumentReader reader) =>
        new(reader.BooleanOf("Enabled") ?? throw OssErrors.Xml("there is no Enabled."));
}

/// <summary>PutBucketArchiveDirectRead, GetBucketArchiveDirectRead.</summary>
public sealed record ArchiveDirectReadConfiguration(bool Enabled) : IXmlDocument<ArchiveDirectReadConfiguration>
{
    public static string Root => "ArchiveDirectReadConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("Enabled", Enabled);

    public static ArchiveDirectReadConfiguration Read(XmlDocumentReader reader) =>
        new(reader.BooleanOf("Enabled") ?? throw OssErrors.Xml("there is no Enabled."));
}

/// <summary>PutBucketAccessMonitor, GetBucketAccessMonitor.</summary>
/// <param name="Status"><c>Enabled</c> or <c>Disabled</c>.</param>
public sealed record AccessMonitorConfiguration(string Status) : IXmlDocument<AccessMonitorConfiguration>
{
    public static string Root => "AccessMonitorConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("Status", Status);

    public static AccessMonitorConfiguration Read(XmlDocumentReader reader) => new(reader.TextOf("Status") ?? "");
}

/// <summary>PutBucketResourceGroup, GetBucketResourceGroup.</summary>
public sealed record BucketResourceGroupConfiguration(string ResourceGroupId) : IXmlDocument<BucketResourceGroupConfiguration>
{
    public static string Root => "BucketResourceGroupConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("ResourceGroupId", ResourceGroupId);

    public static BucketResourceGroupConfiguration Read(XmlDocumentReader reader) =>
        new(reader.TextOf("ResourceGroupId") ?? throw OssErrors.Xml("there is no ResourceGroupId."));
}

/// <summary>Which versions of TLS a bucket is reached by (PutBucketHttpsConfig, GetBucketHttpsConfig).</summary>
/// <param name="Enable">Whether <paramref name="TLSVersions"/> counts; if not, every version that the server speaks is good.</param>
/// <param name="TLSVersions"><c>TLSv1.0</c> to <c>TLSv1.3</c>.</param>
public sealed record HttpsConfiguration(bool Enable, IReadOnlyList<string> TLSVersions) : IXmlDocument<HttpsConfiguration>
{
    public static string Root => "HttpsConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("TLS");
        writer.Element("Enable", Enable);
        writer.Elements("TLSVersion", TLSVersions);
        writer.End();
    }

    public static HttpsConfiguration Read(XmlDocumentReader reader)
    {
        HttpsConfiguration? result = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "TLS")
            {
                result = ReadTls(reader);
            }
        }

        return result ?? throw OssErrors.Xml("there is no TLS.");
    }

    static HttpsConfiguration ReadTls(XmlDocumentReader reader)
    {
        var (enable, versions) = (false, new List<string>());
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "Enable":
                    enable = reader.Boolean();
                    break;
                case "TLSVersion":
                    reader.Append(versions, static reader => reader.Text().Trim());
                    break;
            }
        }

        return new(enable, versions);
    }
}

/// <summary>Which headers and parameters of requests a real-time log keeps (PutUserDefinedLogFieldsConfig and its relatives).</summary>
public sealed record UserDefinedLogFieldsConfiguration(IReadOnlyList<string> Headers, IReadOnlyList<string> Parameters)
    : IXmlDocument<UserDefinedLogFieldsConfiguration>
{
    public static string Root => "UserDefinedLogFieldsConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("HeaderSet");
        writer.Elements("header", Headers);
        writer.End();
        writer.Start("ParamSet");
        writer.Elements("parameter", Parameters);
        writer.End();
    }

    public static UserDefinedLogFieldsConfiguration Read(XmlDocumentReader reader)
    {
        var result = new UserDefinedLogFieldsConfiguration([], []);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "HeaderSet" => result with { Headers = reader.Texts("header") },
                "ParamSet" => result with { Parameters = reader.Texts("parameter") },
                _ => result,
            };
        }

        return result;
    }
}
