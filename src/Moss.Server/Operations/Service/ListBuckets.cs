using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Buckets;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Service;

/// <summary>
/// ListBuckets. By name. Prefix, Marker, MaxKeys, IsTruncated and NextMarker appear only when paging was asked for or the page is not all.
/// </summary>
static class ListBuckets
{
    const int DefaultPage = 100;

    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var prefix = PageParameters.Text(context, "prefix");
        var marker = PageParameters.Text(context, "marker");
        var size = PageParameters.Size(context, "max-keys", DefaultPage);
        var buckets = await OwnAsync(context, prefix, marker, size + 1, ct);
        var truncated = buckets.Count > size;
        var paged = truncated || prefix.Length > 0 || marker.Length > 0 || context.Query.Given("max-keys") is not null;
        var shown = buckets.Take(size).ToList();
        await context.XmlAsync(
            new ListBucketsResult
            {
                Prefix = paged ? prefix : null,
                Marker = paged ? marker : null,
                MaxKeys = paged ? size : null,
                IsTruncated = paged ? truncated : null,
                NextMarker = truncated ? shown[^1].Name.Value : null,
                Owner = new(context.Caller.AccountId, context.Caller.AccountId),
                Buckets = [.. shown.Select(bucket => BucketDescription.Of(context, bucket))],
            },
            ct);
    }

    // Names are listed over all accounts; each sees its own.
    static async ValueTask<List<BucketRecord>> OwnAsync(OssContext context, string prefix, string after, int limit, CancellationToken ct)
    {
        var own = new List<BucketRecord>();
        while (true)
        {
            var page = await context.Storage.Buckets.ListAsync(prefix, after, OssLimits.MaxListPage, ct);
            own.AddRange(page.Where(bucket => bucket.OwnerId == context.Caller.AccountId).Take(limit - own.Count));
            if (own.Count == limit || page.Count < OssLimits.MaxListPage)
            {
                return own;
            }

            after = page[^1].Name.Value;
        }
    }
}
