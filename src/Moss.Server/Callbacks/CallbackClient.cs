using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Xml;

namespace Moss.Server.Callbacks;

/// <summary>What is sent to an application's server.</summary>
sealed record CallbackMessage(string Body, bool IsJson, string Bucket, string Requester, string RequestId, string PublicKeyUrl);

/// <summary>What an application's server answered, or why there is no answer.</summary>
sealed record CallbackReply
{
    public byte[] Body { get; init; } = [];

    public string ContentType { get; init; } = "application/json";

    /// <summary>Null when the call succeeded.</summary>
    public string? Failure { get; init; }

    public string EC { get; init; } = "";

    public static CallbackReply Failed(string message, string ec = "0007-00000203") => new() { Failure = message, EC = ec };
}

/// <summary>
/// Calls applications' servers. It connects to none that the guard forbids (what counts is the address that the socket is connected to), follows no redirect, knows no proxy, no
/// cookies and no compression, and takes bounded answers in bounded time.
/// </summary>
sealed class CallbackClient : IDisposable
{
    /// <summary>For connecting, sending and reading the answer of one URL.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public const int MaxAnswerBytes = 1024 * 1024;

    const int MaxHeaderKilobytes = 32;

    /// <summary>Calls under way; more wait for nothing, because an upload waits behind each.</summary>
    const int MaxCalls = 512;

    const string ForbiddenMessage = "Private address is forbidden to callback.";

    static readonly HttpRequestOptionsKey<CallbackOptions> OptionsKey = new("callback");
    static readonly HttpRequestOptionsKey<CallbackUrl> UrlKey = new("url");

    readonly CallbackSigner _signer;
    readonly AddressGuard _guard;
    readonly TimeProvider _time;
    readonly HttpClient _http;
    int _calls;

    public CallbackClient(CallbackSigner signer, AddressGuard guard, TimeProvider time)
    {
        _signer = signer;
        _guard = guard;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        };
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Calls the URLs in their order until one answers well; the reply is that one's, or the last failure.</summary>
    public async Task<CallbackReply> CallAsync(CallbackOptions options, CallbackMessage message, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _calls) > MaxCalls)
        {
            Interlocked.Decrement(ref _calls);
            return CallbackReply.Failed("Too many callback requests", "0007-00000201");
        }

        try
        {
            var reply = CallbackReply.Failed("");
            foreach (var url in options.Urls)
            {
                reply = await CallAsync(options, url, message, ct);
                if (reply.Failure is null)
                {
                    break;
                }
            }

            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }

    public void Dispose() => _http.Dispose();

    async Task<CallbackReply> CallAsync(CallbackOptions options, CallbackUrl url, CallbackMessage message, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var request = Request(options, url, message);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return await ReadAsync(response, both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return CallbackReply.Failed("Cost too long time", "0007-00000202");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or AuthenticationFailedException)
        {
            return CallbackReply.Failed(
                exception is ForbiddenAddressException || exception.InnerException is ForbiddenAddressException
                    ? ForbiddenMessage
                    : "Error Status : -1.OSS can not connect to your callbackUrl, please check it");
        }
    }

    HttpRequestMessage Request(CallbackOptions options, CallbackUrl url, CallbackMessage message)
    {
        // TLS is this class's own business, because a handshake may have to leave the name out; so for the handler every URL is a plain one.
        var body = System.Text.Encoding.UTF8.GetBytes(message.Body);
        var uri = new Uri(
            $"http://{url.Host}:{url.Port}{url.Path}{url.Query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(message.IsJson ? "application/json" : "application/x-www-form-urlencoded");
        content.Headers.ContentMD5 = MD5.HashData(body);
        var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = content, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var headers = request.Headers;
        headers.Host = options.Host ?? url.Authority;
        headers.ConnectionClose = true;
        headers.Date = _time.GetUtcNow();
        headers.TryAddWithoutValidation("User-Agent", "aliyun-oss-callback");
        headers.TryAddWithoutValidation("authorization", _signer.Sign(url.Path, url.Query, body));
        headers.TryAddWithoutValidation("x-oss-pub-key-url", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(message.PublicKeyUrl)));
        headers.TryAddWithoutValidation("x-oss-bucket", message.Bucket);
        headers.TryAddWithoutValidation("x-oss-requester", message.Requester);
        headers.TryAddWithoutValidation("x-oss-request-id", message.RequestId);
        headers.TryAddWithoutValidation("x-oss-signature-version", "1.0");
        headers.TryAddWithoutValidation("x-oss-tag", "CALLBACK");
        request.Options.Set(OptionsKey, options);
        request.Options.Set(UrlKey, url);
        return request;
    }

    static async Task<CallbackReply> ReadAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return CallbackReply.Failed($"Error status : {(int)response.StatusCode}.");
        }

        if (response.Content.Headers.ContentLength is not { } length)
        {
            return CallbackReply.Failed("Error Status : 400.User server return no content-length");
        }

        if (length > MaxAnswerBytes)
        {
            return CallbackReply.Failed("Error Status : 400.User server return too long content-length value");
        }

        // The handler ends the content at its length.
        var body = await response.Content.ReadAsByteArrayAsync(ct);
        var type = response.Content.Headers.ContentType?.ToString() ?? "application/json";
        var isXml = type.StartsWith("application/xml", StringComparison.OrdinalIgnoreCase);
        return (isXml ? IsXml(body) : IsJson(body))
            ? new() { Body = body, ContentType = type }
            : CallbackReply.Failed(isXml ? "Response body is not valid xml format." : "Response body is not valid json format.");
    }

    static bool IsJson(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static bool IsXml(byte[] body)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(body, writable: false), new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            while (reader.Read())
            {
                // To its end, or to its first mistake.
            }

            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        context.InitialRequestMessage.Options.TryGetValue(OptionsKey, out var options);
        context.InitialRequestMessage.Options.TryGetValue(UrlKey, out var url);
        var socket = await ConnectAsync(url!, ct);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return url!.IsHttps ? await SecureAsync(stream, url, options!.SendsSni, ct) : stream;
    }

    async ValueTask<Socket> ConnectAsync(CallbackUrl url, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(url.Host, ct);
        var callable = addresses.Where(_guard.MayCall).ToArray();
        if (callable.Length == 0)
        {
            throw addresses.Length > 0 ? new ForbiddenAddressException() : new IOException("The host has no address.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // Addresses, not the name: a second look-up could answer otherwise.
            await socket.ConnectAsync(callable, url.Port, ct);
            return socket.RemoteEndPoint is IPEndPoint remote && _guard.MayCall(remote.Address) ? socket : throw new ForbiddenAddressException();
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static async ValueTask<Stream> SecureAsync(NetworkStream stream, CallbackUrl url, bool sendsSni, CancellationToken ct)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = sendsSni ? url.Host : "",
                    // Without the name in the handshake the platform cannot compare it with the certificate's; here it always is.
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
                        && certificate is X509Certificate2 real && real.MatchesHostname(url.Host),
                },
                ct);
            return tls;
        }
        catch (System.Security.Authentication.AuthenticationException exception)
        {
            await tls.DisposeAsync();
            throw new AuthenticationFailedException(exception);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    sealed class ForbiddenAddressException() : IOException(ForbiddenMessage);

    sealed class AuthenticationFailedException(Exception inner) : Exception("The certificate was not accepted.", inner);
}
