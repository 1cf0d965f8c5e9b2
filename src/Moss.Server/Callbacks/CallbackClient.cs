using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Xml;
using Microsoft.Extensions.Logging;
using Moss.Server.Observability;
using Moss.Server.Pipeline;

namespace Moss.Server.Callbacks;

/// <summary>What is sent to an application's server.</summary>
/// <param name="Body">The body.</param>
/// <param name="IsJson">Whether it is JSON, otherwise it is a form.</param>
/// <param name="Bucket">Where the upload went.</param>
/// <param name="Requester">Who uploaded; empty for nobody.</param>
/// <param name="RequestId">The upload's.</param>
/// <param name="PublicKeyUrl">Where the key is that verifies it.</param>
/// <param name="Holder">On whose behalf the server calls: the uploader, or the client whom nobody knows.</param>
sealed record CallbackMessage(string Body, bool IsJson, string Bucket, string Requester, string RequestId, string PublicKeyUrl, string Holder);

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

    /// <summary>What all answers together hold until the clients have taken them, which they may do slowly: many thousand ordinary ones, or 64 of the greatest length.</summary>
    public const long MaxAnswersBytes = 64 * 1024 * 1024;

    const int MaxHeaderKilobytes = 32;

    /// <summary>Calls under way; more are not waited with, because an upload waits behind each. One uploader alone has half of them.</summary>
    public const int MaxCalls = 512;

    const string ForbiddenMessage = "Private address is forbidden to callback.";

    static readonly HttpRequestOptionsKey<Target> TargetKey = new("target");

    readonly CallbackSigner _signer;
    readonly AddressGuard _guard;
    readonly NameLookup _names;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly HttpClient _http;
    readonly FairShare _calls = new(MaxCalls);

    public CallbackClient(CallbackSigner signer, AddressGuard guard, NameLookup names, TimeProvider time, ILogger log)
    {
        _signer = signer;
        _guard = guard;
        _names = names;
        _time = time;
        _log = log;
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
    /// <param name="options">Whom to call.</param>
    /// <param name="message">What to say.</param>
    /// <param name="memory">What the answer is held in; the caller's to let go when the answer is.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<CallbackReply> CallAsync(CallbackOptions options, CallbackMessage message, HeldMemory memory, CancellationToken ct)
    {
        if (!_calls.TryTake(message.Holder))
        {
            return TooMany();
        }

        try
        {
            var reply = CallbackReply.Failed("");
            foreach (var url in options.Urls)
            {
                reply = await CallAsync(options, url, message, memory, ct);
                if (reply.Failure is null)
                {
                    break;
                }
            }

            return reply;
        }
        finally
        {
            _calls.Return(message.Holder);
        }
    }

    public void Dispose() => _http.Dispose();

    static CallbackReply TooMany() => CallbackReply.Failed("Too many callback requests", "0007-00000201");

    async Task<CallbackReply> CallAsync(CallbackOptions options, CallbackUrl url, CallbackMessage message, HeldMemory memory, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var request = Request(options, url, message);
            request.Options.Set(TargetKey, new(url, options.SendsSni, message.Holder, both.Token));
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return await ReadAsync(response, memory, both.Token);
        }
        // What is broken off for it may come to its end before the call itself does, and then seems to have failed.
        catch (Exception exception) when (!ct.IsCancellationRequested && (exception is OperationCanceledException || patience.IsCancellationRequested))
        {
            return CallbackReply.Failed("Cost too long time", "0007-00000202");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (exception is not (HttpRequestException or IOException or SocketException or AuthenticationFailedException))
            {
                Log.CallbackFailed(_log, message.RequestId, exception); // The other URLs are called all the same.
            }

            return CallbackReply.Failed(
                exception is ForbiddenAddressException || exception.InnerException is ForbiddenAddressException
                    ? ForbiddenMessage
                    : "Error Status : -1.OSS can not connect to your callbackUrl, please check it");
        }
    }

    /// <summary>The request for one URL.</summary>
    internal HttpRequestMessage Request(CallbackOptions options, CallbackUrl url, CallbackMessage message)
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
        return request;
    }

    static async Task<CallbackReply> ReadAsync(HttpResponseMessage response, HeldMemory memory, CancellationToken ct)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return CallbackReply.Failed($"Error status : {(int)response.StatusCode}.");
        }

        // An answer must say its length. Chunks say nothing of their number, whatever length a header claims beside them (RFC 9112, 6.3).
        if (response.Content.Headers.ContentLength is not <= MaxAnswerBytes || response.Headers.TransferEncoding.Count > 0)
        {
            return TooLong();
        }

        // Counted as it comes, whatever was said of its length.
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var buffer = new PooledBuffer();
        while (await stream.ReadAsync(buffer.GetMemory(), ct) is var count and > 0)
        {
            buffer.Advance(count);
            if (buffer.Written.Length > MaxAnswerBytes || !memory.TryHold(buffer.Written.Length))
            {
                return buffer.Written.Length > MaxAnswerBytes ? TooLong() : TooMany();
            }
        }

        var body = buffer.Written.ToArray();
        var type = response.Content.Headers.ContentType?.ToString() ?? "application/json";
        var isXml = type.StartsWith("application/xml", StringComparison.OrdinalIgnoreCase);
        return (isXml ? IsXml(body) : IsJson(body))
            ? new() { Body = body, ContentType = type }
            : CallbackReply.Failed(isXml ? "Response body is not valid xml format." : "Response body is not valid json format.");
    }

    static CallbackReply TooLong() => CallbackReply.Failed("Error Status : 400.User server return too long content-length value");

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
        catch (Exception exception) when (exception is XmlException or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            return false; // The others are of encodings that the platform does not know.
        }
    }

    // The platform would go on connecting when the call is given up; here that ends with the call's patience.
    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        context.InitialRequestMessage.Options.TryGetValue(TargetKey, out var target);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, target!.Patience);
        var url = target.Url;
        var socket = await ConnectAsync(url, target.Holder, both.Token);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return url.IsHttps ? await SecureAsync(stream, url, target.SendsSni, both.Token) : stream;
    }

    async ValueTask<Socket> ConnectAsync(CallbackUrl url, string holder, CancellationToken ct)
    {
        var addresses = await _names.FindAsync(url.Host, holder, ct);
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
                    // A certificate may name addresses where its issuer's lies: a way around the guard, were they followed.
                    CertificateChainPolicy = new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck },
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

    /// <summary>What a connection is made for.</summary>
    sealed record Target(CallbackUrl Url, bool SendsSni, string Holder, CancellationToken Patience);

    sealed class ForbiddenAddressException() : IOException(ForbiddenMessage);

    sealed class AuthenticationFailedException(Exception inner) : Exception("The certificate was not accepted.", inner);
}
