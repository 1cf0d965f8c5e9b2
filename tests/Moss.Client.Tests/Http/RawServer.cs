using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Moss.Client.Tests.Http;

/// <summary>A server that shows what stood on the wire, byte for byte, and answers what a test tells it.</summary>
sealed class RawServer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;
    readonly Func<RawRequest, string> _answer;
    readonly Lock _lock = new();
    readonly List<RawRequest> _requests = [];

    public RawServer(Func<RawRequest, string>? answer = null)
    {
        _answer = answer ?? (_ => Answer(200));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public IReadOnlyList<RawRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public static string Answer(int status, string body = "", params string[] headers) =>
        $"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nx-oss-request-id: 0123456789ABCDEF01234567\r\n"
        + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n" + body;

    public static string Error(int status, string code, string extra = "", params string[] headers) =>
        Answer(
            status,
            $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{code}</Code>\n  <Message>m</Message>\n  <RequestId>R</RequestId>\n  <HostId>h</HostId>\n{extra}</Error>\n",
            headers);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Before the listener goes: an accept on one that is stopped is an error of its own.
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
        _listener.Dispose();
    }

    async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            var buffered = new List<byte>();
            try
            {
                while (await ReadAsync(socket, buffered) is { } request)
                {
                    lock (_lock)
                    {
                        _requests.Add(request);
                    }

                    var answer = _answer(request);
                    if (answer.Length == 0)
                    {
                        return; // Hang up without a word.
                    }

                    await socket.SendAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The test ended or the client hung up.
            }
        }
    }

    async Task<RawRequest?> ReadAsync(Socket socket, List<byte> buffered)
    {
        int end;
        while ((end = IndexOfHeadEnd(buffered)) < 0)
        {
            if (!await FillAsync(socket, buffered))
            {
                return null;
            }
        }

        var head = Encoding.UTF8.GetString([.. buffered[..end]]);
        buffered.RemoveRange(0, end + 4);
        var lines = head.Split("\r\n");
        var length = lines
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line[15..]))
            .FirstOrDefault();
        while (buffered.Count < length)
        {
            if (!await FillAsync(socket, buffered))
            {
                return null;
            }
        }

        var body = buffered[..length].ToArray();
        buffered.RemoveRange(0, length);
        return new(lines[0], lines[1..], body);
    }

    async Task<bool> FillAsync(Socket socket, List<byte> buffered)
    {
        var block = new byte[65536];
        var read = await socket.ReceiveAsync(block, _stop.Token);
        buffered.AddRange(block[..read]);
        return read > 0;
    }

    static int IndexOfHeadEnd(List<byte> bytes)
    {
        for (var i = 0; i + 3 < bytes.Count; i++)
        {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n' && bytes[i + 2] == '\r' && bytes[i + 3] == '\n')
            {
                return i;
            }
        }

        return -1;
    }
}

sealed record RawRequest(string Line, string[] Headers, byte[] Body)
{
    public string Target => Line.Split(' ')[1];

    public string? Header(string name) => Headers
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();
}
