using System.Runtime.CompilerServices;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client;

public sealed partial class OssClient
{
    /// <summary>Opens a multipart upload and gives its id. Everything but the ACL and the callback of the properties belongs here.</summary>
    /// <param name="sequential">Parts must come in the order of their numbers; the object then has a Content-MD5.</param>
    public Task<string> InitiateMultipartUploadAsync(
        string bucket, string key, ObjectProperties? properties = null, bool sequential = false, CancellationToken ct = default) =>
        InitiateMultipartUploadAsync(InitiateMultipartUploadRequest(bucket, key, properties, sequential), ct);

    internal static OssRequest InitiateMultipartUploadRequest(string bucket, string key, ObjectProperties? properties, bool sequential = false) =>
        new()
        {
            Operation = "InitiateMultipartUpload",
            Method = HttpMethod.Post,
            Bucket = bucket,
            Key = key,
            Query = Query(("uploads", ""), ("sequential", sequential ? "" : null), ("encoding-type", "url")),
            Headers = properties?.ToInitiateHeaders() ?? [],
        };

    internal async Task<string> InitiateMultipartUploadAsync(OssRequest request, CancellationToken ct) =>
        (await DocumentAsync<InitiateMultipartUploadResult>(request, ct).ConfigureAwait(false)).UploadId;

    /// <summary>
    /// Sends a part; one of the same number is replaced. The answer's CRC-64 is compared with that of the bytes sent.
    /// </summary>
    /// <param name="partNumber">1 to 10,000.</param>
    public Task<WriteResult> UploadPartAsync(
        string bucket, string key, string uploadId, int partNumber, RequestBody body, CancellationToken ct = default) =>
        UploadPartAsync(UploadPartRequest(bucket, key, uploadId, partNumber, body), ct);

    internal static OssRequest UploadPartRequest(string bucket, string key, string uploadId, int partNumber, RequestBody body) =>
        new()
        {
            Operation = "UploadPart",
            Method = HttpMethod.Put,
            Bucket = bucket,
            Key = key,
            Query = PartQuery(uploadId, partNumber),
            Body = body,
            AnswersBodyCrc = true,
        };

    internal Task<WriteResult> UploadPartAsync(OssRequest request, CancellationToken ct) => _sender.SendAsync(request, WriteResult.Read, ct);

    /// <summary>Makes a part of a range of an object, or of all of it, without moving the bytes through the client.</summary>
    /// <param name="range">Offset and length in bytes; null takes the whole source.</param>
    /// <param name="ifMatch">Refuses with <c>PreconditionFailed</c> when the source has another ETag.</param>
    public Task<WriteResult> UploadPartCopyAsync(
        string bucket,
        string key,
        string uploadId,
        int partNumber,
        CopySource source,
        (long Offset, long Length)? range = null,
        string? ifMatch = null,
        CancellationToken ct = default)
    {
        var headers = source.ToHeaders();
        if (range is var (offset, length))
        {
            headers.Add(new("x-oss-copy-source-range", $"bytes={offset}-{offset + length - 1}"));
        }

        if (ifMatch is not null)
        {
            headers.Add(new("x-oss-copy-source-if-match", new ETag(ifMatch).Quoted));
        }

        return _sender.SendAsync(
            new()
            {
                Operation = "UploadPartCopy",
                Method = HttpMethod.Put,
                Bucket = bucket,
                Key = key,
                Query = PartQuery(uploadId, partNumber),
                Headers = headers,
            },
            static response =>
            {
                var part = XmlDocuments.Parse<CopyPartResult>(response.Body);
                return WriteResult.Read(response) with { ETag = new ETag(part.ETag).Value };
            },
            ct);
    }

