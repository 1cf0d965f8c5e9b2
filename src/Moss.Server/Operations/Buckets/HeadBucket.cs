using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>HEAD on a bucket, which the service does not document but clients try: 200 or 404.</summary>
static class HeadBucket
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        context.SetHeader("x-oss-bucket-region", BucketDescription.RegionOf(context, bucket));
        await context.Empty();
    }
}
