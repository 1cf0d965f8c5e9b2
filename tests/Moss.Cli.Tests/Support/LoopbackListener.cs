using System.Net;
using System.Net.Sockets;

namespace Moss.Cli.Tests.Support;

/// <summary>Accepts connections on the loopback, and has each served beside the others, until it is disposed.</summary>
sealed class LoopbackListener : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    /// <param name="serve">Owns the connection.</param>
    public LoopbackListener(Func<TcpClient, Task> serve)
    {
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync(serve);
    }

    /// <summary>Without a slash at the end.</summary>
    public string Address { get; }

    public void Dispose() => _listener.Dispose();

    async Task AcceptAsync(Func<TcpClient, Task> serve)
    {
        try
        {
            while (true)
            {
                _ = serve(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception problem) when (problem is ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
