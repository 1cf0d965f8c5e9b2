using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Listing;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// ListObjects. Keys in the order of their UTF-8 bytes; a rolled-up prefix takes one slot of the page. NextMarker is the last key or prefix,
/// only when there is more.
/// </summary>
static class ListObjects
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var encoded = PageParameters.IsUrlEncoded(context);
        var request = new ListRequest
        {
            Prefix = PageParameters.Text(context, "prefix"),
            Delimiter = PageParameters.Text(context, "delimiter"),
            MaxEntries = PageParameters.Size(context, "max-keys", OssLimits.DefaultListObjectsPage),
            KeyMarker = PageParameters.Text(context, "marker"),
        };
        var page = await context.Storage.Listings.ObjectsAsync(context.Bucket, request, ct);
        await context.XmlAsync(
            new ListObjectsResult
            {
                Name = context.Bucket.Value,
                Prefix = request.Prefix,
                Marker = request.KeyMarker,
                MaxKeys = request.MaxEntries,
                Delimiter = request.Delimiter,
                UrlEncoded = encoded,
                IsTruncated = page.IsTruncated,
                NextMarker = page.IsTruncated ? page.NextKeyMarker : null,
                Contents = [.. page.Items.Select(item => ObjectListing.Entry(item, withOwner: true))],
                Prefixes = page.CommonPrefixes,
            },
            ct);
    }
}
