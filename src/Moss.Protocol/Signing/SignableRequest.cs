using System.Text;

namespace Moss.Protocol.Signing;

/// <summary>
/// What a signature covers: method, bucket, key, query and headers, as they stand on the wire. The server builds one from
/// a request it received, the client one from a request it is about to send; both sides canonicalise the same thing.
/// </summary>
public sealed class SignableRequest
{
    /// <summary>A request as received.</summary>
    /// <param name="method">The HTTP method as sent.</param>
    /// <param name="bucket">The bucket, however it was addressed (path, host, mapped host), or null for a service request.</param>
    /// <param name="key">The key, percent-decoded once and not normalised, or null for a bucket request.</param>
    /// <param name="query">The query in wire order; see <see cref="QueryParameter.Parse"/>.</param>
    /// <param name="headers">
    /// Every header line in wire order, a repeated header as several entries. Values are Latin-1 text: one character for
    /// one byte on the wire, so that the HMAC sees the bytes that were sent.
    /// </param>
    /// <exception cref="ArgumentException">There is a key but no bucket.</exception>
    public SignableRequest(
        string method,
        string? bucket,
        string? key,
        IReadOnlyList<QueryParameter> query,
        IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (string.IsNullOrEmpty(bucket) && !string.IsNullOrEmpty(key))
        {
            throw new ArgumentException("A key needs a bucket.", nameof(key));
        }

        Method = method;
        Bucket = string.IsNullOrEmpty(bucket) ? null : bucket;
        Key = string.IsNullOrEmpty(key) ? null : key;
        Query = query;
        Headers = headers;
    }

    /// <summary>The HTTP method.</summary>
    public string Method { get; }

    /// <summary>The bucket, or null.</summary>
    public string? Bucket { get; }

    /// <summary>
    /// Another name under which the client may know the bucket (an access point or a mapped host); tried after the bucket itself.
    /// </summary>
    public string? BucketAlias { get; init; }

    /// <summary>The decoded key, or null.</summary>
    public string? Key { get; }

    /// <summary>
    /// The key with blanks for the plus signs of the wire's path; null when the path has none. A plus in a path is a plus, but early Go
    /// SDKs write a blank so. When only this key fits the signature, <see cref="AuthenticationResult.UsesAlternativeKey"/> says so.
    /// </summary>
    public string? AlternativeKey { get; init; }

    /// <summary>The query in wire order.</summary>
    public IReadOnlyList<QueryParameter> Query { get; }

    /// <summary>The header lines in wire order, values as Latin-1 text.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>A request about to be sent, from decoded texts. Header values go out as UTF-8, so they are signed as UTF-8.</summary>
    public static SignableRequest ToSend(
        string method,
        string? bucket,
        string? key,
        IEnumerable<KeyValuePair<string, string?>> query,
        IEnumerable<KeyValuePair<string, string>> headers) =>
        new(
            method,
            bucket,
            key,
            [.. query.Select(pair => QueryParameter.FromText(pair.Key, pair.Value))],
            [.. headers.Select(header => KeyValuePair.Create(header.Key, Utf8AsLatin1(header.Value)))]);

    /// <summary>The first query value of that name, decoded; null when the name does not occur.</summary>
    public string? QueryValue(string name)
    {
        for (var i = 0; i < Query.Count; i++)
        {
            if (string.Equals(Query[i].Name, name, StringComparison.Ordinal))
            {
                return Query[i].Value;
            }
        }

        return null;
    }

    /// <summary>The first value of a header, trimmed; null when it was not sent. Names compare without case.</summary>
    public string? Header(string name)
    {
        for (var i = 0; i < Headers.Count; i++)
        {
            if (string.Equals(Headers[i].Key, name, StringComparison.OrdinalIgnoreCase))
            {
                return Headers[i].Value.Trim(HeaderBlanks);
            }
        }

        return null;
    }

    /// <summary>How often a header was sent.</summary>
    internal int CountHeader(string name)
    {
        var count = 0;
        for (var i = 0; i < Headers.Count; i++)
        {
            count += string.Equals(Headers[i].Key, name, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The blanks that do not belong to a header's value (RFC 9110: optional white space).</summary>
    internal static readonly char[] HeaderBlanks = [' ', '\t'];

    internal SignableRequest With(
        IEnumerable<QueryParameter>? moreQuery = null,
        IEnumerable<KeyValuePair<string, string>>? moreHeaders = null) =>
        new(
            Method,
            Bucket,
            Key,
            moreQuery is null ? Query : [.. Query, .. moreQuery],
            moreHeaders is null ? Headers : [.. Headers, .. moreHeaders])
        {
            BucketAlias = BucketAlias,
            AlternativeKey = AlternativeKey,
        };

    static string Utf8AsLatin1(string text) =>
        Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
