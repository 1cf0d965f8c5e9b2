using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Listing;

namespace Moss.Server.Operations.Buckets;

/// <summary>ListObjectVersions. Works on every bucket: without versioning each object is its own latest version <c>null</c>.</summary>
static class ListObjectVersions
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var encoded = PageParameters.IsUrlEncoded(context);
        var keyMarker = PageParameters.Text(context, "key-marker");
        var versionMarker = context.Query.Given("version-id-marker");
        if (versionMarker is not null && keyMarker.Length == 0)
        {
            throw OssErrors.Argument(
                "version-id-marker", versionMarker, "A version-id marker cannot be specified without a key marker.");
        }

        var request = new ListRequest
        {
            Prefix = PageParameters.Text(context, "prefix"),
            Delimiter = PageParameters.Text(context, "delimiter"),
            MaxEntries = PageParameters.Size(context, "max-keys", OssLimits.DefaultListObjectsPage),
            KeyMarker = keyMarker,
            VersionIdMarker = versionMarker is null ? null : new VersionId(versionMarker),
        };
        var page = await context.Storage.Listings.VersionsAsync(context.Bucket, request, ct);
        var last = page.Last?.Summary;
        await context.XmlAsync(
            new ListVersionsResult
            {
                Name = context.Bucket.Value,
                Prefix = request.Prefix,
                KeyMarker = keyMarker,
                VersionIdMarker = versionMarker ?? "",
                MaxKeys = request.MaxEntries,
                Delimiter = request.Delimiter,
                UrlEncoded = encoded,
                IsTruncated = page.IsTruncated,
                NextKeyMarker = page.IsTruncated ? page.NextKeyMarker : null,
                NextVersionIdMarker = page.IsTruncated && last?.Key.Value == page.NextKeyMarker ? last.VersionId.Value : null,
                Versions = [.. page.Items.Select(Entry)],
                Prefixes = page.CommonPrefixes,
            },
            ct);
    }

    static Moss.Protocol.Xml.ListedVersion Entry(Moss.Storage.Listing.ListedVersion version) => new(
        ObjectListing.Entry(version.Summary, withOwner: true),
        version.Summary.VersionId.Value,
        version.IsLatest,
        version.Summary.IsDeleteMarker);
}
