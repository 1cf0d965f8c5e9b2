using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// What goes out on a socket, sent when it is flushed: a flush that is done has handed it to the kernel, or to <see cref="SmallSend"/>. Between flushes a
/// connection holds no memory. A client that is gone is no exception to whoever writes: flushes say that they are completed.
/// </summary>
sealed class SocketWriter(SocketConnection connection, Socket socket, BlockPool blocks) : PipeWriter
{
    /// <summary>
    /// Bytes; what is not larger is sent by another work item, behind all that wait already: answers then leave many at a time, and no connection whose client
    /// is quick keeps a thread from the others. It was a fifth less CPU a small GetObject.
    /// </summary>
    const int SmallLength = 16 * 1024;

    readonly PatientSocket _socket = new(socket);
    readonly List<(IMemoryOwner<byte>? Owner, Memory<byte> Bytes)> _full = [];
    SmallSend? _small;
    IMemoryOwner<byte>? _owner;
    Memory<byte> _memory;
    int _written;
    long _fullLength;
    bool _flushing;
    volatile bool _gone;
    volatile bool _cancelled;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _fullLength + _written;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_memory.Length - _written < needed)
        {
            TakeRoom(needed);
        }

        return _memory[_written..];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_memory.Length - _written), nameof(bytes));
        _written += bytes;
    }

    /// <param name="cancellationToken">Is not heeded: what is being sent cannot be taken back. A connection that ends ends it.</param>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (UnflushedBytes == 0)
        {
            return new(Result());
        }

        if (_full.Count > 0 || _written > SmallLength || _small is { IsSending: true })
        {
            return SendAllAsync();
        }

        if (!_gone)
        {
            _small ??= new(this);
            _small.Start(_owner, _memory[.._written]);
            _owner = null;
        }

        Clear();
        return new(Result());
    }

    /// <summary>What is being sent is sent: the flush under way, or the next, says that it was cancelled.</summary>
    public override void CancelPendingFlush() => _cancelled = true;

    /// <summary>What is written but not flushed is sent when the connection ends in good order.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null && !_flushing)
        {
            Clear();
        }
    }

    /// <summary>Sends what is left, unless a flush is under way that nobody has waited for: the connection was given up then.</summary>
    public async ValueTask EndAsync()
    {
        if (!_flushing)
        {
            await SendAllAsync();
        }
    }

    /// <summary>Sends all of it; a failure ends the connection and is no exception.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_gone)
        {
            return;
        }

        try
        {
            await _socket.SendAsync(bytes);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _gone = true;
            connection.Failed(exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<FlushResult> SendAllAsync()
    {
        _flushing = true;
        try
        {
            if (_small is { IsSending: true })
            {
                await _small.WaitAsync();
            }

            for (var i = 0; i < _full.Count; i++)
            {
                await SendAsync(_full[i].Bytes);
            }

            if (_written > 0)
            {
                await SendAsync(_memory[.._written]);
            }
        }
        finally
        {
            Clear();
            _flushing = false;
        }

        if (_socket.IsOthersTurn())
        {
            await Task.Yield();
        }

        return Result();
    }

    void TakeRoom(int needed)
    {
        if (_written > 0)
        {
            _full.Add((_owner, _memory[.._written]));
            _fullLength += _written;
        }
        else
        {
            _owner?.Dispose();
        }

        _owner = needed <= BlockPool.BlockLength ? blocks.Rent() : null;
        _memory = _owner?.Memory ?? new byte[needed];
        _written = 0;
    }

    FlushResult Result()
    {
        var cancelled = _cancelled;
        _cancelled = false;
        return new(cancelled, _gone);
    }

    void Clear()
    {
        foreach (var (owner, _) in _full)
        {
            owner?.Dispose();
        }

        _full.Clear();
        _fullLength = 0;
        _owner?.Dispose();
        _owner = null;
        _memory = default;
        _written = 0;
    }

    /// <summary>A small answer on its way, of which the writer knows no more; one at a time.</summary>
    sealed class SmallSend(SocketWriter writer) : IThreadPoolWorkItem
    {
        const int Idle = 0;
        const int Sending = 1;
        const int Awaited = 2;

        IMemoryOwner<byte>? _owner;
        Memory<byte> _bytes;
        TaskCompletionSource? _sent;
        int _state;

        public bool IsSending => Volatile.Read(ref _state) != Idle;

        public void Start(IMemoryOwner<byte>? owner, Memory<byte> bytes)
        {
            _owner = owner;
            _bytes = bytes;
            Volatile.Write(ref _state, Sending);
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute() => _ = RunAsync();

        /// <summary>Completes when nothing is on its way; one waits at a time.</summary>
        public async ValueTask WaitAsync()
        {
            var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sent = sent;
            if (Interlocked.CompareExchange(ref _state, Awaited, Sending) == Sending)
            {
                await sent.Task;
            }
        }

        async Task RunAsync()
        {
            try
            {
                await writer.SendAsync(_bytes);
            }
            finally
            {
                _owner?.Dispose();
                _owner = null;
                _bytes = default;
                if (Interlocked.Exchange(ref _state, Idle) == Awaited)
                {
                    _sent!.SetResult();
                }
            }
        }
    }
}
