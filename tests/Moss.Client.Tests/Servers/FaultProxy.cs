using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Moss.Client.Tests.Servers;

/// <summary>What happens to one connection. Offsets count the bytes that the client sends, or the server with <c>Down</c>.</summary>
sealed record Fault
{
    public static readonly Fault None = new();

    /// <summary>One way.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Cut after so many bytes.</summary>
    public long? CutUp { get; init; }

    public long? CutDown { get; init; }

    /// <summary>After so many bytes nothing passes any more, but the connection stays.</summary>
    public long? StallUp { get; init; }

    /// <summary>The byte at this offset is changed.</summary>
    public long? FlipUp { get; init; }

    public long? FlipDown { get; init; }

    /// <summary>The first request is answered 503.</summary>
    public bool Overloaded { get; init; }

    /// <summary>Bytes per second, each way.</summary>
    public double? Bandwidth { get; init; }
}

/// <summary>A bad network in front of the server: every new connection gets its fault from a plan.</summary>
sealed class FaultProxy : IAsyncDisposable
{
    static readonly byte[] Busy = Encoding.ASCII.GetBytes(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nContent-Length: 178\r\nConnection: close\r\n\r\n"
        + "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>ServiceUnavailable</Code>\n  <Message>Please reduce your request rate.</Message>\n  <RequestId>0</RequestId>\n  <HostId>h</HostId>\n</Error>".PadRight(178));

    const int BlockSize = 32 * 1024;

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;
    readonly int _port;
    readonly Func<int, Fault> _plan;
    int _connections;
    long _bytesUp;

    public FaultProxy(int port, Func<int, Fault> plan)
    {
        _port = port;
        _plan = plan;
        // Accepted sockets take it over: what the kernel swallows is not on its way yet.
        _listener.Server.ReceiveBufferSize = 2 * BlockSize;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>What clients sent, headers included.</summary>
    public long BytesUp => Interlocked.Read(ref _bytesUp);

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
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                var fault = _plan(Interlocked.Increment(ref _connections));
                running.Add(Task.Run(() => ServeAsync(client, fault)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(running);
        }
    }

    async Task ServeAsync(Socket client, Fault fault)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        client.NoDelay = true;
        try
        {
            if (fault.Overloaded)
            {
                await RefuseAsync(client, cut.Token);
                return;
            }

            await server.ConnectAsync(IPAddress.Loopback, _port, cut.Token);
            var up = PumpAsync(client, server, fault, fault.CutUp, fault.StallUp, fault.FlipUp, counted: true, cut.Token);
            var down = PumpAsync(server, client, fault, fault.CutDown, null, fault.FlipDown, counted: false, cut.Token);
            await await Task.WhenAny(up, down);
            await cut.CancelAsync();
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side hung up, or the plan cut it.
        }
        finally
        {
            client.Close(0); // A reset, as a broken network has it.
        }
    }

    async Task PumpAsync(
        Socket from, Socket to, Fault fault, long? cutAt, long? stallAt, long? flipAt, bool counted, CancellationToken ct)
    {
        // What is under way is what a link of this delay and speed holds; a proxy that took more would hide the link from its sender.
        var blocks = fault.Bandwidth is { } rate ? 2 + (int)(fault.Latency.TotalSeconds * rate / BlockSize) : 64;
        var queue = Channel.CreateBounded<(long Due, byte[] Bytes)>(blocks);
        var writing = WriteAsync(queue.Reader, to, fault, ct);
        var buffer = new byte[BlockSize];
        long passed = 0;
        while (true)
        {
            var read = await from.ReceiveAsync(buffer, ct);
            if (counted)
            {
                Interlocked.Add(ref _bytesUp, read);
            }

            var take = cutAt is { } cut ? (int)Math.Min(read, cut - passed) : read;
            var bytes = buffer[..take];
            if (flipAt is { } flip && flip >= passed && flip < passed + take)
            {
                bytes[flip - passed] ^= 0x20;
            }

            passed += take;
            if (take > 0)
            {
                await queue.Writer.WriteAsync((TimeProvider.System.GetTimestamp(), bytes), ct);
            }

            if (stallAt <= passed)
            {
                await Task.Delay(Timeout.Infinite, ct);
            }

            if (read == 0 || cutAt <= passed)
            {
                queue.Writer.Complete();
                await writing;
                return;
            }
        }
    }

    static async Task WriteAsync(ChannelReader<(long Due, byte[] Bytes)> queue, Socket to, Fault fault, CancellationToken ct)
    {
        var isFree = TimeProvider.System.GetTimestamp();
        await foreach (var (came, bytes) in queue.ReadAllAsync(ct))
        {
            var due = came + (long)(fault.Latency.TotalSeconds * TimeProvider.System.TimestampFrequency);
            if (fault.Bandwidth is { } rate)
            {
                // By a schedule: a timer that is late costs nothing.
                isFree = Math.Max(isFree, came) + (long)(bytes.Length / rate * TimeProvider.System.TimestampFrequency);
                due = Math.Max(due, isFree);
            }

            var wait = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
            if (wait > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(wait, ct);
            }

            for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
            {
                rest = rest[await to.SendAsync(rest, ct)..];
            }
        }
    }

    // Reads the whole request first: an answer that overtakes its request may be lost in the reset.
    static async Task RefuseAsync(Socket client, CancellationToken ct)
    {
        var seen = new List<byte>();
        var buffer = new byte[64 * 1024];
        int end;
        while ((end = Encoding.ASCII.GetString([.. seen]).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            var read = await client.ReceiveAsync(buffer, ct);
            if (read == 0)
            {
                return;
            }

            seen.AddRange(buffer[..read]);
        }

        var length = Encoding.ASCII.GetString([.. seen[..end]]).Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => long.Parse(line["Content-Length:".Length..]))
            .FirstOrDefault();
        for (var left = length - (seen.Count - end - 4); left > 0;)
        {
            var read = await client.ReceiveAsync(buffer, ct);
            if (read == 0)
            {
                return;
            }

            left -= read;
        }

        await client.SendAsync(Busy, ct);
        client.Shutdown(SocketShutdown.Send);
        while (await client.ReceiveAsync(buffer, ct) > 0)
        {
        }
    }
}
