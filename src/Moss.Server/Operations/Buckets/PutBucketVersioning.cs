using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// PutBucketVersioning. Enabled keeps every version from now on; Suspended keeps those there are and writes the version <c>null</c>. There is no way
/// back to a bucket that never kept versions.
/// </summary>
static class PutBucketVersioning
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var status = XmlDocuments.Parse<VersioningConfiguration>(document).Status?.Trim() switch
        {
            "Enabled" => VersioningStatus.Enabled,
            "Suspended" => VersioningStatus.Suspended,
            null or "" => throw OssErrors.Argument("Status", "", "The Versioning element must be specified."),
            _ => throw OssErrors.Xml("Status must be Enabled or Suspended."),
        };
        await context.Storage.Buckets.UpdateAsync(context.Bucket, bucket => bucket with { Versioning = status }, ct);
        await context.Empty();
    }
}
