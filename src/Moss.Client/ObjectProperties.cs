using System.Globalization;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;

namespace Moss.Client;

/// <summary>What is stored beside the bytes of an object, and the conditions of storing it. Null leaves a thing unsaid.</summary>
public sealed record ObjectProperties
{
    public string? ContentType { get; init; }

    public string? CacheControl { get; init; }

    public string? ContentDisposition { get; init; }

    public string? ContentEncoding { get; init; }

    public string? ContentLanguage { get; init; }

    /// <summary>Stored as it is given.</summary>
    public string? Expires { get; init; }

    /// <summary>
    /// <c>x-oss-meta-*</c>: names without that prefix (letters, digits and <c>-</c>, stored in lower case), values as UTF-8; together at
    /// most 8 KB.
    /// </summary>
    public IReadOnlyDictionary<string, string> UserMetadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public Acl? Acl { get; init; }

    public StorageClass? StorageClass { get; init; }

    /// <summary>At most 10 tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Refuses with <c>FileAlreadyExists</c> (409) when there is an object of that key.</summary>
    public bool ForbidOverwrite { get; init; }

    /// <summary><c>AES256</c>, <c>KMS</c> or <c>SM4</c>.</summary>
    public string? ServerSideEncryption { get; init; }

    /// <summary><c>x-oss-traffic-limit</c>: the service slows the request down to so many bits per second.</summary>
    public long? TrafficLimitBitsPerSecond { get; init; }

    /// <summary>Base64 JSON of <c>x-oss-callback</c>.</summary>
    public string? Callback { get; init; }

    /// <summary>Base64 JSON of <c>x-oss-callback-var</c>.</summary>
    public string? CallbackVariables { get; init; }

    /// <summary>Any other header, sent as given.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> OtherHeaders { get; init; } = [];

    /// <summary>The headers of an operation that writes an object's properties.</summary>
    internal List<KeyValuePair<string, string>> ToHeaders()
    {
        var headers = new List<KeyValuePair<string, string>>();
        Add(headers, "Content-Type", ContentType);
        Add(headers, "Cache-Control", CacheControl);
        Add(headers, "Content-Disposition", ContentDisposition);
        Add(headers, "Content-Encoding", ContentEncoding);
        Add(headers, "Content-Language", ContentLanguage);
        Add(headers, "Expires", Expires);
        foreach (var (name, value) in UserMetadata)
        {
            Add(headers, "x-oss-meta-" + name.ToLowerInvariant(), value);
        }

        Add(headers, "x-oss-object-acl", Acl?.ToWire());
        Add(headers, "x-oss-storage-class", StorageClass?.ToWire());
        if (Tags.Count > 0)
        {
            Add(headers, "x-oss-tagging", TagHeader(Tags));
        }

        Add(headers, "x-oss-forbid-overwrite", ForbidOverwrite ? "true" : null);
        Add(headers, "x-oss-server-side-encryption", ServerSideEncryption);
        Add(headers, "x-oss-traffic-limit", TrafficLimitBitsPerSecond?.ToString(CultureInfo.InvariantCulture));
        Add(headers, "x-oss-callback", Callback);
        Add(headers, "x-oss-callback-var", CallbackVariables);
        headers.AddRange(OtherHeaders);
        return headers;
    }

    /// <summary>What CompleteMultipartUpload takes of them; the rest came with InitiateMultipartUpload.</summary>
    internal List<KeyValuePair<string, string>> ToCompleteHeaders()
    {
        var headers = new List<KeyValuePair<string, string>>();
        Add(headers, "x-oss-object-acl", Acl?.ToWire());
        Add(headers, "x-oss-forbid-overwrite", ForbidOverwrite ? "true" : null);
        Add(headers, "x-oss-callback", Callback);
        Add(headers, "x-oss-callback-var", CallbackVariables);
        return headers;
    }

    /// <summary>What InitiateMultipartUpload takes of them.</summary>
    internal List<KeyValuePair<string, string>> ToInitiateHeaders() =>
        (this with { Acl = null, Callback = null, CallbackVariables = null, TrafficLimitBitsPerSecond = null }).ToHeaders();

    static string TagHeader(IReadOnlyDictionary<string, string> tags) =>
        string.Join('&', tags.Select(tag => $"{PercentEncoding.Encode(tag.Key)}={PercentEncoding.Encode(tag.Value)}"));

    static void Add(List<KeyValuePair<string, string>> headers, string name, string? value)
    {
        if (value is not null)
        {
            headers.Add(new(name, value));
        }
    }
}
