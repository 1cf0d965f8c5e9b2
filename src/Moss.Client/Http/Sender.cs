using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Signing;

namespace Moss.Client.Http;

/// <summary>Sends a request until it has an answer: signs, watches, checks, tries again.</summary>
sealed class Sender : IDisposable
{
    /// <summary>A header, and a parameter of presigned addresses.</summary>
    public const string RequestPayer = "x-oss-request-payer";

    /// <summary>A page of 1,000 keys of 1,023 bytes, each byte encoded in three, with everything around them, is about 4 MB.</summary>
    const int MaxAnswerBytes = 32 * 1024 * 1024;

    readonly OssClientOptions _options;
    readonly HttpClient _http;
    readonly Bandwidth? _upload;
    readonly Bandwidth? _download;
    readonly string _userAgent;
    long _clockOffsetTicks;
    volatile string? _provenKeyId;

    public Sender(OssClientOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.IdleTimeout, TimeSpan.Zero, nameof(options));
        _options = options;
        Address = new(options.Endpoint, options.Addressing);
        Region = options.Region ?? RegionOf(Address.Host);
        _upload = Limit(options.UploadBytesPerSecond, options.TimeProvider);
        _download = Limit(options.DownloadBytesPerSecond, options.TimeProvider);
        _userAgent = $"{options.UserAgent} Moss.Client/{typeof(Sender).Assembly.GetName().Version?.ToString(3)}".TrimStart();
        _http = new HttpClient(options.HttpHandler ?? Handler(options), disposeHandler: options.HttpHandler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Address Address { get; }

    public string Region { get; }

    /// <summary>The service's time as far as it is known.</summary>
    public DateTimeOffset Now => _options.TimeProvider.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _clockOffsetTicks));

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Sends a request, and again while that makes sense, until <paramref name="read"/> made a result of the answer. Reading is part of a
    /// try: an answer damaged on its way is asked for again.
    /// </summary>
    public async Task<T> SendAsync<T>(OssRequest request, Func<OssResponse, T> read, CancellationToken ct)
    {
        using var activity = Telemetry.Source.StartActivity(request.Operation, ActivityKind.Client);
        activity?.SetTag("oss.bucket", request.Bucket);
        var start = _options.TimeProvider.GetTimestamp();
        var code = "OK";
        if (_options.RequestPayer is { } payer && !request.Headers.Any(header => string.Equals(header.Key, RequestPayer, StringComparison.OrdinalIgnoreCase)))
        {
            request = request with { Headers = [.. request.Headers, new(RequestPayer, payer)] };
        }

        try
        {
            return await TryAsync(request, read, ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            code = (e as OssException)?.Code ?? e.GetType().Name;
            activity?.SetStatus(ActivityStatusCode.Error, code);
            throw;
        }
        finally
        {
            Telemetry.RequestDuration.Record(
                _options.TimeProvider.GetElapsedTime(start).TotalSeconds, new("operation", request.Operation), new("code", code));
        }
    }

    async Task<T> TryAsync<T>(OssRequest request, Func<OssResponse, T> read, CancellationToken ct)
    {
        var attempts = request.Body is { CanReplay: false } ? 1 : request.MaxAttempts ?? _options.MaxAttempts;
        var corrected = false;
        for (var attempt = 1; ; attempt++)
        {
            var credentials = await _options.Credentials.GetAsync(ct).ConfigureAwait(false);
            try
            {
                var result = await OnceAsync(request, credentials, read, ct).ConfigureAwait(false);
                _provenKeyId = credentials?.AccessKeyId;
                return result;
            }
            catch (Exception e) when (e is not ArgumentException)
            {
                // Also when the request was cancelled meanwhile: the first part that finds its file cut cancels the others, which find the same.
                request.Body?.SourceError?.Throw();
                ct.ThrowIfCancellationRequested();
                var mayReplay = request.Body is not { CanReplay: false };
                if (!corrected && mayReplay && Corrects(e, credentials))
                {
                    corrected = true;
                    request.Retrying?.Invoke("Corrected");
                    Telemetry.Retries.Add(1, new("operation", request.Operation), new KeyValuePair<string, object?>("reason", "Corrected"));
                    continue;
                }

                var reason = Reason(e, credentials);
                if (reason is null || attempt >= attempts)
                {
                    throw Final(e, request, attempt);
                }

                Telemetry.Retries.Add(1, new("operation", request.Operation), new KeyValuePair<string, object?>("reason", reason));
                request.Retrying?.Invoke(reason);
                await Task.Delay(RetryPolicy.Delay(_options, attempt, e), _options.TimeProvider, ct).ConfigureAwait(false);
            }
        }
    }

    async Task<T> OnceAsync<T>(OssRequest request, Credentials? credentials, Func<OssResponse, T> read, CancellationToken ct)
    {
        var watch = new IdleWatch(_options.IdleTimeout, _options.TimeProvider, ct);
        HttpResponseMessage? answer = null;
        var handedOut = false;
        try
        {
            using var message = Message(request, credentials, watch);
            answer = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, watch.Token).ConfigureAwait(false);
            Telemetry.BytesSent.Add(request.Body?.Sent ?? 0);
            watch.Alive();
            var headers = new ResponseHeaders(answer);
            var status = (int)answer.StatusCode;
            var good = answer.IsSuccessStatusCode && status != 203;
            var content = await answer.Content.ReadAsStreamAsync(watch.Token).ConfigureAwait(false);
            var stream = new AnswerStream(content, answer, watch, _download);
            if (good && request.StreamAnswer)
            {
                var result = read(new(status, answer.ReasonPhrase, headers, default, stream, stream.DisposeAsync));
                handedOut = true;
                return result;
            }

            await using (stream.ConfigureAwait(false))
            {
                var limit = good ? MaxAnswerBytes : ErrorAnswer.MaxBytes;
                var body = await ReadAllAsync(stream, limit, ct).ConfigureAwait(false);
                if (!good)
                {
                    throw ErrorAnswer.Read(status, answer.ReasonPhrase, headers, body);
                }

                CheckCrc(request, headers);
                return read(new(status, answer.ReasonPhrase, headers, body, null, null));
            }
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException(
                watch.TimedOut ? $"The request stood still for {watch.Limit.TotalSeconds:0.#} s." : "No connection came to stand in time.", e);
        }
        finally
        {
            if (!handedOut)
            {
                answer?.Dispose();
                watch.Dispose();
            }
        }
    }

    HttpRequestMessage Message(OssRequest request, Credentials? credentials, IdleWatch watch)
    {
        var signable = SignableRequest.ToSend(request.Method.Method, request.Bucket, request.Key, request.Query, request.Headers);
        var message = new HttpRequestMessage(
            request.Method, Address.Of(request.Bucket, request.Key, string.Join('&', signable.Query)))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new BodyContent(request.Body ?? RequestBody.Empty, watch, _upload, request.Observer),
        };
        if (request.Body is null && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Delete))
        {
            message.Content.Dispose();
            message.Content = null;
        }

        Add(message, "User-Agent", _userAgent);
        foreach (var (name, value) in request.Headers)
        {
            Add(message, name, value);
        }

        if (credentials is not null)
        {
            var signer = new Signer(credentials.Signing, new() { Version = _options.SignatureVersion, Region = Region });
            foreach (var (name, value) in signer.Sign(signable, Now))
            {
                Add(message, name, value);
            }
        }

        return message;
    }

    static void Add(HttpRequestMessage message, string name, string value)
    {
        if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new ArgumentException($"The header {name} holds a line break.", name);
        }

        // Values go out as they were signed: the typed headers would rewrite some.
        if (!message.Headers.TryAddWithoutValidation(name, value))
        {
            message.Content ??= new ByteArrayContent([]);
            if (!message.Content.Headers.TryAddWithoutValidation(name, value))
            {
                throw new ArgumentException($"'{name}' is no name of a header.", nameof(name));
            }
        }
    }

    void CheckCrc(OssRequest request, ResponseHeaders headers)
    {
        if (_options.CheckCrc && request is { AnswersBodyCrc: true, Body: { } body }
            && Crc64.TryParse(headers.Get("x-oss-hash-crc64ecma"), out var remote) && remote != body.Crc64)
        {
            throw new ChecksumMismatchException(
                $"{request.Operation} of '{request.Key}': the service stored other bytes (CRC-64 {remote}) than were sent ({body.Crc64}).",
                body.Crc64,
                remote);
        }
    }

    /// <summary>Whether the refusal taught something that makes the next try another one: the time, or new credentials.</summary>
    bool Corrects(Exception e, Credentials? credentials)
    {
        if (e is not OssException refusal)
        {
            return false;
        }

        if (refusal.Code == "RequestTimeTooSkewed" && ErrorAnswer.ServerTime(refusal) is { } time)
        {
            Interlocked.Exchange(ref _clockOffsetTicks, (time - _options.TimeProvider.GetUtcNow()).Ticks);
            return true;
        }

        return credentials is not null
            && refusal.Code is "InvalidAccessKeyId" or "SecurityTokenExpired" or "InvalidSecurityToken"
            && _options.Credentials.Invalidate(credentials!);
    }

    // A signature that is refused although the key was accepted before, and a request that the service cannot make sense of, are
    // what damage on the way looks like.
    string? Reason(Exception e, Credentials? credentials) =>
        RetryPolicy.Reason(e)
        ?? (e is OssException { Code: "SignatureDoesNotMatch" or "InvalidAccessKeyId" or "BadErrorResponse" } refusal
            && credentials is not null && credentials.AccessKeyId == _provenKeyId
            ? refusal.Code
            : null);

    static Exception Final(Exception e, OssRequest request, int attempts) => e switch
    {
        OssException { Code: "MalformedXML", RequestId: null } =>
            new OssTransportException($"{request.Operation}: the answer could not be read: {e.Message}", attempts, e),
        OssException or ChecksumMismatchException or OperationCanceledException => e,
        HttpRequestException or TimeoutException or IOException or SocketException =>
            new OssTransportException($"{request.Operation} failed after {attempts} {(attempts == 1 ? "try" : "tries")}: {e.Message}", attempts, e),
        _ => e,
    };

    static async ValueTask<ReadOnlyMemory<byte>> ReadAllAsync(Stream stream, int limit, CancellationToken ct)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= limit)
                {
                    throw new IOException($"The answer is longer than {limit} bytes.");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), ct).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
        }
    }

    static Bandwidth? Limit(long? bytesPerSecond, TimeProvider time)
    {
        if (bytesPerSecond is not { } limit)
        {
            return null;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1024, nameof(bytesPerSecond));
        return new(limit, time);
    }

    static string RegionOf(string host)
    {
        // oss-cn-hangzhou.aliyuncs.com, oss-cn-hangzhou-internal.aliyuncs.com
        var first = host.Split('.')[0];
        return host.EndsWith(".aliyuncs.com", StringComparison.OrdinalIgnoreCase) && first.StartsWith("oss-", StringComparison.Ordinal)
            ? first[4..].Replace("-internal", "", StringComparison.Ordinal)
            : "cn-hangzhou";
    }

    static SocketsHttpHandler Handler(OssClientOptions options) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = options.ConnectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(50),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10), // So that a changed DNS entry is seen.
        UseProxy = options.UseProxy,
        Proxy = options.Proxy,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    };
}
