using Moss.Protocol.Errors;

namespace Moss.Protocol.Xml;

/// <summary>What a bucket's inventory holds, when it is made and where it goes (PutBucketInventory, GetBucketInventory).</summary>
public sealed record InventoryConfiguration : IXmlDocument<InventoryConfiguration>
{
    public string Id { get; init; } = "";

    public bool IsEnabled { get; init; }

    public InventoryFilter Filter { get; init; } = new();

    public InventoryDestination Destination { get; init; } = new();

    /// <summary><c>Daily</c> or <c>Weekly</c>.</summary>
    public string Frequency { get; init; } = "";

    /// <summary><c>All</c> or <c>Current</c>.</summary>
    public string IncludedObjectVersions { get; init; } = "";

    public IReadOnlyList<string> OptionalFields { get; init; } = [];

    public static string Root => "InventoryConfiguration";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Id", Id);
        writer.Element("IsEnabled", IsEnabled);
        Filter.Write(writer);
        Destination.Write(writer);
        writer.Start("Schedule");
        writer.Element("Frequency", Frequency);
        writer.End();
        writer.Element("IncludedObjectVersions", IncludedObjectVersions);
        if (OptionalFields.Count > 0)
        {
            writer.Start("OptionalFields");
            writer.Elements("Field", OptionalFields);
            writer.End();
        }
    }

    public static InventoryConfiguration Read(XmlDocumentReader reader)
    {
        var result = new InventoryConfiguration();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Id" => result with { Id = reader.Text().Trim() },
                "IsEnabled" => result with { IsEnabled = reader.Boolean() },
                "Filter" => result with { Filter = InventoryFilter.Read(reader) },
                "Destination" => result with { Destination = ReadDestination(reader) },
                "Schedule" => result with { Frequency = reader.TextOf("Frequency") ?? "" },
                "IncludedObjectVersions" => result with { IncludedObjectVersions = reader.Text().Trim() },
                "OptionalFields" => result with { OptionalFields = reader.Texts("Field") },
                _ => result,
            };
        }

        return result;
    }

    static InventoryDestination ReadDestination(XmlDocumentReader reader)
    {
        InventoryDestination? destination = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "OSSBucketDestination")
            {
                destination = InventoryDestination.Read(reader);
            }
        }

        return destination ?? throw OssErrors.Xml("there is no OSSBucketDestination.");
    }
}

/// <summary>Which objects an inventory holds: those for which all that is given is so.</summary>
public sealed record InventoryFilter
{
    public string? Prefix { get; init; }

    /// <summary>Changed at this second of the Unix time or later.</summary>
    public long? LastModifyBeginTimeStamp { get; init; }

    /// <summary>Changed at this second of the Unix time or before.</summary>
    public long? LastModifyEndTimeStamp { get; init; }

    /// <summary>At least so many bytes.</summary>
    public long? LowerSizeBound { get; init; }

    /// <summary>At most so many bytes.</summary>
    public long? UpperSizeBound { get; init; }

    /// <summary>Classes separated by commas, or <c>All</c>.</summary>
    public string? StorageClass { get; init; }

    internal void Write(XmlDocumentWriter writer)
    {
        if (this == new InventoryFilter())
        {
            return;
        }

        writer.Start("Filter");
        writer.Element("Prefix", Prefix);
        writer.Element("LastModifyBeginTimeStamp", LastModifyBeginTimeStamp);
        writer.Element("LastModifyEndTimeStamp", LastModifyEndTimeStamp);
        writer.Element("LowerSizeBound", LowerSizeBound);
        writer.Element("UpperSizeBound", UpperSizeBound);
        writer.Element("StorageClass", StorageClass);
        writer.End();
    }

    internal static InventoryFilter Read(XmlDocumentReader reader)
    {
        var result = new InventoryFilter();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Prefix" => result with { Prefix = reader.Text() },
                "LastModifyBeginTimeStamp" => result with { LastModifyBeginTimeStamp = reader.Int64() },
                "LastModifyEndTimeStamp" => result with { LastModifyEndTimeStamp = reader.Int64() },
                "LowerSizeBound" => result with { LowerSizeBound = reader.Int64() },
                "UpperSizeBound" => result with { UpperSizeBound = reader.Int64() },
                "StorageClass" => result with { StorageClass = reader.Text().Trim() },
                _ => result,
            };
        }

        return result;
    }
}

/// <summary>Where an inventory goes.</summary>
public sealed record InventoryDestination
{
    /// <summary><c>CSV</c>.</summary>
    public string Format { get; init; } = "";

    public string? AccountId { get; init; }

    public string? RoleArn { get; init; }

    /// <summary><c>acs:oss:::</c> and the bucket's name.</summary>
    public string Bucket { get; init; } = "";

    public string? Prefix { get; init; }

    /// <summary><c>SSE-OSS</c>, <c>SSE-KMS</c>, or null.</summary>
    public string? Encryption { get; init; }

    /// <summary>The key of <c>SSE-KMS</c>.</summary>
    public string? KeyId { get; init; }

    internal void Write(XmlDocumentWriter writer)
    {
        writer.Start("Destination");
        writer.Start("OSSBucketDestination");
        writer.Element("Format", Format);
        writer.Element("AccountId", AccountId);
        writer.Element("RoleArn", RoleArn);
        writer.Element("Bucket", Bucket);
        writer.Element("Prefix", Prefix);
        if (Encryption is { } encryption)
        {
            writer.Start("Encryption");
            writer.Start(encryption);
            writer.Element("KeyId", KeyId);
            writer.End();
            writer.End();
        }

        writer.End();
        writer.End();
    }

    internal static InventoryDestination Read(XmlDocumentReader reader)
    {
        var result = new InventoryDestination();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Format" => result with { Format = reader.Text().Trim() },
                "AccountId" => result with { AccountId = reader.Text().Trim() },
                "RoleArn" => result with { RoleArn = reader.Text().Trim() },
                "Bucket" => result with { Bucket = reader.Text().Trim() },
                "Prefix" => result with { Prefix = reader.Text() },
                "Encryption" => ReadEncryption(reader, result),
                _ => result,
            };
        }

        return result;
    }

    static InventoryDestination ReadEncryption(XmlDocumentReader reader, InventoryDestination result)
    {
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name is "SSE-OSS" or "SSE-KMS"
                ? result with { Encryption = reader.Name, KeyId = reader.TextOf("KeyId") }
                : result;
        }

        return result;
    }
}

/// <summary>The answer of ListBucketInventory: a page of them, by their ids.</summary>
public sealed record ListInventoryConfigurationsResult(IReadOnlyList<InventoryConfiguration> Inventories, bool IsTruncated, string? NextContinuationToken)
    : IXmlDocument<ListInventoryConfigurationsResult>
{
    public static string Root => "ListInventoryConfigurationsResult";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var inventory in Inventories)
        {
            writer.Start(InventoryConfiguration.Root);
            inventory.Write(writer);
            writer.End();
        }

        writer.Element("IsTruncated", IsTruncated);
        writer.Element("NextContinuationToken", NextContinuationToken);
    }

    public static ListInventoryConfigurationsResult Read(XmlDocumentReader reader)
    {
        var inventories = new List<InventoryConfiguration>();
        var (isTruncated, next) = (false, (string?)null);
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            switch (reader.Name)
            {
                case "InventoryConfiguration":
                    inventories.Add(InventoryConfiguration.Read(reader));
                    break;
                case "IsTruncated":
                    isTruncated = reader.Boolean();
                    break;
                case "NextContinuationToken":
                    next = reader.Text();
                    break;
            }
        }

        return new(inventories, isTruncated, next);
    }
}
