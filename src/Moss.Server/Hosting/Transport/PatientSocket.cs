using System.Diagnostics;
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

    /// <summary>Bytes; a client that sent so many at a time is worth waiting for.</summary>
    const int QuickLength = 16 * 1024;

    /// <summary>Waits of one call.</summary>
    const int MaxWaits = 4;

    /// <summary>As many as there are threads at first: waits are short, and whoever sends much lets others go first in between.</summary>
    static readonly int MaxWaiting = Environment.ProcessorCount;

    /// <summary>Of them those that wait to receive: a body may come in small pieces for long.</summary>
    static readonly int MaxReceiving = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>For how long a large body has its thread, while others wait for one.</summary>
    static readonly long Turn = Stopwatch.Frequency / 500;

    static int _waiting;

    long _turn;
    int _resting;
    bool _isQuick;

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
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken ct)
    {
        var received = LibC.IsSupported ? ReceiveHere(room.Span) : LibC.None;
        if (received == LibC.None)
        {
            received = await socket.ReceiveAsync(room, SocketFlags.None, ct);
            _turn = Stopwatch.GetTimestamp();
        }
        else if (IsOthersTurn())
        {
            await Task.Yield();
        }

        _isQuick = received >= QuickLength;
        return received;
    }

    /// <summary>
    /// Whether this thread has had its turn, and others wait for one: a client that always makes room, or sends more, in time would keep it for as long as a body
    /// is.
    /// </summary>
    public bool IsOthersTurn()
    {
        var now = Stopwatch.GetTimestamp();
        if (now - _turn < Turn)
        {
            return false;
        }

        _turn = now;
        return ThreadPool.PendingWorkItemCount > 0;
    }

    // A client that sends little at a time is slow, however often it does, and who waits for it keeps a thread from many others.
    int ReceiveHere(Span<byte> room)
    {
        var handle = socket.SafeHandle;
        var received = LibC.Receive(handle, room);
        return received == LibC.None && _isQuick && WaitHere(handle, LibC.Readable, MaxReceiving) ? LibC.Receive(handle, room) : received;
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
            else if (waits++ == MaxWaits || !WaitHere(handle, LibC.Writable, MaxWaiting))
            {
                break;
            }
        }

        return done;
    }

    bool WaitHere(SafeSocketHandle handle, short wanted, int limit)
    {
        if (_resting > 0)
        {
            _resting--;
            return false;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > limit)
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
