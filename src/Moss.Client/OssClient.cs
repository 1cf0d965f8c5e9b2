using System.Security.Cryptography;
using Moss.Client.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>
/// A client of one service: every operation as an async method. One client serves any number of threads and requests; make one and keep it.
/// </summary>
/// <remarks>
/// <para>Every method throws <see cref="OssException"/> when the service refuses (it carries code, request id and EC),
/// <see cref="OssTransportException"/> when no usable answer was had, <see cref="ChecksumMismatchException"/> when data was damaged, and
/// <see cref="OperationCanceledException"/> when the caller cancels. A bucket or key that breaks the rules of names is refused with the
/// service's own code before anything is sent.</para>
/// <para>A request that fails for a reason that may pass is sent again, up to <see cref="OssClientOptions.MaxAttempts"/> times with
/// full-jitter delays: lost and idle connections, 408, 429, 5xx, damaged bodies. A clock that is off is corrected from the service's answer,
/// expired temporary credentials are fetched anew; neither counts as a try. A body that cannot be read again is never sent twice.</para>
/// </remarks>
public sealed partial class OssClient : IDisposable
{
    readonly OssClientOptions _options;
    readonly Sender _sender;

    /// <summary>A client.</summary>
    /// <exception cref="ArgumentException">The endpoint is no address, or a setting is out of its range.</exception>
    public OssClient(OssClientOptions options)
    {
        _options = options;
        _sender = new(options);
    }

    /// <summary>A client with fixed credentials and defaults for everything else.</summary>
    public OssClient(string endpoint, string accessKeyId, string accessKeySecret)
        : this(new() { Endpoint = endpoint, Credentials = new StaticCredentialsProvider(new(accessKeyId, accessKeySecret)) })
    {
    }

    /// <summary>The settings this client was made with.</summary>
    public OssClientOptions Options => _options;

    internal TimeProvider Time => _options.TimeProvider;

    /// <summary>The endpoint in one spelling, for the identity of checkpoints.</summary>
    internal string Endpoint => _sender.Address.Endpoint;

    /// <summary>
    /// Sends any request of the API and gives its answer, for operations without a method of their own. Retries and refusals are as
    /// everywhere; an answer that was asked for as a stream must be disposed.
    /// </summary>
    public Task<OssResponse> SendAsync(OssRequest request, CancellationToken ct = default) =>
        _sender.SendAsync(request, static response => response, ct);

    /// <summary>
    /// An address with which anyone may send this request until it expires. Its headers and query take part: whoever uses the address sends
    /// the same Content-Type, Content-MD5 and <c>x-oss-</c> headers.
    /// </summary>
    /// <param name="validFor">Whole seconds: at least 1, with V4 at most 604,800 (7 days).</param>
    /// <exception cref="InvalidOperationException">The client has no credentials.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The duration is out of range.</exception>
    public async Task<Uri> PresignAsync(OssRequest request, TimeSpan validFor, CancellationToken ct = default)
    {
        var credentials = await _options.Credentials.GetAsync(ct).ConfigureAwait(false)
            ?? throw new InvalidOperationException("An anonymous client cannot sign addresses.");
        var signer = new Signer(credentials.Signing, new() { Version = _options.SignatureVersion, Region = _sender.Region });
        // Whoever uses the address sends no headers of ours.
        var query = _options.RequestPayer is { } payer ? [.. request.Query, new(Sender.RequestPayer, payer)] : request.Query;
        var signable = SignableRequest.ToSend(request.Method.Method, request.Bucket, request.Key, query, request.Headers);
        return _sender.Address.Of(request.Bucket, request.Key, signer.Presign(signable, _sender.Now, validFor));
    }

    /// <summary>An address with which anyone may read the object until it expires; see <see cref="PresignAsync"/>.</summary>
    public Task<Uri> PresignGetAsync(string bucket, string key, TimeSpan validFor, CancellationToken ct = default) =>
        PresignAsync(new() { Method = HttpMethod.Get, Bucket = bucket, Key = key }, validFor, ct);

    /// <summary>An address with which anyone may write the object until it expires; see <see cref="PresignAsync"/>.</summary>
    public Task<Uri> PresignPutAsync(
        string bucket, string key, TimeSpan validFor, ObjectProperties? properties = null, CancellationToken ct = default) =>
        PresignAsync(
            new() { Method = HttpMethod.Put, Bucket = bucket, Key = key, Headers = properties?.ToHeaders() ?? [] }, validFor, ct);

    /// <summary>Lets go of the connections. Answers that are still being read break off.</summary>
    public void Dispose() => _sender.Dispose();

    async Task<T> DocumentAsync<T>(OssRequest request, CancellationToken ct)
        where T : IXmlDocument<T> =>
        await _sender.SendAsync(request, static response => XmlDocuments.Parse<T>(response.Body), ct).ConfigureAwait(false);

    async Task<string> CommandAsync(OssRequest request, CancellationToken ct) =>
        await _sender.SendAsync(request, static response => response.RequestId, ct).ConfigureAwait(false);

    static OssRequest WithDocument<T>(OssRequest request, T document)
        where T : IXmlDocument<T>
    {
        var body = XmlDocuments.ToUtf8(document);
        return request with
        {
            Body = RequestBody.FromBytes(body),
            Headers =
            [
                .. request.Headers,
                new("Content-Type", "application/xml"),
                new("Content-MD5", Convert.ToBase64String(MD5.HashData(body))),
            ],
        };
    }

    static KeyValuePair<string, string?>[] Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new List<KeyValuePair<string, string?>>();
        foreach (var (name, value) in parameters)
        {
            // An empty value is how a flag is marked here; what was not given is left out.
            if (value is not null)
            {
                query.Add(new(name, value.Length == 0 ? null : value));
            }
        }

        return [.. query];
    }
}
