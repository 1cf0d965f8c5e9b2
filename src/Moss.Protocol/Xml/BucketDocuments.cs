namespace Moss.Protocol.Xml;

/// <summary>A bucket as documents describe it; <c>Location</c> is <c>oss-</c> and the region.</summary>
public sealed record DescribedBucket
{
    public required string Name { get; init; }

    public DateTimeOffset CreationDate { get; init; }

    public string ExtranetEndpoint { get; init; } = "";

    public string IntranetEndpoint { get; init; } = "";

    public string Location { get; init; } = "";

    public string Region { get; init; } = "";

    public string StorageClass { get; init; } = "Standard";

    public string? ResourceGroupId { get; init; }

    internal void WriteListed(XmlDocumentWriter writer)
    {
        writer.Start("Bucket");
        writer.Element("CreationDate", CreationDate);
        writer.Element("ExtranetEndpoint", ExtranetEndpoint);
        writer.Element("IntranetEndpoint", IntranetEndpoint);
        writer.Element("Location", Location);
        writer.Element("Name", Name);
        writer.Element("Region", Region);
        writer.Element("ResourceGroupId", ResourceGroupId);
        writer.Element("StorageClass", StorageClass);
        writer.End();
    }

    internal static DescribedBucket ReadListed(XmlDocumentReader reader)
    {
        var bucket = new DescribedBucket { Name = "" };
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            bucket = ReadField(reader, bucket);
        }

        return bucket;
    }

    internal static DescribedBucket ReadField(XmlDocumentReader reader, DescribedBucket bucket) => reader.Name switch
    {
        "Name" => bucket with { Name = reader.Text() },
        "CreationDate" => bucket with { CreationDate = reader.Time() },
        "ExtranetEndpoint" => bucket with { ExtranetEndpoint = reader.Text() },
        "IntranetEndpoint" => bucket with { IntranetEndpoint = reader.Text() },
        "Location" => bucket with { Location = reader.Text() },
        "Region" => bucket with { Region = reader.Text() },
        "StorageClass" => bucket with { StorageClass = reader.Text() },
        "ResourceGroupId" => bucket with { ResourceGroupId = reader.Text() },
        _ => bucket,
    };
}

/// <summary>
/// The answer of ListBuckets. Prefix, Marker, MaxKeys, IsTruncated and NextMarker are left out when everything fits: typed parsers break on
/// empty ones.
/// </summary>
public sealed record ListBucketsResult : IXmlDocument<ListBucketsResult>
{
    public static string Root => "ListAllMyBucketsResult";

    public string? Prefix { get; init; }

    public string? Marker { get; init; }

    public int? MaxKeys { get; init; }

    public bool? IsTruncated { get; init; }

    public string? NextMarker { get; init; }

    public required Owner Owner { get; init; }

    public IReadOnlyList<DescribedBucket> Buckets { get; init; } = [];

    public void Write(XmlDocumentWriter writer)
    {
        writer.Element("Prefix", Prefix);
        writer.Element("Marker", Marker);
        writer.Element("MaxKeys", MaxKeys);
        writer.Element("IsTruncated", IsTruncated);
        writer.Element("NextMarker", NextMarker);
        Owner.Write(writer);
        writer.Start("Buckets");
        foreach (var bucket in Buckets)
        {
            bucket.WriteListed(writer);
        }

        writer.End();
    }

    public static ListBucketsResult Read(XmlDocumentReader reader)
    {
        var result = new ListBucketsResult { Owner = new("", "") };
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            result = reader.Name switch
            {
                "Prefix" => result with { Prefix = reader.Text() },
                "Marker" => result with { Marker = reader.Text() },
                "MaxKeys" => result with { MaxKeys = reader.Int32() },
                "IsTruncated" => result with { IsTruncated = reader.Boolean() },
                "NextMarker" => result with { NextMarker = reader.Text() },
                "Owner" => result with { Owner = Owner.Read(reader) },
                "Buckets" => result with { Buckets = ReadBuckets(reader) },
                _ => result,
            };
        }

        return result;
    }

    static List<DescribedBucket> ReadBuckets(XmlDocumentReader reader)
    {
        var buckets = new List<DescribedBucket>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Bucket")
            {
                buckets.Add(DescribedBucket.ReadListed(reader));
            }
        }

        return buckets;
    }
}

/// <summary>The answer of GetBucketInfo.</summary>
public sealed record BucketInfo : IXmlDocument<BucketInfo>
{
    public static string Root => "BucketInfo";

    public required DescribedBucket Bucket { get; init; }

    public required Owner Owner { get; init; }

    public string Grant { get; init; } = "private";

    public string DataRedundancyType { get; init; } = "LRS";

    /// <summary><c>Enabled</c> or <c>Suspended</c>; null for a bucket that never kept versions.</summary>
    public string? Versioning { get; init; }

