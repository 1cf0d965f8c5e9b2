using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Listing;

namespace Moss.Server.Operations.Multipart;

/// <summary>
/// ListMultipartUploads. By key, then by upload id. upload-id-marker counts only together with key-marker. Both next markers are always there:
/// filled with the last entry, or with the last prefix and an upload rolled into it, and empty only when nothing was returned.
/// </summary>
static class ListMultipartUploads
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var encoded = PageParameters.IsUrlEncoded(context);
        var keyMarker = PageParameters.Text(context, "key-marker");
        var request = new ListRequest
        {
            Prefix = PageParameters.Text(context, "prefix"),
            Delimiter = PageParameters.Text(context, "delimiter"),
            MaxEntries = PageParameters.Size(context, "max-uploads", OssLimits.DefaultListPage),
            KeyMarker = keyMarker,
            UploadIdMarker = keyMarker.Length == 0 ? "" : context.Query["upload-id-marker"] ?? "",
        };
        var page = await context.Storage.Listings.UploadsAsync(context.Bucket, request, ct);
        await context.XmlAsync(
            new ListMultipartUploadsResult
            {
                Bucket = context.Bucket.Value,
                NextKeyMarker = page.NextKeyMarker,
                NextUploadIdMarker = page.Last?.Id.Value ?? "",
                Delimiter = request.Delimiter,
                Prefix = request.Prefix,
                MaxUploads = request.MaxEntries,
                IsTruncated = page.IsTruncated,
                UrlEncoded = encoded,
                Uploads =
                [
                    .. page.Items.Select(upload =>
                        new ListedUpload(upload.Key.Value, upload.Id.Value, upload.StorageClass.ToWire(), upload.Initiated)),
                ],
                Prefixes = page.CommonPrefixes,
            },
            ct);
    }
}
