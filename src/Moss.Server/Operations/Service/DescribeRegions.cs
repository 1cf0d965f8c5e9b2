using Moss.Protocol.Xml;
using Moss.Server.Operations.Buckets;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Service;

/// <summary>DescribeRegions. There is one region: this server's; <c>regions=oss-xx</c> asks for one by name.</summary>
static class DescribeRegions
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var region = "oss-" + BucketDescription.ServerRegion(context);
        var asked = context.Query.Given("regions");
        var extranet = BucketDescription.Extranet(context);
        await context.XmlAsync(
            new RegionInfoList(asked is null || asked == region
                ? [new(region, extranet, BucketDescription.Intranet(context), extranet)]
                : []),
            ct);
    }
}