    /// <summary>The bucket's own encryption rule: <c>None</c> without one.</summary>
    public string SSEAlgorithm { get; init; } = "None";

    /// <summary><c>Enabled</c> or <c>Disabled</c>.</summary>
    public string AccessMonitor { get; init; } = "Disabled";

    public bool BlockPublicAccess { get; init; }

    /// <summary><c>Enabled</c> or <c>Disabled</c>.</summary>
    public string TransferAcceleration { get; init; } = "Disabled";

    /// <summary>Where access logs go; empty for nowhere.</summary>
    public string LogBucket { get; init; } = "";

    public string LogPrefix { get; init; } = "";

    public void Write(XmlDocumentWriter writer)
    {
        writer.Start("Bucket");
        writer.Element("AccessMonitor", AccessMonitor);
        writer.Element("BlockPublicAccess", BlockPublicAccess);
        writer.Element("Comment", "");
        writer.Element("CreationDate", Bucket.CreationDate);
        writer.Element("CrossRegionReplication", "Disabled");
        writer.Element("DataRedundancyType", DataRedundancyType);
        writer.Element("ExtranetEndpoint", Bucket.ExtranetEndpoint);
        writer.Element("IntranetEndpoint", Bucket.IntranetEndpoint);
        writer.Element("Location", Bucket.Location);
        writer.Element("Name", Bucket.Name);
        writer.Element("ResourceGroupId", Bucket.ResourceGroupId ?? "");
        writer.Element("StorageClass", Bucket.StorageClass);
        writer.Element("TransferAcceleration", TransferAcceleration);
        writer.Element("Versioning", Versioning);
        writer.Start("Owner");
        writer.Element("DisplayName", Owner.DisplayName);
        writer.Element("ID", Owner.Id);
        writer.End();
        writer.Start("AccessControlList");
        writer.Element("Grant", Grant);
        writer.End();
        writer.Start("ServerSideEncryptionRule");
        writer.Element("SSEAlgorithm", SSEAlgorithm);
        writer.End();
        writer.Start("BucketPolicy");
        writer.Element("LogBucket", LogBucket);
        writer.Element("LogPrefix", LogPrefix);
        writer.End();
        writer.End();
    }

    public static BucketInfo Read(XmlDocumentReader reader)
    {
        var info = new BucketInfo { Bucket = new() { Name = "" }, Owner = new("", "") };
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Bucket")
            {
                info = ReadBucket(reader, info);
            }
        }

        return info;
    }

    static BucketInfo ReadBucket(XmlDocumentReader reader, BucketInfo info)
    {
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            info = reader.Name switch
            {
                "Owner" => info with { Owner = Owner.Read(reader) },
                "AccessControlList" => info with { Grant = AccessControlPolicy.ReadGrant(reader) },
                "DataRedundancyType" => info with { DataRedundancyType = reader.Text() },
                "Versioning" => info with { Versioning = reader.Text() },
                "ServerSideEncryptionRule" => info with { SSEAlgorithm = ReadAlgorithm(reader) },
                "AccessMonitor" => info with { AccessMonitor = reader.Text() },
                "BlockPublicAccess" => info with { BlockPublicAccess = reader.Boolean() },
                "TransferAcceleration" => info with { TransferAcceleration = reader.Text() },
                "BucketPolicy" => ReadLogging(reader, info),
                _ => info with { Bucket = DescribedBucket.ReadField(reader, info.Bucket) },
            };
        }

        return info;
    }

    static BucketInfo ReadLogging(XmlDocumentReader reader, BucketInfo info)
    {
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            info = reader.Name switch
            {
                "LogBucket" => info with { LogBucket = reader.Text() },
                "LogPrefix" => info with { LogPrefix = reader.Text() },
                _ => info,
            };
        }

        return info;
    }

    static string ReadAlgorithm(XmlDocumentReader reader)
    {
        var algorithm = "None";
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "SSEAlgorithm")
            {
                algorithm = reader.Text();
            }
        }

        return algorithm;
    }
}

/// <summary>The answer of GetBucketLocation: the location is the text of the root.</summary>
public sealed record LocationConstraint(string Location) : IXmlDocument<LocationConstraint>
{
    public static string Root => "LocationConstraint";

    public void Write(XmlDocumentWriter writer) => writer.Text(Location);

    public static LocationConstraint Read(XmlDocumentReader reader) => new(reader.Text());
}

/// <summary>The answer of GetBucketVersioning: no Status for a bucket that never kept versions.</summary>
public sealed record VersioningConfiguration(string? Status) : IXmlDocument<VersioningConfiguration>
{
    public static string Root => "VersioningConfiguration";

    public void Write(XmlDocumentWriter writer) => writer.Element("Status", Status);

    public static VersioningConfiguration Read(XmlDocumentReader reader)
    {
        string? status = null;
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "Status")
            {
                status = reader.Text();
            }
        }

        return new(status);
    }
}
