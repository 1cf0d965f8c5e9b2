using System.Globalization;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;

namespace Moss.Client;

/// <summary>What writing an object or a part gave.</summary>
public sealed record WriteResult
{
    /// <summary>Without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>CRC-64/XZ that the service says: of the whole object, or of the part. Null when it says nothing.</summary>
    public ulong? Crc64 { get; init; }

    /// <summary>The version that came to be; null without versioning.</summary>
    public string? VersionId { get; init; }

    /// <summary>Where the next append goes; only AppendObject says so.</summary>
    public long? NextAppendPosition { get; init; }

    /// <summary>What the callback's server answered, when there was a callback.</summary>
    public string? CallbackBody { get; init; }

    public required string RequestId { get; init; }

    internal static WriteResult Read(OssResponse response) => new()
    {
        ETag = new ETag(response.Headers.Get("ETag") ?? "").Value,
        Crc64 = Hashing.Crc(response.Headers),
        VersionId = response.Headers.Get("x-oss-version-id"),
        NextAppendPosition = Hashing.Number(response.Headers.Get("x-oss-next-append-position")),
        CallbackBody = response.Headers.Get("Content-Type") is { } type && type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            ? System.Text.Encoding.UTF8.GetString(response.Body.Span)
            : null,
        RequestId = response.RequestId,
    };
}

/// <summary>What deleting an object gave.</summary>
/// <param name="VersionId">The version of the delete marker, or the version that was deleted; null without versioning.</param>
/// <param name="DeleteMarker">Whether a delete marker was made or removed.</param>
public sealed record DeleteObjectResult(string? VersionId, bool DeleteMarker, string RequestId);

/// <summary>An object without its bytes, as HeadObject, GetObjectMeta and GetObject tell it.</summary>
public sealed record ObjectInfo
{
    public required string Bucket { get; init; }

    public required string Key { get; init; }

    /// <summary>Bytes of the whole object.</summary>
    public required long Size { get; init; }

    /// <summary>Without quotes.</summary>
    public required string ETag { get; init; }

    public DateTimeOffset LastModified { get; init; }

    /// <summary>CRC-64/XZ of the whole object; null when the service does not say.</summary>
    public ulong? Crc64 { get; init; }

    public string? ContentType { get; init; }

    public ObjectType Type { get; init; }

    /// <summary>As on the wire; empty when the service does not say.</summary>
    public string StorageClass { get; init; } = "";

    public string? VersionId { get; init; }

    /// <summary><c>x-oss-meta-*</c> without that prefix, names in lower case.</summary>
    public required IReadOnlyDictionary<string, string> UserMetadata { get; init; }

    /// <summary>Where the next append goes; null unless the object is appendable.</summary>
    public long? NextAppendPosition { get; init; }

    /// <summary>Every header of the answer.</summary>
    public required ResponseHeaders Headers { get; init; }

    public required string RequestId { get; init; }

    internal static ObjectInfo Read(string bucket, string key, OssResponse response)
    {
        var headers = response.Headers;
        return new()
        {
            Bucket = bucket,
            Key = key,
            Size = Whole(headers.Get("Content-Range")) ?? Hashing.Number(headers.Get("Content-Length")) ?? 0,
            ETag = new ETag(headers.Get("ETag") ?? "").Value,
            LastModified = DateTimeOffset.TryParseExact(
                headers.Get("Last-Modified"), "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : default,
            Crc64 = Hashing.Crc(headers),
            ContentType = headers.Get("Content-Type"),
            Type = Enum.TryParse<ObjectType>(headers.Get("x-oss-object-type"), out var type) ? type : ObjectType.Normal,
            StorageClass = headers.Get("x-oss-storage-class") ?? "",
            VersionId = headers.Get("x-oss-version-id"),
            UserMetadata = headers.All
                .Where(header => header.Key.StartsWith("x-oss-meta-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key["x-oss-meta-".Length..].ToLowerInvariant(), header => header.Value, StringComparer.Ordinal),
            NextAppendPosition = Hashing.Number(headers.Get("x-oss-next-append-position")),
            Headers = headers,
            RequestId = response.RequestId,
        };
    }

    // bytes 0-499/1000
    static long? Whole(string? contentRange) =>
        contentRange?.LastIndexOf('/') is { } slash and >= 0 ? Hashing.Number(contentRange[(slash + 1)..]) : null;
}

/// <summary>A symbolic link.</summary>
/// <param name="Target">The key in the same bucket that it points to, decoded.</param>
public sealed record SymlinkInfo(string Target, string ETag, string? VersionId, string RequestId);

static class Hashing
{
    public static ulong? Crc(ResponseHeaders headers) =>
        Crc64.TryParse(headers.Get("x-oss-hash-crc64ecma"), out var crc) ? crc : null;

    public static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
