using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Settings of one word. Transfer acceleration, access monitoring and direct reads of archives are recorded and served: here every way is the direct one, no
/// access time is kept, and every storage class is read alike.
/// </summary>
static class BucketSwitches
{
    public static readonly BucketDocument<TransferAccelerationConfiguration> TransferAcceleration = new("transferAcceleration")
    {
        Missing = OssErrors.NoSuchTransferAccelerationConfiguration,
    };

    public static readonly BucketDocument<ArchiveDirectReadConfiguration> ArchiveDirectRead = new("bucketArchiveDirectRead")
    {
        Default = new(Enabled: false),
    };

    public static readonly BucketDocument<AccessMonitorConfiguration> AccessMonitor = new("accessmonitor")
    {
        Default = new("Disabled"),
        Accept = static (_, document, _) =>
            document.Status is "Enabled" or "Disabled" ? new(document) : throw OssErrors.Xml("Status must be Enabled or Disabled."),
    };

    public static readonly BucketDocument<HttpsConfiguration> Https = new("httpsConfig")
    {
        Default = new(Enable: false, []),
        Accept = static (_, document, _) =>
        {
            var wrong = document.TLSVersions.FirstOrDefault(version => version is not ("TLSv1.0" or "TLSv1.1" or "TLSv1.2" or "TLSv1.3"));
            return wrong is not null ? throw OssErrors.Argument("TLSVersion", wrong, "TLSVersion must be TLSv1.0, TLSv1.1, TLSv1.2 or TLSv1.3.")
                : document is { Enable: true, TLSVersions.Count: 0 } ? throw OssErrors.Xml("there is no TLSVersion.")
                : new(document);
        },
    };

    /// <summary>PutBucketResourceGroup: an empty id stands for the default group.</summary>
    public static async Task PutResourceGroupAsync(OssContext context, CancellationToken ct)
    {
        var document = await ResourceGroup.ReadAsync(context, ct);
        await context.Storage.Buckets.UpdateAsync(context.Bucket, bucket => bucket with { ResourceGroupId = document.ResourceGroupId }, ct);
        await context.Empty();
    }

    public static async Task GetResourceGroupAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.XmlAsync(new BucketResourceGroupConfiguration(bucket.ResourceGroupId), ct);
    }

    // Only read by it: the group is part of the bucket's own record.
    static readonly BucketDocument<BucketResourceGroupConfiguration> ResourceGroup = new("resourceGroup")
    {
        Accept = static (_, document, _) => document.ResourceGroupId is { Length: <= 64 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new(document)
            : throw OssErrors.Argument("ResourceGroupId", document.ResourceGroupId, "The resource group id is invalid."),
    };
}
