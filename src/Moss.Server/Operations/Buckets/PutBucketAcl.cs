using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>PutBucketAcl. A bucket that is not there is not made: 404 NoSuchBucket, as the SDKs' tests have it.</summary>
static class PutBucketAcl
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var acl = BucketAcl.Read(context) ?? throw new OssException(OssErrors.MissingArgument);
        await context.Storage.Buckets.UpdateAsync(context.Bucket, bucket => bucket with { Acl = acl }, ct);
        await context.Empty();
    }
}
