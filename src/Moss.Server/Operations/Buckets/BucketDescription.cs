using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Buckets;

/// <summary>How answers describe a bucket, and the endpoints under which it can be reached.</summary>
static class BucketDescription
{
    public static DescribedBucket Of(OssContext context, BucketRecord bucket) => new()
    {
        Name = bucket.Name.Value,
        CreationDate = bucket.CreationDate,
        ExtranetEndpoint = Extranet(context),
        IntranetEndpoint = Intranet(context),
        Location = "oss-" + RegionOf(context, bucket),
        Region = RegionOf(context, bucket),
        StorageClass = bucket.StorageClass.ToWire(),
        ResourceGroupId = bucket.ResourceGroupId.Length == 0 ? null : bucket.ResourceGroupId,
    };

    public static string RegionOf(OssContext context, BucketRecord bucket) =>
        bucket.Region.Length > 0 ? bucket.Region : ServerRegion(context);

    public static string ServerRegion(OssContext context)
    {
        var region = context.Services.Options.Region;
        return region.Length > 0 ? region : OssServerOptions.DefaultRegion;
    }

    public static string Extranet(OssContext context) => context.Services.Options.ExtranetEndpoint ?? Asked(context);

    public static string Intranet(OssContext context) => context.Services.Options.IntranetEndpoint ?? Asked(context);

    // The endpoint this request came to is one that its sender can reach.
    static string Asked(OssContext context) => context.Request.Addressing == Addressing.VirtualHost
        ? context.Request.HostAndPort[(context.Bucket.Value.Length + 1)..]
        : context.Request.HostAndPort;
}
