using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// Sends on a socket. When the kernel takes no more for now, it waits a moment for the client on its own thread, if few do: a client that is quick makes room
/// within a millisecond, and this thread has what comes next in its cache. Everything else waits as the class library does, on no thread, which takes the
/// changes of three threads. A large verified download took a quarter less CPU so.
/// </summary>
sealed class PatientSender(Socket socket)
{
    /// <summary>Milliseconds.</summary>
    const int Patience = 3;

    /// <summary>How many sends are not waited for after a wait in vain: such a client is slow, and threads are few.</summary>
    const int Rest = 16;

    /// <summary>Waits of one call.</summary>
    const int MaxWaits = 4;

    /// <summary>As many as there are threads at first: waits are short, and whoever sends much lets others go first in between.</summary>
    static readonly int MaxWaiting = Environment.ProcessorCount;

    static int _waiting;

    int _resting;

    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The connection has ended.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (LibC.IsSupported)
        {
            bytes = bytes[SendHere(bytes.Span)..];
        }

        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None)..];
        }
    }

    // Whatever stops it, the class library meets it next, and says what it is.
    int SendHere(ReadOnlySpan<byte> bytes)
    {
        var handle = socket.SafeHandle;
        var done = 0;
        var waits = 0;
        while (done < bytes.Length)
        {
            var sent = LibC.Send(handle, bytes[done..]);
            if (sent > 0)
            {
                done += sent;
            }
            else if (waits++ == MaxWaits || !WaitHere(handle))
            {
                break;
            }
        }

        return done;
    }

    bool WaitHere(SafeSocketHandle handle)
    {
        if (_resting > 0)
        {
            _resting--;
            return false;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
            {
                return false;
            }

            var room = LibC.WaitForRoom(handle, Patience);
            _resting = room ? 0 : Rest;
            return room;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
