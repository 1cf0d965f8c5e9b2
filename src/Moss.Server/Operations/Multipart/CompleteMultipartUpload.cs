using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Callbacks;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Multipart;
using Document = Moss.Protocol.Xml.CompleteMultipartUpload;

namespace Moss.Server.Operations.Multipart;

/// <summary>
/// CompleteMultipartUpload. One metadata transaction that moves no bytes. After any 4xx the upload is still there. The same list again gets the
/// same 200 for a day, where the real service says NoSuchUpload. x-oss-complete-all: yes takes every part and allows no body.
/// </summary>
static class CompleteMultipartUpload
{
    const string CompleteAll = "x-oss-complete-all";

    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var id = UploadParameters.Id(context);
        var encoded = PageParameters.IsUrlEncoded(context);
        var callback = await context.Services.Callbacks.CheckAsync(CallbackOptions.OfRequest(context), ct);
        var request = new CompleteRequest
        {
            ForbidOverwrite = ObjectHeaders.IsOverwriteForbidden(context),
            Acl = ObjectHeaders.AclOf(context),
            Parts = await PartsAsync(context, ct),
        };
        var outcome = await context.Storage.Uploads.CompleteAsync(context.Bucket, context.Key, id, request, ct);
        ObjectResponse.Stored(context, outcome.ETag, outcome.Crc64);
        VersionParameter.Echo(context, outcome.IsVersioned, outcome.VersionId);
        EncryptionHeaders.Echo(context, outcome.ServerSide);
        if (callback is not null)
        {
            await UploadCallback.RunAsync(context, callback, await StoredAsync(context, outcome), "CompleteMultipartUpload");
            return;
        }

        await context.XmlAsync(
            new CompleteMultipartUploadResult(Location(context), context.Bucket.Value, context.Key.Value, outcome.ETag.Quoted, encoded), ct);
    }

    // What the outcome does not say is asked of the object, unless that was replaced or deleted already.
    static async ValueTask<UploadedObject> StoredAsync(OssContext context, CompleteOutcome outcome)
    {
        var stored = new UploadedObject(context.Key, outcome.VersionId, outcome.ETag, outcome.Crc64, Md5: null, Size: null, ContentType: null);
        try
        {
            var version = outcome.VersionId.IsNull ? (VersionId?)null : outcome.VersionId;
            var found = (await context.Storage.Objects.FindAsync(context.Bucket, context.Key, version, CancellationToken.None)).Record;
            return found.ETag == outcome.ETag ? stored with { Size = found.Size, ContentType = found.Attributes.ContentType } : stored;
        }
        catch (OssException)
        {
            return stored;
        }
    }

    // The listed parts; null for all there are.
    static async ValueTask<IReadOnlyList<CompletePart>?> PartsAsync(OssContext context, CancellationToken ct)
    {
        var all = context.GivenHeader(CompleteAll);
        if (all is not null && !all.Equals("yes", StringComparison.OrdinalIgnoreCase))
        {
            throw OssErrors.Argument(CompleteAll, all, "x-oss-complete-all must be yes.");
        }

        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxCompleteBodyBytes, ct);
        if (all is not null)
        {
            // The spelling is the service's.
            return document.IsEmpty ? null : throw OssErrors.Argument(
                CompleteAll, all, "Should not speficy both complete all header and http body.", "0042-00000216");
        }

        if (document.IsEmpty)
        {
            throw OssErrors.Xml("there is no body.", "0042-00000205");
        }

        var listed = XmlDocuments.Parse<Document>(document).Parts;
        return [.. listed.Select(part => new CompletePart(part.PartNumber, part.ETag))];
    }

    static string Location(OssContext context)
    {
        var key = UrlEncoding.Encode(context.Key.Value);
        var root = $"{context.Http.Request.Scheme}://{context.Request.HostAndPort}";
        return context.Request.Addressing == Addressing.Path ? $"{root}/{context.Bucket.Value}/{key}" : $"{root}/{key}";
    }
}
