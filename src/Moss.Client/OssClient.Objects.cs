using System.Globalization;
using Moss.Client.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>Which object, which bytes of it, and under which conditions. Null leaves a thing unsaid.</summary>
public sealed record GetObjectOptions
{
    public string? VersionId { get; init; }

    /// <summary>The first byte; with a null <see cref="Length"/>, everything from there on.</summary>
    public long? Offset { get; init; }

    /// <summary>How many bytes from <see cref="Offset"/> on; without an offset, so many of the last bytes.</summary>
    public long? Length { get; init; }

    /// <summary>Refuses with <c>PreconditionFailed</c> (412) when the object has another ETag.</summary>
    public string? IfMatch { get; init; }

    /// <summary>Refuses with <c>NotModified</c> (304) when the object has this ETag.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>Refuses with <c>NotModified</c> (304) when the object did not change since.</summary>
    public DateTimeOffset? IfModifiedSince { get; init; }

    /// <summary>Refuses with <c>PreconditionFailed</c> (412) when the object changed since.</summary>
    public DateTimeOffset? IfUnmodifiedSince { get; init; }

    /// <summary>What <c>x-oss-process</c> makes of the object.</summary>
    public string? Process { get; init; }

    /// <summary><c>x-oss-traffic-limit</c> in bits per second.</summary>
    public long? TrafficLimitBitsPerSecond { get; init; }

    internal int? MaxAttempts { get; init; }

    internal Action<string>? Retrying { get; init; }

    internal KeyValuePair<string, string?>[] ToQuery(string? flag = null)
    {
        var query = new List<KeyValuePair<string, string?>>();
        if (flag is not null)
        {
            query.Add(new(flag, null));
        }

        if (VersionId is not null)
        {
            query.Add(new("versionId", VersionId));
        }

        if (Process is not null)
        {
            query.Add(new("x-oss-process", Process));
        }

        return [.. query];
    }

    internal List<KeyValuePair<string, string>> ToHeaders(bool withRange)
    {
        var headers = new List<KeyValuePair<string, string>>();
        if (withRange && (Offset is not null || Length is not null))
        {
            headers.Add(new("Range", Range()));
            // Without it the service answers the whole object when the range ends beyond the last byte.
            headers.Add(new("x-oss-range-behavior", "standard"));
        }

        Add(headers, "If-Match", IfMatch is { } match ? new ETag(match).Quoted : null);
        Add(headers, "If-None-Match", IfNoneMatch is { } none ? new ETag(none).Quoted : null);
        Add(headers, "If-Modified-Since", IfModifiedSince?.UtcDateTime.ToString("r", CultureInfo.InvariantCulture));
        Add(headers, "If-Unmodified-Since", IfUnmodifiedSince?.UtcDateTime.ToString("r", CultureInfo.InvariantCulture));
        Add(headers, "x-oss-traffic-limit", TrafficLimitBitsPerSecond?.ToString(CultureInfo.InvariantCulture));
        return headers;
    }

    string Range() => (Offset, Length) switch
    {
        (null, { } last) => $"bytes=-{last}",
        ({ } first, null) => $"bytes={first}-",
        ({ } first, { } count) => $"bytes={first}-{first + count - 1}",
        _ => "",
    };

    static void Add(List<KeyValuePair<string, string>> headers, string name, string? value)
    {
        if (value is not null)
        {
            headers.Add(new(name, value));
        }
    }
}

/// <summary>An object and its bytes. Dispose it to let go of the connection.</summary>
public sealed class GetObjectResult : IAsyncDisposable
{
    internal GetObjectResult(ObjectInfo info, long contentLength, string? contentRange, Stream content)
    {
        Info = info;
        ContentLength = contentLength;
        ContentRange = contentRange;
        Content = content;
    }

    public ObjectInfo Info { get; }

    /// <summary>The bytes that <see cref="Content"/> gives.</summary>
    public long ContentLength { get; }

    /// <summary>The range that came, as on the wire; null for the whole object.</summary>
    public string? ContentRange { get; }

