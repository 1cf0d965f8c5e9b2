namespace Moss.Client;

/// <summary>
/// One call of the API in its own words, for calls that have no method of their own. Texts are plain: names and values are encoded on the
/// way out, keys exactly as they are, with <c>.</c>, <c>..</c> and <c>//</c> in them.
/// </summary>
public sealed record OssRequest
{
    /// <summary>The name of the operation as the documentation has it; for traces and metrics only.</summary>
    public string Operation { get; init; } = "Api";

    public required HttpMethod Method { get; init; }

    /// <summary>The bucket, or null for a call to the service itself.</summary>
    public string? Bucket { get; init; }

    /// <summary>The key, or null for a call to the bucket.</summary>
    public string? Key { get; init; }

    /// <summary>Names and values; a null value goes without <c>=</c> (sub-resources such as <c>acl</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Query { get; init; } = [];

    /// <summary>Headers beyond those the client makes itself (date, authorisation, length).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public RequestBody? Body { get; init; }

    /// <summary>
    /// Hands out the body of a good answer as a stream instead of reading it into memory. The answer must then be disposed.
    /// </summary>
    public bool StreamAnswer { get; init; }

    /// <summary>Sent at most this often; null takes <see cref="OssClientOptions.MaxAttempts"/>.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>
    /// Whether the answer's <c>x-oss-hash-crc64ecma</c> is that of the body alone, so that the two are compared.
    /// </summary>
    internal bool AnswersBodyCrc { get; init; }

    /// <summary>Told of the bytes of the body as they are sent; a new try begins anew.</summary>
    internal IBodyObserver? Observer { get; init; }

    /// <summary>Told of each try that failed and will be repeated, with a short reason.</summary>
    internal Action<string>? Retrying { get; init; }
}

/// <summary>A good answer of the service (status 2xx but 203).</summary>
public sealed class OssResponse : IAsyncDisposable
{
    readonly Func<ValueTask>? _dispose;

    internal OssResponse(
        int status, string? reason, ResponseHeaders headers, ReadOnlyMemory<byte> body, Stream? content, Func<ValueTask>? dispose)
    {
        Status = status;
        Reason = reason;
        Headers = headers;
        Body = body;
        Content = content;
        _dispose = dispose;
    }

    public int Status { get; }

    public string? Reason { get; }

    public ResponseHeaders Headers { get; }

    /// <summary>The id of the request, as the service logs it.</summary>
    public string RequestId => Headers.Get("x-oss-request-id") ?? "";

    /// <summary>The whole body; empty when it is streamed.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body as a stream, when that was asked for.</summary>
    public Stream? Content { get; }

    public ValueTask DisposeAsync() => _dispose?.Invoke() ?? default;
}

/// <summary>The headers of an answer; names compare without case.</summary>
public sealed class ResponseHeaders
{
    readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    internal ResponseHeaders(HttpResponseMessage response)
    {
        // The raw values: what the framework's typed headers would make of an odd date or tag is no matter here.
        foreach (var (name, values) in response.Headers.NonValidated)
        {
            _values[name] = values.ToString();
        }

        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            _values[name] = values.ToString();
        }
    }

    /// <summary>All headers, a repeated one as one value joined with commas.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>The value of a header, or null.</summary>
    public string? Get(string name) => _values.GetValueOrDefault(name);
}
