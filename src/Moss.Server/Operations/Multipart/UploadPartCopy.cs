using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Multipart;

namespace Moss.Server.Operations.Multipart;

/// <summary>
/// UploadPartCopy. Moves no data. A range that is malformed or reaches past the last byte means the whole object, and Content-Range is left
/// out: the service neither clamps nor refuses.
/// </summary>
static class UploadPartCopy
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var number = UploadParameters.Number(context);
        var id = UploadParameters.Id(context);
        EncryptionHeaders.Refuse(context);
        _ = TrafficPace.Requested(context);
        var source = await CopySourceHeader.ReadAsync(context, ct);
        var range = context.GivenHeader("x-oss-copy-source-range") is { } text ? ByteRange.Parse(text) : null;
        var (first, last) = range is ({ } from, { } to) && from <= to ? (from, to) : ((long?)null, (long?)null);
        var copied = await context.Storage.Uploads.CopyPartAsync(
            context.Bucket, context.Key, id, number, new CopyPartRequest(source, first, last), ct);
        if (copied.RangeWasUsed)
        {
            context.SetHeader("Content-Range", $"bytes {first}-{last}/{copied.Source.Size}");
        }

        context.SetHeader("x-oss-copy-source-version-id", copied.SourceIsVersioned ? copied.Source.VersionId.Value : null);
        ObjectResponse.Stored(context, copied.Part.ETag, copied.Part.Crc64);
        await context.XmlAsync(new CopyPartResult(copied.Part.LastModified, copied.Part.ETag.Quoted), ct);
    }
}
