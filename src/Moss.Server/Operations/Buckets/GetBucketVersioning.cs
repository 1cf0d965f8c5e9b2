using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Buckets;

/// <summary>GetBucketVersioning. A bucket that never kept versions has no Status.</summary>
static class GetBucketVersioning
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.XmlAsync(new VersioningConfiguration(StatusOf(bucket)), ct);
    }

    /// <summary>The wire's word, or null.</summary>
    public static string? StatusOf(BucketRecord bucket) => bucket.Versioning switch
    {
        VersioningStatus.Enabled => "Enabled",
        VersioningStatus.Suspended => "Suspended",
        _ => null,
    };
}
