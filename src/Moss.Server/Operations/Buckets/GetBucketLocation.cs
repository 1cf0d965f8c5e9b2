using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>GetBucketLocation.</summary>
static class GetBucketLocation
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.XmlAsync(new LocationConstraint("oss-" + BucketDescription.RegionOf(context, bucket)), ct);
    }
}
