using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// Sends on a socket, or receives. When the kernel takes or has no more for now, it waits a moment for the client on its own thread, if few do: a client that
/// is quick makes room, or sends more, within a millisecond, and this thread has what comes next in its cache. Everything else waits as the class library does,
/// on no thread, which takes the changes of three threads. A large verified download took a quarter less CPU so, an upload a tenth.
/// </summary>
/// <remarks>One instance a direction: whether the client is quick is known for each.</remarks>
sealed class PatientSocket(Socket socket)
{
    /// <summary>Milliseconds.</summary>
    const int Patience = 3;

    /// <summary>How many calls do not wait after a wait in vain: such a client is slow, and threads are few.</summary>
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

    /// <summary>Receives at least one byte, or none when the client has ended its side.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    /// <exception cref="ObjectDisposedException">The connection has ended.</exception>
    /// <exception cref="OperationCanceledException">Nothing was received.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken ct)
    {
        var received = LibC.IsSupported ? ReceiveHere(room.Span) : 0;
        return received > 0 ? new(received) : socket.ReceiveAsync(room, SocketFlags.None, ct);
    }

    int ReceiveHere(Span<byte> room)
    {
        var handle = socket.SafeHandle;
        var received = LibC.Receive(handle, room);
        return received < 0 && WaitHere(handle, LibC.Readable) ? LibC.Receive(handle, room) : received;
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
            else if (waits++ == MaxWaits || !WaitHere(handle, LibC.Writable))
            {
                break;
            }
        }

        return done;
    }

    bool WaitHere(SafeSocketHandle handle, short wanted)
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

            var isReady = LibC.WaitFor(handle, wanted, Patience);
            _resting = isReady ? 0 : Rest;
            return isReady;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
