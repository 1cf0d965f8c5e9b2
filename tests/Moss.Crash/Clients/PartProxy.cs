using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Moss.Crash.Clients;

/// <summary>An UploadPart as it passed: what of its body came, and whether its answer was 200.</summary>
sealed class PartRequest(string uploadId, int partNumber)
{
    long _received;

    public string UploadId { get; } = uploadId;

    public int PartNumber { get; } = partNumber;

    /// <summary>Bytes of the body that the client sent.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>The service said that it holds the part.</summary>
    public bool IsAcknowledged { get; set; }

    public void Add(int bytes) => Interlocked.Add(ref _received, bytes);
}

/// <summary>Stands before the server and counts the bodies of UploadPart, by the path of the object. Everything passes as it is.</summary>
sealed class PartProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<string, ConcurrentQueue<PartRequest>> _parts = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, bool> _begun = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> _dead = new(StringComparer.Ordinal);
    readonly Func<int> _port;
    readonly Task _accepting;
    int _accepted;

    /// <param name="port">Where the server is now; asked for each connection.</param>
    public PartProxy(Func<int> port)
    {
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The parts of an object that came since they were last taken.</summary>
    public IReadOnlyCollection<PartRequest> Seen(string path) => _parts.TryGetValue(path, out var parts) ? parts : [];

    /// <summary>Whether an upload of the object was begun since it was forgotten: its answer is on its way.</summary>
    public bool HasBegun(string path) => _begun.ContainsKey(path);

    public void Forget(string path)
    {
        _parts.TryRemove(path, out _);
        _begun.TryRemove(path, out _);
    }

    /// <summary>The client of an object died: what it had sent and only comes through now is no request of the next one.</summary>
    public async Task ClientDiedAsync(string path)
    {
        try
        {
            // Connections are accepted in their order: when this one was, those of the dead client were.
            using var last = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await last.ConnectAsync(_listener.LocalEndpoint);
            last.Shutdown(SocketShutdown.Send);
            await last.ReceiveAsync(new byte[1]);
        }
        catch (SocketException)
        {
            // Accepted and reset.
        }

        _dead[path] = Volatile.Read(ref _accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _listener.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                running.RemoveAll(static task => task.IsCompleted);
                var number = Interlocked.Increment(ref _accepted);
                running.Add(Task.Run(() => ServeAsync(client, number)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }

    async Task ServeAsync(Socket client, int number)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _port(), _stop.Token);
            var up = new HttpPipe(client, server, _stop.Token);
            var down = new HttpPipe(server, client, _stop.Token);
            while (await up.HeadAsync() is { } request)
            {
                var part = PartOf(request, number);
                await up.BodyAsync(request, bytes => part?.Add(bytes));
                if (await down.HeadAsync() is not { } answer)
                {
                    return;
                }

                if (request[0].Split(' ', '?') is ["POST", var path, var query, _] && query.Split('&').Contains("uploads", StringComparer.Ordinal))
                {
                    _begun[path] = true;
                }

                if (part is not null && answer[0].Split(' ')[1] == "200")
                {
                    part.IsAcknowledged = true;
                }

                await down.BodyAsync(answer, static _ => { }, isEmpty: request[0].StartsWith("HEAD ", StringComparison.Ordinal));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // One side is gone.
        }
        finally
        {
            client.Close(0);
        }
    }

    PartRequest? PartOf(string[] head, int connection)
    {
        if (head[0].Split(' ') is not ["PUT", var target, _] || target.Split('?') is not [var path, var query])
        {
            return null;
        }

        var parameters = query.Split('&').Select(static pair => pair.Split('=', 2)).Where(static pair => pair.Length == 2)
            .ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);
        if (!parameters.TryGetValue("partNumber", out var number) || !parameters.TryGetValue("uploadId", out var id))
        {
            return null;
        }

        if (_dead.TryGetValue(path, out var last) && connection <= last)
        {
            return null;
        }

        var part = new PartRequest(Uri.UnescapeDataString(id), int.Parse(number, CultureInfo.InvariantCulture));
        _parts.GetOrAdd(path, static _ => new()).Enqueue(part);
        return part;
    }
}

/// <summary>One direction of a connection: messages of HTTP/1.1 one after the other, passed on as they come.</summary>
sealed class HttpPipe(Socket from, Socket to, CancellationToken ct)
{
    readonly byte[] _buffer = new byte[128 * 1024];
    int _start;
    int _end;

    /// <summary>Passes a head on and gives its lines; null when the connection ends instead.</summary>
    public async Task<string[]?> HeadAsync()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync())
            {
                return null;
            }
        }

        var head = Encoding.Latin1.GetString(_buffer, _start, length);
        await PassAsync(length + 4);
        return head.Split("\r\n");
    }

    public async Task BodyAsync(string[] head, Action<int> count, bool isEmpty = false)
    {
        if (isEmpty)
        {
            return;
        }

        if (Header(head, "Transfer-Encoding") is not null)
        {
            while (await ChunkAsync(count))
            {
            }
        }
        else if (Header(head, "Content-Length") is { } text)
        {
            await CopyAsync(long.Parse(text, CultureInfo.InvariantCulture), count);
        }
    }

    // A chunk: its size in hex and a line break, so many bytes, a line break. The last one is empty; nobody here sends trailers.
    async Task<bool> ChunkAsync(Action<int> count)
    {
        int line;
        while ((line = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            await MustFillAsync();
        }

        var size = long.Parse(Encoding.ASCII.GetString(_buffer, _start, line), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        await PassAsync(line + 2);
        await CopyAsync(size, count);
        await CopyAsync(2, static _ => { });
        return size > 0;
    }

    async Task CopyAsync(long length, Action<int> count)
    {
        while (length > 0)
        {
            if (_start == _end)
            {
                await MustFillAsync();
            }

            var take = (int)Math.Min(length, _end - _start);
            count(take);
            await PassAsync(take);
            length -= take;
        }
    }

    async Task PassAsync(int length)
    {
        var rest = _buffer.AsMemory(_start, length);
        _start += length;
        while (!rest.IsEmpty)
        {
            rest = rest[await to.SendAsync(rest, ct)..];
        }
    }

    async Task MustFillAsync()
    {
        if (!await FillAsync())
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    async Task<bool> FillAsync()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        var read = await from.ReceiveAsync(_buffer.AsMemory(_end), ct);
        _end += read;
        return read > 0;
    }

    static string? Header(string[] head, string name) => head
        .Where(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase) && line.Length > name.Length && line[name.Length] == ':')
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();
}
