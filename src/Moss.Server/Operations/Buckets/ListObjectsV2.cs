using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Listing;

namespace Moss.Server.Operations.Buckets;

/// <summary>ListObjectsV2. start-after is ignored beside a continuation-token; owners are listed only with fetch-owner=true.</summary>
static class ListObjectsV2
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        if (context.Query["list-type"] is var type && type != "2")
        {
            throw OssErrors.Argument("list-type", type ?? "", "The list type is not valid.", "0015-00000401");
        }

        var encoded = PageParameters.IsUrlEncoded(context);
        var token = context.Query.Given("continuation-token");
        var startAfter = PageParameters.Text(context, "start-after");
        var withOwner = string.Equals(context.Query["fetch-owner"], "true", StringComparison.OrdinalIgnoreCase);
        var request = new ListRequest
        {
            Prefix = PageParameters.Text(context, "prefix"),
            Delimiter = PageParameters.Text(context, "delimiter"),
            MaxEntries = PageParameters.Size(context, "max-keys", OssLimits.DefaultListObjectsPage),
            KeyMarker = token is null ? startAfter : ContinuationToken.Decode(token),
        };
        var page = await context.Storage.Listings.ObjectsAsync(context.Bucket, request, ct);
        await context.XmlAsync(
            new ListObjectsV2Result
            {
                Name = context.Bucket.Value,
                Prefix = request.Prefix,
                StartAfter = startAfter.Length == 0 ? null : startAfter,
                ContinuationToken = token,
                MaxKeys = request.MaxEntries,
                Delimiter = request.Delimiter,
                UrlEncoded = encoded,
                IsTruncated = page.IsTruncated,
                NextContinuationToken = page.IsTruncated ? ContinuationToken.Encode(page.NextKeyMarker) : null,
                Contents = [.. page.Items.Select(item => ObjectListing.Entry(item, withOwner))],
                Prefixes = page.CommonPrefixes,
            },
            ct);
    }
}
