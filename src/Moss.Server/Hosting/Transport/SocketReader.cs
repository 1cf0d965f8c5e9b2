using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Moss.Storage.Objects;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// What comes in on a socket, received when it is asked for, so that the client is held up by the socket itself. A connection that waits holds no more than
/// <see cref="HeadLength"/> bytes of its own: what is larger is received into a block of the pool, taken when there is something to receive and returned
/// when it is consumed.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The source of cancellation has neither a timer nor a handle.")]
sealed class SocketReader(SocketConnection connection, Socket socket, BlockPool blocks) : PipeReader, IPlacingReader
{
    /// <summary>Bytes; most requests without a body fit in, so that one call receives them, and ten thousand idle connections are 20 MiB.</summary>
    const int HeadLength = 2048;

    /// <summary>Bytes; to receive fewer costs more than to copy them.</summary>
    const int MinPlaceLength = 32 * 1024;

    readonly byte[] _head = GC.AllocateUninitializedArray<byte>(HeadLength);
    readonly PatientSocket _socket = new(socket);
    CancellationTokenSource _cancel = new();
    Segment? _first;
    Segment? _last;
    Segment? _spare;
    int _consumed; // Of the first segment.
    bool _examined = true; // All that is there.
    bool _ended;
    bool _receiving;
    bool _more; // The last receive filled a block: there is more, and no need to wait for it without one.
    bool _large; // The last receive was of more than a head, as the next will be.
    Memory<byte> _place; // What the next receive may use; not of the pool.

    public void Place(Memory<byte> room) => _place = room.Length >= MinPlaceLength ? room : default;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryRead(out var result))
        {
            _place = default;
            return new(result);
        }

        return ReceiveAsync(cancellationToken);
    }

    public override bool TryRead(out ReadResult result)
    {
        var cancelled = TakeCancellation();
        var any = cancelled || _ended || !_examined;
        result = any ? Result(cancelled) : default;
        return any;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_first is null)
        {
            return;
        }

        _examined = examined.GetObject() == _last && examined.GetInteger() == _last!.Length;
        while (_first != consumed.GetObject())
        {
            ReleaseFirst();
        }

        _consumed = consumed.GetInteger();
        if (_first == _last && _consumed == _last!.Length)
        {
            ReleaseFirst();
        }
    }

    public override void CancelPendingRead() => _cancel.Cancel();

    public override void Complete(Exception? exception = null)
    {
        _ended = true;

        // What is still being received into is left to the collector.
        while (_first is not null && !_receiving)
        {
            ReleaseFirst();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ReadResult> ReceiveAsync(CancellationToken ct)
    {
        _receiving = true;
        using var registration = ct.UnsafeRegister(static reader => ((SocketReader)reader!).CancelPendingRead(), this);
        try
        {
            if (!_more && !HasRoom)
            {
                // Wait without a block.
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, _cancel.Token);
            }

            var isPlaced = HasPlace;
            var room = isPlaced ? _place : Room();
            var received = isPlaced
                ? await _socket.ReceiveAsync(room, _cancel.Token)
                : await socket.ReceiveAsync(room, SocketFlags.None, _cancel.Token);
            if (isPlaced)
            {
                // What is left of the room is its owner's again.
                Append(null, room[..received]);
            }

            Debug.Assert(_last is not null, "There is room.");
            _last.Add(received);
            _examined = received == 0;
            _ended = received == 0;

            // A place that is full is followed by another, or by the next request.
            _more = !isPlaced && received == room.Length && received > HeadLength;
            _large = isPlaced ? received < room.Length : received >= HeadLength;
            return Result(false);
        }
        catch (OperationCanceledException)
        {
            TakeCancellation();
            ct.ThrowIfCancellationRequested();
            return Result(true);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            throw connection.Failed(exception);
        }
        finally
        {
            _receiving = false;
            _place = default;
        }
    }

    bool TakeCancellation()
    {
        var cancelled = _cancel.IsCancellationRequested;
        if (cancelled)
        {
            _cancel = new();
        }

        return cancelled;
    }

    ReadResult Result(bool cancelled) =>
        new(_first is null ? ReadOnlySequence<byte>.Empty : new(_first, _consumed, _last!, _last!.Length), cancelled, _ended);

    bool HasRoom => _last is { Room.Length: >= HeadLength } || UsesHead || HasPlace;

    bool HasPlace => _first is null && _place.Length > 0;

    bool UsesHead => _first is null && !_large;

    // Where the next bytes go. A segment that is given none stays and is asked again.
    Memory<byte> Room()
    {
        if (_last is { Room.Length: >= HeadLength })
        {
            return _last.Room;
        }

        Append(UsesHead ? null : blocks.Rent(), _head);
        return _last!.Room;
    }

    void Append(IMemoryOwner<byte>? owner, Memory<byte> otherwise)
    {
        var segment = _spare ?? new();
        _spare = null;
        segment.Take(owner, otherwise);
        if (_last is null)
        {
            _first = segment;
            _consumed = 0;
        }
        else
        {
            _last.Append(segment);
        }

        _last = segment;
    }

    void ReleaseFirst()
    {
        var segment = _first!;
        _first = (Segment?)segment.Next;
        _last = _first is null ? null : _last;
        _consumed = 0;
        segment.Free();
        _spare = segment;
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        IMemoryOwner<byte>? _owner;
        Memory<byte> _memory;

        public int Length { get; private set; }

        public Memory<byte> Room => _memory[Length..];

        /// <param name="owner">Of what is received into; without one it is <paramref name="otherwise"/>.</param>
        public void Take(IMemoryOwner<byte>? owner, Memory<byte> otherwise)
        {
            _owner = owner;
            _memory = owner?.Memory ?? otherwise;
            Add(0);
        }

        public void Add(int received)
        {
            Length += received;
            Memory = _memory[..Length];
        }

        /// <summary>This one is full, or full enough: nothing more is received into it.</summary>
        public void Append(Segment next)
        {
            next.RunningIndex = RunningIndex + Length;
            Next = next;
        }

        public void Free()
        {
            _owner?.Dispose();
            _owner = null;
            _memory = default;
            Memory = default;
            Length = 0;
            RunningIndex = 0;
            Next = null;
        }
    }
}
