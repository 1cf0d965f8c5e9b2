using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Moss.Server.Tests.Support;

/// <summary>An HTTP/1.1 connection that sends whatever it is told to, well-formed or not.</summary>
public sealed class RawConnection : IAsyncDisposable
{
    /// <summary>A net below a test that waits for an answer that never comes.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    readonly List<byte> _received = [];

    public static async Task<RawConnection> OpenAsync(IPEndPoint endpoint)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(endpoint);
        return connection;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, patience.Token)..];
        }
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Says that nothing more will be sent; the answer can still be read.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks off without a word.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Close();
    }

    /// <summary>Reads one answer; interim ones (100) are answers too.</summary>
    public async Task<Answer> ReadAsync(bool isHead = false)
    {
        var end = await FillUntilAsync(() => Find("\r\n\r\n"u8));
        var lines = Encoding.Latin1.GetString([.. _received[..end]]).Split("\r\n");
        _received.RemoveRange(0, end + 4);
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = lines[1..].Select(line => line.Split(": ", 2)).Select(pair => KeyValuePair.Create(pair[0], pair.Length > 1 ? pair[1] : "")).ToList();
        var answer = new Answer(status, headers, []);
        return isHead || status is 100 or 204 or 304 ? answer : answer with { Body = await ReadBodyAsync(answer) };
    }

    /// <summary>Whether the other side has closed, which it does within the patience of a test or never.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return _received.Count == 0 && await ReceiveAsync() == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<byte[]> ReadBodyAsync(Answer answer)
    {
        if (answer["Content-Length"] is { } length)
        {
            var wanted = int.Parse(length, CultureInfo.InvariantCulture);
            await FillUntilAsync(() => _received.Count >= wanted ? wanted : -1);
            return Take(wanted);
        }

        if (answer["Transfer-Encoding"] == "chunked")
        {
            var body = new List<byte>();
            while (true)
            {
                var end = await FillUntilAsync(() => Find("\r\n"u8));
                var size = int.Parse(Encoding.ASCII.GetString(Take(end)), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await FillUntilAsync(() => _received.Count >= size + 4 ? size : -1);
                Take(2);
                body.AddRange(Take(size));
                Take(2);
                if (size == 0)
                {
                    return [.. body];
                }
            }
        }

        return [];
    }

    async Task<int> FillUntilAsync(Func<int> found)
    {
        while (true)
        {
            var at = found();
            if (at >= 0)
            {
                return at;
            }

            if (await ReceiveAsync() == 0)
            {
                throw new EndOfStreamException($"closed after {_received.Count} bytes");
            }
        }
    }

    async Task<int> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[64 * 1024];
        var read = await _socket.ReceiveAsync(buffer, patience.Token);
        _received.AddRange(buffer.AsSpan(0, read));
        return read;
    }

    int Find(ReadOnlySpan<byte> mark) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received).IndexOf(mark);

    byte[] Take(int count)
    {
        var taken = _received[..count].ToArray();
        _received.RemoveRange(0, count);
        return taken;
    }
}
