using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Server.Pipeline;

/// <summary>
/// Reads host and request target. The target is taken as it stood on the wire and decoded exactly once: <c>.</c>, <c>..</c>, <c>//</c> and
/// <c>%2F</c> are part of keys, and no framework may tidy them away.
/// </summary>
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
        var (addressing, bucketText) = hosts.Resolve(host);
        var request = new OssRequest
        {
            Method = method,
            Host = HostMap.WithoutPort(host),
            HostAndPort = host,
            Addressing = addressing,
            Query = QueryParameters.Parse(query),
        };

        // Decoding before splitting: a bucket's name holds no slash, so an encoded first slash splits like a plain one.
        var decoded = UrlEncoding.TryDecode(path, plusIsSpace: false, out var text)
            ? text
            : throw new OssException(OssErrors.InvalidObjectName);
        if (bucketText is not null)
        {
            return request with { Bucket = BucketName.Parse(bucketText), Key = KeyOf(decoded) };
        }

        if (decoded.Length == 0)
        {
            return request;
        }

        var slash = decoded.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? request with { Bucket = BucketName.Parse(decoded) }
            : request with { Bucket = BucketName.Parse(decoded[..slash]), Key = KeyOf(decoded[(slash + 1)..]) };
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
