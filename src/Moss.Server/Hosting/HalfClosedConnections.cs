using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Moss.Server.Hosting;

/// <summary>
/// A client that has sent its request may close its sending side and wait for the answer. Kestrel takes the end of what it receives for the
/// end of the connection and drops the answer; here only a connection that is broken counts as closed.
/// </summary>
static class HalfClosedConnections
{
    public static void Answer(ListenOptions listen) => listen.Use(next => context => ServeAsync(next, context));

    static async Task ServeAsync(ConnectionDelegate next, ConnectionContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            await next(context);
            return;
        }

        using var broken = new CancellationTokenSource();
        await using var registration = context.ConnectionClosed.Register(() => CancelIfBroken(socket, broken));
        context.ConnectionClosed = broken.Token;
        await next(context);
    }

    // A reset leaves the socket disconnected, an orderly end of the other side's sending does not.
    static void CancelIfBroken(Socket socket, CancellationTokenSource broken)
    {
        if (!socket.Connected)
        {
            broken.Cancel();
        }
    }
}
