using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.BucketRules;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>GetBucketInfo. The endpoints are those of the configuration, or the one the request came to, with its port.</summary>
static class GetBucketInfo
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        var logging = await BucketLogging.FindAsync(context, ct);
        await context.XmlAsync(
            new BucketInfo
            {
                Bucket = BucketDescription.Of(context, bucket),
                Owner = new(bucket.OwnerId, bucket.OwnerId),
                Grant = bucket.Acl.ToWire(),
                DataRedundancyType = bucket.DataRedundancyType,
                SSEAlgorithm = bucket.ServerSideEncryption.Length > 0 ? bucket.ServerSideEncryption : "None",
                Versioning = GetBucketVersioning.StatusOf(bucket),
                AccessMonitor = (await BucketSwitches.AccessMonitor.FindAsync(context, ct))!.Status,
                BlockPublicAccess = (await PublicAccess.Document.FindAsync(context, ct))!.BlockPublicAccess,
                TransferAcceleration = await BucketSwitches.TransferAcceleration.FindAsync(context, ct) is { Enabled: true } ? "Enabled" : "Disabled",
                LogBucket = logging?.TargetBucket ?? "",
                LogPrefix = logging?.TargetPrefix ?? "",
            },
            ct);
    }
}
