using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// How requests reach Kestrel and answers leave it: read from the socket where they are parsed, sent to it where they are flushed. Kestrel's own transport
/// has a pipe and two changes of threads in between, each way (decision 79).
/// </summary>
sealed class SocketTransport(BlockPool blocks) : IConnectionListenerFactory
{
    /// <summary>Connections that the kernel holds until they are accepted, as Kestrel's own transport has it.</summary>
    const int Backlog = 512;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.Listen(Backlog);
            return new(new Listener(socket, blocks));
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            if (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                throw new AddressInUseException(exception.Message, exception);
            }

            throw;
        }
    }

    sealed class Listener(Socket socket, BlockPool blocks) : IConnectionListener
    {
        /// <summary>How long to wait when there is no room for one more connection: without, the loop would only try again and again.</summary>
        static readonly TimeSpan Exhausted = TimeSpan.FromMilliseconds(100);

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = true;
                    return new SocketConnection(accepted, blocks);
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.OperationAborted)
                {
                    return null;
                }
                catch (SocketException exception)
                {
                    accepted?.Dispose();

                    // The client may have gone before it was accepted. Else descriptors or memory have run out.
                    if (accepted is null && exception.SocketErrorCode is not (SocketError.ConnectionAborted or SocketError.ConnectionReset))
                    {
                        await Task.Delay(Exhausted, cancellationToken);
                    }
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return default;
        }
    }
}
