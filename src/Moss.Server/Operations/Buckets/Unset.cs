using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// What the service answers for a bucket whose configuration of some kind was never set. Clients ask when they set up and tear down;
/// setting any of these answers <c>NotImplemented</c> until it is served.
/// </summary>
static class Unset
{
    public static readonly OperationHandler Replication = Refusing(OssErrors.NoSuchReplicationConfiguration);

    /// <summary>No live channel exists.</summary>
    public static async Task ListLiveChannel(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await WriteAsync(
            context,
            "ListLiveChannelResult",
            writer =>
            {
                writer.Element("Prefix", context.Query["prefix"] ?? "");
                writer.Element("Marker", context.Query["marker"] ?? "");
                writer.Element("MaxKeys", Headers.PageParameters.Size(context, "max-keys", 100));
                writer.Element("IsTruncated", false);
                writer.Element("NextMarker", "");
            },
            ct);
    }

    /// <summary>Deleting what is not there succeeds.</summary>
    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    static OperationHandler Refusing(OssError error) => async (context, ct) =>
    {
        await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        throw new OssException(error, details: [new("BucketName", context.Bucket.Value)]);
    };

    static async Task WriteAsync(OssContext context, string root, Action<XmlDocumentWriter> content, CancellationToken ct)
    {
        using var buffer = new PooledBuffer();
        var writer = new XmlDocumentWriter(buffer);
        writer.Start(root);
        content(writer);
        writer.End();
        await context.XmlAsync(buffer.Written, ct);
    }
}
