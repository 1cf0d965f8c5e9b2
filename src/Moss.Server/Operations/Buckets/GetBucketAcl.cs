using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>GetBucketAcl.</summary>
static class GetBucketAcl
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.XmlAsync(new AccessControlPolicy(new(bucket.OwnerId, bucket.OwnerId), bucket.Acl.ToWire()), ct);
    }
}
