using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Moss.Server.Tests.Callbacks;

/// <summary>An application's server: takes connections, keeps what it was sent to the byte, and answers what a test says.</summary>
sealed class Receiver : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stopping = new();
    readonly List<Task> _serving = [];
    readonly X509Certificate2? _certificate;
    readonly Task _accepting;

    public Receiver(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>The whole answer, head and body; null never answers.</summary>
    public byte[]? Answer { get; set; } = Response("{\"Status\":\"OK\"}");

    public List<ReceivedRequest> Requests { get; } = [];

    /// <summary>The name that the last TLS handshake asked for.</summary>
    public string? ServerName { get; private set; }

    public static byte[] Response(string body, string status = "200 OK", string type = "application/json") =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n{body}");

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // Before the listener goes: an accept on one that is stopped is an error of its own.
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_serving);
        _stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _serving.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            await using var stream = await OpenAsync(client.GetStream());
            var request = await ReadAsync(stream);
            lock (Requests)
            {
                Requests.Add(request);
            }

            if (Answer is { } answer)
            {
                await stream.WriteAsync(answer, _stopping.Token);
            }
            else
            {
                await Task.Delay(Timeout.Infinite, _stopping.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    async Task<Stream> OpenAsync(NetworkStream stream)
    {
        if (_certificate is null)
        {
            return stream;
        }

        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                ServerName = hello.ServerName;
                return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true) });
            },
            state: null,
            _stopping.Token);
        return tls;
    }

    async Task<ReceivedRequest> ReadAsync(Stream stream)
    {
        var bytes = new List<byte>();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var count = await stream.ReadAsync(buffer, _stopping.Token);
            bytes.AddRange(buffer.AsSpan(0, count));
            var text = Encoding.Latin1.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 || count == 0)
            {
                var lines = text[..Math.Max(0, end)].Split("\r\n");
                var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair.Length == 2 ? pair[1] : "", StringComparer.OrdinalIgnoreCase);
                var length = headers.TryGetValue("Content-Length", out var value) ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : 0;
                if (bytes.Count - end - 4 >= length || count == 0)
                {
                    return new(lines[0], headers, [.. bytes.Skip(end + 4).Take(length)]);
                }
            }
        }
    }
}

/// <summary>A request as it came.</summary>
sealed record ReceivedRequest(string Line, Dictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string Target => Line.Split(' ')[1];
}
