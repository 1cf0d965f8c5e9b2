using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Multipart;

/// <summary>ListParts. NextPartNumberMarker is the last returned part even on the last page, and empty when there is none.</summary>
static class ListParts
{
    const string EncryptionPrefix = "client-side-encryption-";

    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var id = UploadParameters.Id(context);
        var maxParts = PageParameters.Size(context, "max-parts", OssLimits.DefaultListPage);
        var marker = Marker(context);
        var encoded = PageParameters.IsUrlEncoded(context);
        var page = await context.Storage.Uploads.ListPartsAsync(context.Bucket, context.Key, id, marker, maxParts, ct);
        await context.XmlAsync(
            new ListPartsResult
            {
                Bucket = context.Bucket.Value,
                Key = context.Key.Value,
                UploadId = id.Value,
                StorageClass = page.Upload.StorageClass.ToWire(),
                PartNumberMarker = marker,
                NextPartNumberMarker = page.Parts.Count == 0 ? null : page.Parts[^1].Number.Value,
                MaxParts = maxParts,
                IsTruncated = page.IsTruncated,
                UrlEncoded = encoded,
                ClientEncryption = ClientEncryption(page.Upload.Attributes.UserMetadata),
                Parts =
                [
                    .. page.Parts.Select(part =>
                        new UploadedPart(part.Number.Value, part.LastModified, part.ETag.Quoted, part.Crc64, part.Size)),
                ],
            },
            ct);
    }

    static int Marker(OssContext context)
    {
        const string name = "part-number-marker";
        return context.Query.Given(name) is not { } text ? 0
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var marker) ? marker
            : throw OssErrors.Argument(name, text, "Argument part-number-marker must be an integer that is not negative.");
    }

    // Clients that encrypt go on from what they said at Initiate: x-oss-meta-client-side-encryption-cek-alg -> ClientEncryptionCekAlg.
    static List<KeyValuePair<string, string>> ClientEncryption(IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var elements = new List<KeyValuePair<string, string>>();
        foreach (var word in (ReadOnlySpan<string>)["Key", "Start", "CekAlg", "WrapAlg", "DataSize", "PartSize"])
        {
            foreach (var (name, value) in metadata)
            {
                if (name.StartsWith(EncryptionPrefix, StringComparison.Ordinal)
                    && word.Equals(name[EncryptionPrefix.Length..].Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
                {
                    elements.Add(new("ClientEncryption" + word, value));
                }
            }
        }

        return elements;
    }
}
