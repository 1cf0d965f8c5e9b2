using System.Net;
using Moss.Protocol.Signing;

namespace Moss.Client;

/// <summary>How a bucket stands in an address.</summary>
public enum AddressingStyle
{
    /// <summary>Path style for IP addresses and <c>localhost</c>, virtual-host style for every other endpoint.</summary>
    Auto,

    /// <summary><c>https://bucket.endpoint/key</c></summary>
    VirtualHost,

    /// <summary><c>https://endpoint/bucket/key</c></summary>
    Path,

    /// <summary>The endpoint is a domain bound to the one bucket: <c>https://endpoint/key</c></summary>
    Cname,
}

/// <summary>How an <see cref="OssClient"/> talks to a service. Every time span is positive.</summary>
public sealed record OssClientOptions
{
    /// <summary>
    /// The address of the service: <c>http://127.0.0.1:9020</c>, <c>https://oss-cn-hangzhou.aliyuncs.com</c>; without a scheme, https.
    /// </summary>
    public required string Endpoint { get; init; }

    /// <summary>
    /// The region of V4 signatures, such as <c>cn-hangzhou</c>. When null it is read from an endpoint like
    /// <c>oss-cn-hangzhou.aliyuncs.com</c>, and is <c>cn-hangzhou</c> for any other endpoint (a Moss server takes any region by default).
    /// </summary>
    public string? Region { get; init; }

    /// <summary>Where the credentials come from; the environment unless said otherwise.</summary>
    public ICredentialsProvider Credentials { get; init; } = new EnvironmentCredentialsProvider();

    /// <summary>The signature: V4 unless said otherwise.</summary>
    public SignatureVersion SignatureVersion { get; init; } = SignatureVersion.V4;

    /// <summary>How a bucket stands in an address.</summary>
    public AddressingStyle Addressing { get; init; }

    /// <summary>
    /// How often a request is sent at most, the first time included. A body that cannot be read again is sent once. Default 5.
    /// </summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>
    /// The wait before retry n is random between zero and <c>BaseDelay * 2^(n-1)</c>, at most <see cref="MaxDelay"/> (full jitter). A
    /// <c>Retry-After</c> of the service is waited for in full, up to <see cref="MaxDelay"/>. Default 200 ms.
    /// </summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between two tries. Default 20 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The time a connection may take to stand, TLS included. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a request may stand still: no byte of the body taken, no answer, no byte of the answer. It is no limit on the
    /// whole request. Default 30 s.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The proxy; null takes the one of the environment (<c>HTTPS_PROXY</c> and its kin).</summary>
    public IWebProxy? Proxy { get; init; }

    /// <summary>Whether a proxy is used at all.</summary>
    public bool UseProxy { get; init; } = true;

    /// <summary>
    /// Whether the CRC-64 of what was sent and received is compared with the service's. On unless said otherwise.
    /// </summary>
    public bool CheckCrc { get; init; } = true;

    /// <summary>What stands in <c>User-Agent</c> before the library's own name; null for nothing.</summary>
    public string? UserAgent { get; init; }

    /// <summary>
    /// <c>requester</c> takes the costs of a bucket whose owner does not (<c>x-oss-request-payer</c>): said with every request and in every
    /// presigned address. Null says nothing.
    /// </summary>
    public string? RequestPayer { get; init; }

    /// <summary>
    /// Handles the HTTP instead of the client's own <see cref="SocketsHttpHandler"/>, for tests, tracing and private certificates. It must
    /// not follow redirects nor decompress, it must send header values as UTF-8, and the caller disposes it. The timeouts for connecting
    /// and the proxy settings are then its own business.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; init; }

    /// <summary>The clock and the timers; the system's unless said otherwise.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Upper limit in bytes per second of all bodies this client sends together; null for none. At least 1,024.</summary>
    public long? UploadBytesPerSecond { get; init; }

    /// <summary>Upper limit in bytes per second of all bodies this client receives together; null for none. At least 1,024.</summary>
    public long? DownloadBytesPerSecond { get; init; }
}
