using System.Net.Sockets;
using System.Text;

namespace Moss.Cli.Tests.Support;

/// <summary>Stands before a server and answers the first uploads of parts with 503; everything else passes, when a test has done what it wants to come first.</summary>
public sealed class FlakyFront : IDisposable
{
    readonly LoopbackListener _listener;
    readonly Uri _server;
    readonly Func<string, Task> _before;
    int _left;

    /// <param name="refusals">How many uploads of parts are refused.</param>
    /// <param name="before">Awaited with the first line of each request before that passes.</param>
    public FlakyFront(string server, int refusals, Func<string, Task>? before = null)
    {
        (_server, _left, _before) = (new(server), refusals, before ?? (static _ => Task.CompletedTask));
        _listener = new(PassAsync);
    }

    public string Endpoint => _listener.Address;

    public void Dispose() => _listener.Dispose();

    async Task PassAsync(TcpClient client)
    {
        using var open = client;
        try
        {
            var near = client.GetStream();
            var buffer = new byte[64 * 1024];
            var (read, end) = (0, -1);
            while (end < 0)
            {
                var more = await near.ReadAsync(buffer.AsMemory(read));
                read += more > 0 ? more : throw new IOException("the client went away");
                end = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
            }

            var line = Encoding.Latin1.GetString(buffer, 0, end).Split('\n')[0];
            await _before(line);
            if (line.Contains("partNumber=", StringComparison.Ordinal) && Interlocked.Decrement(ref _left) >= 0)
            {
                await near.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                return;
            }

            using var server = new TcpClient(_server.Host, _server.Port);
            var far = server.GetStream();
            // One request a connection, so that each passes here.
            await far.WriteAsync(buffer.AsMemory(0, end));
            await far.WriteAsync("\r\nConnection: close"u8.ToArray());
            await far.WriteAsync(buffer.AsMemory(end, read - end));
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (IOException)
        {
            // One side went away.
        }
    }
}
