using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Server.Pipeline;

/// <summary>
/// Reads host and request target. The target is taken as it stood on the wire and decoded exactly once: <c>.</c>, <c>..</c>, <c>//</c> and
/// <c>%2F</c> are part of keys, and no framework may tidy them away.
/// </summary>
/// <remarks>
/// Some client libraries send requests that can be read in two ways, and only their signature tells which is meant. The first reading is the
/// plain one, which also counts for requests that nobody signed; the others stand behind it.
/// <list type="bullet">
/// <item>npm ali-oss sends the bucket both in the host and in the path when it is told to use path style with an IP address.</item>
/// <item>Older Go clients send a space in a key as <c>+</c>; everywhere else a plus in a path is a plus.</item>
/// </list>
/// </remarks>
sealed class RequestParser(HostMap hosts)
{
    /// <summary>The parsed request.</summary>
    /// <param name="method">The method as sent.</param>
    /// <param name="host">The Host header.</param>
    /// <param name="rawTarget">The request target as sent: a path with or without query, or an absolute URI.</param>
    /// <exception cref="OssException">
    /// <c>InvalidBucketName</c>, <c>InvalidObjectName</c>, or <c>InvalidArgument</c> for a query that cannot be decoded.
    /// </exception>
    public OssRequest Parse(string method, string host, string rawTarget)
    {
        var (path, query) = SplitTarget(rawTarget);
        var (addressing, bucket) = hosts.Resolve(host);
        var request = new OssRequest
        {
            Method = method,
            Host = HostMap.WithoutPort(host),
            HostAndPort = host,
            Addressing = addressing,
            Query = QueryParameters.Parse(query),
        };
        return path.Length == 0 && bucket is null ? request : FirstThatParses(request, Readings(path, bucket));
    }

    readonly record struct Reading(string Path, string? Bucket, bool PlusIsSpace);

    static List<Reading> Readings(string path, string? bucket)
    {
        var readings = new List<Reading> { new(path, bucket, PlusIsSpace: false) };
        var inPath = bucket is not null && (path == bucket || path.StartsWith(bucket + "/", StringComparison.Ordinal));
        if (inPath)
        {
            readings.Add(new(path, null, PlusIsSpace: false));
        }

        if (path.Contains('+', StringComparison.Ordinal))
        {
            readings.AddRange([.. readings.Select(reading => reading with { PlusIsSpace = true })]);
        }

        return readings;
    }

    // A key that is too long when it has the bucket before it may be a good one without.
    static OssRequest FirstThatParses(OssRequest request, List<Reading> readings)
    {
        var parsed = new List<OssRequest>(readings.Count);
        OssException? refusal = null;
        foreach (var reading in readings)
        {
            try
            {
                parsed.Add(Read(request, reading));
            }
            catch (OssException exception)
            {
                refusal ??= exception;
            }
        }

        return parsed.Count == 0 ? throw refusal!
            : parsed.Count == 1 ? parsed[0]
            : parsed[0] with { OtherReadings = parsed[1..] };
    }

    static OssRequest Read(OssRequest request, Reading reading)
    {
        var text = UrlEncoding.TryDecode(reading.Path, reading.PlusIsSpace, out var decoded)
            ? decoded
            : throw new OssException(OssErrors.InvalidObjectName);
        if (reading.Bucket is not null)
        {
            return request with { Bucket = BucketName.Parse(reading.Bucket), Key = KeyOf(text) };
        }

        // Decoding before splitting: a bucket's name holds no slash, so an encoded first slash splits like a plain one.
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var path = request with { Addressing = Addressing.Path };
        return slash < 0
            ? path with { Bucket = BucketName.Parse(text) }
            : path with { Bucket = BucketName.Parse(text[..slash]), Key = KeyOf(text[(slash + 1)..]) };
    }

    static ObjectKey? KeyOf(string text) => text.Length == 0 ? null : ObjectKey.Parse(text);

    // The path without its leading slash, and the query without its question mark.
    static (string Path, string Query) SplitTarget(string target)
    {
        var scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            var start = target.AsSpan(scheme + 3).IndexOfAny('/', '?');
            target = start < 0 ? "/" : target[(scheme + 3 + start)..];
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? "" : target[(question + 1)..];
        return path.StartsWith('/') ? (path[1..], query) : (path, query);
    }
}