    /// <summary>
    /// Makes the object of these parts, in the order of their numbers; parts that are not listed are discarded. Readers see the whole
    /// object or none.
    /// </summary>
    public Task<WriteResult> CompleteMultipartUploadAsync(
        string bucket,
        string key,
        string uploadId,
        IReadOnlyList<ListedPart> parts,
        ObjectProperties? properties = null,
        CancellationToken ct = default) =>
        _sender.SendAsync(
            WithDocument(
                new()
                {
                    Operation = "CompleteMultipartUpload",
                    Method = HttpMethod.Post,
                    Bucket = bucket,
                    Key = key,
                    Query = Query(("uploadId", uploadId), ("encoding-type", "url")),
                    Headers = properties?.ToCompleteHeaders() ?? [],
                },
                new CompleteMultipartUpload(parts)),
            WriteResult.Read,
            ct);

    /// <summary>Makes the object of all parts there are.</summary>
    public Task<WriteResult> CompleteAllAsync(
        string bucket, string key, string uploadId, ObjectProperties? properties = null, CancellationToken ct = default) =>
        _sender.SendAsync(
            new()
            {
                Operation = "CompleteMultipartUpload",
                Method = HttpMethod.Post,
                Bucket = bucket,
                Key = key,
                Query = Query(("uploadId", uploadId), ("encoding-type", "url")),
                Headers = [.. properties?.ToCompleteHeaders() ?? [], new("x-oss-complete-all", "yes")],
            },
            WriteResult.Read,
            ct);

    /// <summary>Discards an upload and its parts. An upload that is not there is refused with <c>NoSuchUpload</c>.</summary>
    public Task AbortMultipartUploadAsync(string bucket, string key, string uploadId, CancellationToken ct = default) =>
        CommandAsync(
            new()
            {
                Operation = "AbortMultipartUpload",
                Method = HttpMethod.Delete,
                Bucket = bucket,
                Key = key,
                Query = Query(("uploadId", uploadId)),
            },
            ct);

    /// <summary>The parts of an upload by number, fetched page by page.</summary>
    public async IAsyncEnumerable<UploadedPart> ListPartsAsync(
        string bucket, string key, string uploadId, [EnumeratorCancellation] CancellationToken ct = default)
    {
        int? marker = null;
        while (true)
        {
            var page = await DocumentAsync<ListPartsResult>(
                new()
                {
                    Operation = "ListParts",
                    Method = HttpMethod.Get,
                    Bucket = bucket,
                    Key = key,
                    Query = Query(
                        ("uploadId", uploadId),
                        ("max-parts", "1000"),
                        ("part-number-marker", marker is { } number ? Number(number) : null),
                        ("encoding-type", "url")),
                },
                ct).ConfigureAwait(false);
            foreach (var part in page.Parts)
            {
                yield return part;
            }

            if (!page.IsTruncated || page.Parts.Count == 0)
            {
                yield break;
            }

            marker = page.NextPartNumberMarker ?? page.Parts[^1].PartNumber;
        }
    }

    /// <summary>The open uploads of a bucket, by key and then by upload id, fetched page by page.</summary>
    public async IAsyncEnumerable<ListedUpload> ListMultipartUploadsAsync(
        string bucket, string? prefix = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        string? key = null, id = null;
        while (true)
        {
            var page = await DocumentAsync<ListMultipartUploadsResult>(
                new()
                {
                    Operation = "ListMultipartUploads",
                    Method = HttpMethod.Get,
                    Bucket = bucket,
                    Query = Query(
                        ("uploads", ""),
                        ("prefix", Some(prefix)),
                        ("key-marker", key),
                        ("upload-id-marker", id),
                        ("max-uploads", "1000"),
                        ("encoding-type", "url")),
                },
                ct).ConfigureAwait(false);
            foreach (var upload in page.Uploads)
            {
                yield return upload;
            }

            if (!page.IsTruncated || page.NextKeyMarker.Length == 0)
            {
                yield break;
            }

            (key, id) = (page.NextKeyMarker, Some(page.NextUploadIdMarker));
        }
    }

    static KeyValuePair<string, string?>[] PartQuery(string uploadId, int partNumber) =>
        Query(("partNumber", Number(PartNumber.Of(partNumber).Value)), ("uploadId", uploadId));
}
