using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Moss.Storage.Objects;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// One connection. What counts as closed is one that is broken or given up: a client may end its side when it has sent its request, and wait for the answer.
/// </summary>
sealed class SocketConnection : DefaultConnectionContext, IDuplexPipe, IMemoryPoolFeature
{
    /// <summary>For how long the last bytes of an answer may wait for a client that takes nothing, when the connection has otherwise ended.</summary>
    static readonly TimeSpan LastBytes = TimeSpan.FromSeconds(10);

    /// <summary>
    /// For how long, and how many bytes, of what a client still sends is dropped when the connection ends: a kernel that closes a socket with unread bytes tells
    /// the client to forget the answer.
    /// </summary>
    static readonly TimeSpan Lingering = TimeSpan.FromSeconds(1);

    const int LingeringLength = 1024 * 1024;

    static long _made;

    readonly Socket _socket;
    readonly BlockPool _blocks;
    readonly SocketReader _reader;
    readonly SocketWriter _writer;
    readonly CancellationTokenSource _closed = new();
    readonly Lock _ending = new();
    ConnectionAbortedException? _reason;
    bool _ended;

    public SocketConnection(Socket socket, BlockPool blocks)
        : base(Interlocked.Increment(ref _made).ToString("x", CultureInfo.InvariantCulture))
    {
        _socket = socket;
        _blocks = blocks;
        _reader = new(this, socket, blocks);
        _writer = new(this, socket, blocks);
        Transport = this;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set<IPlacingReader>(_reader);
    }

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => _blocks;

    /// <summary>Ends the connection at once: what is being received or sent fails.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        End(abortReason);

        // Whoever listens may do anything; whoever gives up must not wait for it.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellClosed(), this, preferLocal: false);
    }

    /// <summary>Ends the connection in good order: what was written is sent first.</summary>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            var sending = _writer.EndAsync();
            if (!sending.IsCompletedSuccessfully)
            {
                await sending.AsTask().WaitAsync(LastBytes);
            }

            await LingerAsync();
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client takes nothing, does not stop sending, or is gone.
        }

        await _reader.CompleteAsync();
        End(null);
        TellClosed();
        await base.DisposeAsync();
    }

    /// <summary>The socket has failed, which ends the connection.</summary>
    /// <returns>What that is to whoever reads from it.</returns>
    public Exception Failed(Exception exception)
    {
        var aborted = _reason;
        Abort(new ConnectionAbortedException(exception.Message, exception));
        return aborted is not null ? aborted
            : exception is SocketException { SocketErrorCode: SocketError.ConnectionReset } ? new ConnectionResetException(exception.Message, exception)
            : new ConnectionAbortedException(exception.Message, exception);
    }

    async ValueTask LingerAsync()
    {
        if (_ended || _socket.Available == 0)
        {
            return;
        }

        _socket.Shutdown(SocketShutdown.Send);
        using var patience = new CancellationTokenSource(Lingering);
        using var block = _blocks.Rent();
        for (var dropped = 0; dropped < LingeringLength;)
        {
            var count = await _socket.ReceiveAsync(block.Memory, SocketFlags.None, patience.Token);
            if (count == 0)
            {
                return;
            }

            dropped += count;
        }
    }

    void TellClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException)
        {
            // Whoever listened and failed is no reason to end the process.
        }
    }

    void End(ConnectionAbortedException? reason)
    {
        lock (_ending)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            _reason = reason;
            if (reason is not null)
            {
                // The client is not to take what it has for all there is.
                _socket.Close(timeout: 0);
                return;
            }

            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // Was broken already.
            }

            _socket.Dispose();
        }
    }
}