    /// <summary>
    /// The bytes, to be read asynchronously. A connection that breaks or stands still is replaced unseen: the rest is asked for by its
    /// range, bound to the same ETag. At the end of a whole object its CRC-64 is compared with the service's; a difference is thrown
    /// as <see cref="ChecksumMismatchException"/> by the read that would have returned 0.
    /// </summary>
    public Stream Content { get; }

    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

public sealed partial class OssClient
{
    /// <summary>
    /// Stores an object: readers see all of it or nothing. The answer's CRC-64 is compared with that of the bytes sent; when they differ
    /// the body is sent again, and at last <see cref="ChecksumMismatchException"/> is thrown (the service then holds the damaged object).
    /// </summary>
    /// <param name="body">At most 5 GB.</param>
    public Task<WriteResult> PutObjectAsync(
        string bucket, string key, RequestBody body, ObjectProperties? properties = null, CancellationToken ct = default) =>
        PutObjectAsync(PutObjectRequest(bucket, key, body, properties), ct);

    internal static OssRequest PutObjectRequest(string bucket, string key, RequestBody body, ObjectProperties? properties) =>
        new()
        {
            Operation = "PutObject",
            Method = HttpMethod.Put,
            Bucket = bucket,
            Key = key,
            Headers = properties?.ToHeaders() ?? [],
            Body = body,
            AnswersBodyCrc = true,
        };

    internal Task<WriteResult> PutObjectAsync(OssRequest request, CancellationToken ct) => _sender.SendAsync(request, WriteResult.Read, ct);

    /// <summary>Reads an object or a range of it.</summary>
    public async Task<GetObjectResult> GetObjectAsync(
        string bucket, string key, GetObjectOptions? options = null, CancellationToken ct = default)
    {
        options ??= new();
        var response = await OpenAsync(bucket, key, options, ct).ConfigureAwait(false);
        var info = ObjectInfo.Read(bucket, key, response);
        var range = response.Headers.Get("Content-Range");
        var length = Hashing.Number(response.Headers.Get("Content-Length"));
        var whole = range is null && options.Process is null;
        var content = new ObjectStream(this, options, info, response, length, range, whole && _options.CheckCrc);
        return new(info, length ?? -1, range, content);
    }

    internal Task<OssResponse> OpenAsync(string bucket, string key, GetObjectOptions options, CancellationToken ct) =>
        SendAsync(
            new()
            {
                Operation = "GetObject",
                Method = HttpMethod.Get,
                Bucket = bucket,
                Key = key,
                Query = options.ToQuery(),
                Headers = options.ToHeaders(withRange: true),
                StreamAnswer = true,
                MaxAttempts = options.MaxAttempts,
                Retrying = options.Retrying,
            },
            ct);

    /// <summary>Everything about an object but its bytes.</summary>
    public Task<ObjectInfo> HeadObjectAsync(
        string bucket, string key, GetObjectOptions? options = null, CancellationToken ct = default) =>
        HeadAsync("HeadObject", bucket, key, options ?? new(), null, ct);

    /// <summary>Size, ETag, time and CRC-64 of an object; the cheapest question about it.</summary>
    public Task<ObjectInfo> GetObjectMetaAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        HeadAsync("GetObjectMeta", bucket, key, new() { VersionId = versionId }, "objectMeta", ct);

    /// <summary>The object's information, or null when there is no such key. A missing bucket is an error.</summary>
    public async Task<ObjectInfo?> FindObjectAsync(string bucket, string key, CancellationToken ct = default)
    {
        try
        {
            return await HeadObjectAsync(bucket, key, ct: ct).ConfigureAwait(false);
        }
        catch (OssException e) when (e.Code is "NoSuchKey")
        {
            return null;
        }
    }

