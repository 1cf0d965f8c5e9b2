using System.Collections.Immutable;

namespace Moss.Protocol.Xml;

/// <summary>The answer of GetBucketStat: numbers by element name, in the documented order.</summary>
public sealed record BucketStat(IReadOnlyList<KeyValuePair<string, long>> Numbers) : IXmlDocument<BucketStat>
{
    public static string Root => "BucketStat";

    /// <summary>The elements there are, in their order.</summary>
    public static readonly ImmutableArray<string> Names =
    [
        "Storage", "ObjectCount", "MultipartUploadCount", "LiveChannelCount", "LastModifiedTime", "StandardStorage",
        "StandardObjectCount", "InfrequentAccessStorage", "InfrequentAccessRealStorage", "InfrequentAccessObjectCount",
        "ArchiveStorage", "ArchiveRealStorage", "ArchiveObjectCount", "ColdArchiveStorage", "ColdArchiveRealStorage",
        "ColdArchiveObjectCount", "DeepColdArchiveStorage", "DeepColdArchiveRealStorage", "DeepColdArchiveObjectCount",
        "MultipartPartCount", "DeleteMarkerCount",
    ];

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var (name, value) in Numbers)
        {
            writer.Element(name, value);
        }
    }

    public static BucketStat Read(XmlDocumentReader reader)
    {
        var numbers = new List<KeyValuePair<string, long>>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            numbers.Add(new(reader.Name, reader.Int64()));
        }

        return new(numbers);
    }
}

/// <summary>A region, as DescribeRegions lists it.</summary>
public readonly record struct RegionInfo(string Region, string InternetEndpoint, string InternalEndpoint, string AccelerateEndpoint);

/// <summary>The answer of DescribeRegions.</summary>
public sealed record RegionInfoList(IReadOnlyList<RegionInfo> Regions) : IXmlDocument<RegionInfoList>
{
    public static string Root => "RegionInfoList";

    public void Write(XmlDocumentWriter writer)
    {
        foreach (var region in Regions)
        {
            writer.Start("RegionInfo");
            writer.Element("Region", region.Region);
            writer.Element("InternetEndpoint", region.InternetEndpoint);
            writer.Element("InternalEndpoint", region.InternalEndpoint);
            writer.Element("AccelerateEndpoint", region.AccelerateEndpoint);
            writer.End();
        }
    }

    public static RegionInfoList Read(XmlDocumentReader reader)
    {
        var regions = new List<RegionInfo>();
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            if (reader.Name == "RegionInfo")
            {
                regions.Add(ReadRegion(reader));
            }
        }

        return new(regions);
    }

    static RegionInfo ReadRegion(XmlDocumentReader reader)
    {
        var region = new RegionInfo("", "", "", "");
        var parent = reader.Enter();
        while (reader.Next(parent))
        {
            region = reader.Name switch
            {
                "Region" => region with { Region = reader.Text() },
                "InternetEndpoint" => region with { InternetEndpoint = reader.Text() },
                "InternalEndpoint" => region with { InternalEndpoint = reader.Text() },
                "AccelerateEndpoint" => region with { AccelerateEndpoint = reader.Text() },
                _ => region,
            };
        }

        return region;
    }
}