    /// <summary>
    /// Appends to an appendable object, or makes one at position 0. A try whose answer was lost is found out by the object's length and
    /// CRC-64, so an append never happens twice.
    /// </summary>
    /// <param name="position">The present length of the object.</param>
    /// <param name="crcSoFar">CRC-64 of the object up to the position; when given, that of the answer is checked.</param>
    public async Task<WriteResult> AppendObjectAsync(
        string bucket,
        string key,
        long position,
        RequestBody body,
        ObjectProperties? properties = null,
        ulong? crcSoFar = null,
        CancellationToken ct = default)
    {
        var request = new OssRequest
        {
            Operation = "AppendObject",
            Method = HttpMethod.Post,
            Bucket = bucket,
            Key = key,
            Query = Query(("append", ""), ("position", Number(position))),
            Headers = properties?.ToHeaders() ?? [],
            Body = body,
        };
        crcSoFar ??= position == 0 ? 0 : null;
        WriteResult result;
        try
        {
            result = await _sender.SendAsync(request, WriteResult.Read, ct).ConfigureAwait(false);
        }
        catch (OssException e) when (e.Code == "PositionNotEqualToLength" && crcSoFar is not null && body.CanReplay && body.Length > 0)
        {
            var info = await HeadObjectAsync(bucket, key, ct: ct).ConfigureAwait(false);
            if (info.Size != position + body.Length || info.Crc64 != Moss.Protocol.Hashing.Crc64.Combine(crcSoFar.Value, body.Crc64, body.Length.Value))
            {
                throw;
            }

            return new() { ETag = info.ETag, Crc64 = info.Crc64, NextAppendPosition = info.Size, VersionId = info.VersionId, RequestId = info.RequestId };
        }

        if (_options.CheckCrc && crcSoFar is { } before && result.Crc64 is { } after)
        {
            var local = Moss.Protocol.Hashing.Crc64.Combine(before, body.Crc64, body.Sent);
            if (local != after)
            {
                throw new ChecksumMismatchException($"AppendObject of '{key}': the object's CRC-64 is {after}, not {local}.", local, after);
            }
        }

        return result;
    }

    /// <summary>Ends an appendable object for good; its length must be the position.</summary>
    public Task SealAppendObjectAsync(string bucket, string key, long position, CancellationToken ct = default) =>
        CommandAsync(
            new()
            {
                Operation = "SealAppendObject",
                Method = HttpMethod.Post,
                Bucket = bucket,
                Key = key,
                Query = Query(("seal", ""), ("position", Number(position))),
            },
            ct);

    /// <summary>Copies an object without moving its bytes through the client.</summary>
    /// <param name="properties">When given, they replace the source's (metadata directive REPLACE); else those of the source are kept.</param>
    /// <param name="ifMatch">Refuses with <c>PreconditionFailed</c> when the source has another ETag.</param>
    public Task<WriteResult> CopyObjectAsync(
        CopySource source, string bucket, string key, ObjectProperties? properties = null, string? ifMatch = null, CancellationToken ct = default)
    {
        var headers = source.ToHeaders();
        if (ifMatch is not null)
        {
            headers.Add(new("x-oss-copy-source-if-match", new ETag(ifMatch).Quoted));
        }

        if (properties is not null)
        {
            headers.Add(new("x-oss-metadata-directive", "REPLACE"));
            if (properties.Tags.Count > 0)
            {
                headers.Add(new("x-oss-tagging-directive", "Replace"));
            }

            headers.AddRange(properties.ToHeaders());
        }

        return _sender.SendAsync(
            new() { Operation = "CopyObject", Method = HttpMethod.Put, Bucket = bucket, Key = key, Headers = headers },
            static response =>
            {
                var copy = XmlDocuments.Parse<CopyObjectResult>(response.Body);
                return WriteResult.Read(response) with { ETag = new ETag(copy.ETag).Value };
            },
            ct);
    }

    /// <summary>Deletes an object, or makes a delete marker in a bucket with versions. A key that is not there is no error.</summary>
    public Task<DeleteObjectResult> DeleteObjectAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        _sender.SendAsync(
            new()
            {
                Operation = "DeleteObject",
                Method = HttpMethod.Delete,
                Bucket = bucket,
                Key = key,
                Query = Query(("versionId", versionId)),
            },
            static response => new DeleteObjectResult(
                response.Headers.Get("x-oss-version-id"), response.Headers.Get("x-oss-delete-marker") == "true", response.RequestId),
            ct);

    /// <summary>Deletes 1 to 1,000 keys in one request; keys that are not there count as deleted.</summary>
    public Task<DeleteResult> DeleteMultipleObjectsAsync(string bucket, IReadOnlyList<DeleteEntry> objects, CancellationToken ct = default) =>
        DocumentAsync<DeleteResult>(
            WithDocument(
                new()
                {
                    Operation = "DeleteMultipleObjects",
                    Method = HttpMethod.Post,
                    Bucket = bucket,
                    Query = Query(("delete", ""), ("encoding-type", "url")),
                },
                new Delete(Quiet: false, objects)),
            ct);

    public Task<AccessControlPolicy> GetObjectAclAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        DocumentAsync<AccessControlPolicy>(ObjectCall("GetObjectAcl", HttpMethod.Get, bucket, key, "acl", versionId), ct);

    public Task PutObjectAclAsync(string bucket, string key, Acl acl, string? versionId = null, CancellationToken ct = default) =>
        CommandAsync(
            ObjectCall("PutObjectAcl", HttpMethod.Put, bucket, key, "acl", versionId) with
            {
                Headers = [new("x-oss-object-acl", acl.ToWire())],
            },
            ct);

    /// <summary>Makes a symbolic link to a key of the same bucket; whether there is such a key is not checked.</summary>
    public Task<WriteResult> PutSymlinkAsync(
        string bucket, string key, string target, ObjectProperties? properties = null, CancellationToken ct = default) =>
        _sender.SendAsync(
            ObjectCall("PutSymlink", HttpMethod.Put, bucket, key, "symlink", null) with
            {
                Headers = [.. properties?.ToHeaders() ?? [], new("x-oss-symlink-target", UrlEncoding.Encode(target))],
            },
            WriteResult.Read,
            ct);

    /// <summary>Where a symbolic link points; any other object is refused with <c>NotSymlink</c>.</summary>
    public Task<SymlinkInfo> GetSymlinkAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        _sender.SendAsync(
            ObjectCall("GetSymlink", HttpMethod.Get, bucket, key, "symlink", versionId),
            static response => new SymlinkInfo(
                UrlEncoding.TryDecode(response.Headers.Get("x-oss-symlink-target") ?? "", plusIsSpace: false, out var target) ? target : "",
                new ETag(response.Headers.Get("ETag") ?? "").Value,
                response.Headers.Get("x-oss-version-id"),
                response.RequestId),
            ct);

    /// <summary>The tags of an object; empty when it has none.</summary>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> GetObjectTaggingAsync(
        string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        (await DocumentAsync<Tagging>(ObjectCall("GetObjectTagging", HttpMethod.Get, bucket, key, "tagging", versionId), ct)
            .ConfigureAwait(false)).Tags;

    /// <summary>Replaces all tags of an object, at most 10.</summary>
    public Task PutObjectTaggingAsync(
        string bucket, string key, IEnumerable<KeyValuePair<string, string>> tags, string? versionId = null, CancellationToken ct = default) =>
        CommandAsync(
            WithDocument(ObjectCall("PutObjectTagging", HttpMethod.Put, bucket, key, "tagging", versionId), new Tagging([.. tags])), ct);

    public Task DeleteObjectTaggingAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        CommandAsync(ObjectCall("DeleteObjectTagging", HttpMethod.Delete, bucket, key, "tagging", versionId), ct);

    Task<ObjectInfo> HeadAsync(
        string operation, string bucket, string key, GetObjectOptions options, string? flag, CancellationToken ct) =>
        _sender.SendAsync(
            new()
            {
                Operation = operation,
                Method = HttpMethod.Head,
                Bucket = bucket,
                Key = key,
                Query = options.ToQuery(flag),
                Headers = options.ToHeaders(withRange: false),
            },
            response => ObjectInfo.Read(bucket, key, response),
            ct);

    static OssRequest ObjectCall(string operation, HttpMethod method, string bucket, string key, string flag, string? versionId) =>
        new()
        {
            Operation = operation,
            Method = method,
            Bucket = bucket,
            Key = key,
            Query = Query((flag, ""), ("versionId", versionId)),
        };
}
