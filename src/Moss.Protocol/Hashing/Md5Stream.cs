using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Moss.Protocol.Hashing;

/// <summary>
/// The MD5 of one body as it streams by. Its whole blocks are hashed by whoever holds it (its own appender, or the
/// <see cref="Md5Scheduler"/> beside other bodies); what does not fill a block waits here for the next bytes.
/// One append at a time.
/// </summary>
sealed class Md5Stream(Md5Scheduler scheduler) : IValueTaskSource, IThreadPoolWorkItem
{
    /// <summary>Below this the way through the scheduler costs more than it can save.</summary>
    internal const int SmallLength = 4096;

    internal const int SavedLength = Md5State.Length + sizeof(ulong) + Md5State.BlockLength;

    const int LengthOffset = Md5State.BlockLength - sizeof(ulong);

    ManualResetValueTaskSourceCore<bool> _completion;
    Exception? _failure;
    Md5Block _partial;
    int _partialLength;
    ulong _length;
    Md5State _state = Md5State.Initial;
    ReadOnlyMemory<byte> _blocks;
    ReadOnlySequence<byte> _data;
    SequencePosition _position;
    bool _appending;

    /// <summary>The next in the scheduler's queue.</summary>
    internal Md5Stream? Next { get; set; }

    /// <summary>Set while the appender itself holds the batch.</summary>
    internal bool IsHashedByAppender { get; set; }

    /// <summary>The state after the blocks hashed so far.</summary>
    internal ref Md5State State => ref _state;

    /// <summary>Bytes appended so far.</summary>
    internal long Length => (long)_length;

    /// <summary>Whole blocks that can be hashed now in one run; 0 when the append is done.</summary>
    internal int PendingBlocks => _blocks.Length / Md5State.BlockLength;

    /// <summary>The memory of those blocks.</summary>
    internal ReadOnlySpan<byte> Pending => _blocks.Span;

    internal ValueTask AppendAsync(ReadOnlyMemory<byte> data) => AppendAsync(new ReadOnlySequence<byte>(data));

    /// <summary>The memory must stay valid until the task completes.</summary>
    internal ValueTask AppendAsync(in ReadOnlySequence<byte> data)
    {
        if (data.Length >= SmallLength)
        {
            return scheduler.Hash(Begin(data), along: null);
        }

        foreach (var segment in data)
        {
            Append(segment.Span);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="AppendAsync(in ReadOnlySequence{byte})"/>, side by side with another stream that takes in the same bytes.</summary>
    internal async ValueTask AppendAsync(ReadOnlySequence<byte> data, Md5Stream along)
    {
        if (data.Length < SmallLength)
        {
            await AppendAsync(data);
            await along.AppendAsync(data);
            return;
        }

        var alongDone = along.Begin(data).Completion();
        try
        {
            await scheduler.Hash(Begin(data), along);
        }
        finally
        {
            await alongDone;
        }
    }

    /// <summary>Takes in <paramref name="data"/> on the spot.</summary>
    internal void Append(ReadOnlySpan<byte> data)
    {
        ThrowIfAppending();
        _length += (ulong)data.Length;
        if (_partialLength > 0)
        {
            data = data[FillPartial(data)..];
        }

        var tail = data.Length % Md5State.BlockLength;
        Md5Scalar.Update(ref _state, data[..^tail]);
        KeepTail(data[^tail..]);
    }

    /// <summary>The MD5 of everything appended; starts anew.</summary>
    internal void Finish(Span<byte> md5)
    {
        ThrowIfAppending();
        Span<byte> last = _partial;
        last[_partialLength++] = 0x80;
        last[_partialLength..].Clear();
        if (_partialLength > LengthOffset)
        {
            Md5Scalar.Update(ref _state, last);
            last.Clear();
        }

        BinaryPrimitives.WriteUInt64LittleEndian(last[LengthOffset..], _length * 8);
        Md5Scalar.Update(ref _state, last);
        _state.Write(md5);
        (_state, _length, _partialLength) = (Md5State.Initial, 0, 0);
    }

    /// <summary>Where the stream stands: its state, its length, and the bytes that do not fill a block.</summary>
    internal void Save(Span<byte> destination)
    {
        ThrowIfAppending();
        destination = destination[..SavedLength];
        destination.Clear();
        _state.Write(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[Md5State.Length..], _length);
        _partial[.._partialLength].CopyTo(destination[(Md5State.Length + sizeof(ulong))..]);
    }

    /// <summary>Goes on where <see cref="Save"/> stood.</summary>
    internal void Load(ReadOnlySpan<byte> saved)
    {
        ThrowIfAppending();
        _state = Md5State.Read(saved);
        _length = BinaryPrimitives.ReadUInt64LittleEndian(saved[Md5State.Length..]);
        _partialLength = (int)(_length % Md5State.BlockLength);
        saved.Slice(Md5State.Length + sizeof(ulong), _partialLength).CopyTo(_partial);
    }

    /// <summary>Says that <paramref name="blocks"/> of the pending blocks are in the state.</summary>
    internal void Advance(int blocks)
    {
        _blocks = _blocks[(blocks * Md5State.BlockLength)..];
        NextBlocks();
    }

    /// <summary>The task of the append under way.</summary>
    internal ValueTask Completion() => new(this, _completion.Version);

    /// <summary>
    /// Ends the append. Who awaits it goes on behind all work the thread pool has; not by the asynchronous completion of
    /// <see cref="ManualResetValueTaskSourceCore{TResult}"/>, which puts all bodies of a round on the queue of the thread that
    /// hashed them, so that the other threads, finding nothing else, begin the next round before these have brought their blocks.
    /// </summary>
    internal void Complete(Exception? failure)
    {
        _failure = failure;
        if (IsHashedByAppender)
        {
            // The appender is the caller, and awaits nothing yet.
            SetResult();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute() => SetResult();

    void SetResult()
    {
        IsHashedByAppender = false;
        LetGo();
        if (_failure is { } failure)
        {
            _failure = null;
            _completion.SetException(failure);
        }
        else
        {
            _completion.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _completion.GetResult(token);
        }
        finally
        {
            _completion.Reset();
            _appending = false;
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    Md5Stream Begin(in ReadOnlySequence<byte> data)
    {
        ThrowIfAppending();
        _appending = true;
        _length += (ulong)data.Length;
        _data = data;
        _position = data.Start;
        NextBlocks();
        return this;
    }

    // The memory is its owner's again.
    void LetGo() => (_blocks, _data, _position) = (default, default, default);

    // Sets the pending blocks to the next run of whole blocks, or to none at the end of the append.
    void NextBlocks()
    {
        while (_blocks.IsEmpty && _data.TryGet(ref _position, out var segment))
        {
            if (_partialLength > 0)
            {
                segment = segment[FillPartial(segment.Span)..];
            }

            var tail = segment.Length % Md5State.BlockLength;
            _blocks = segment[..^tail];
            // Hashed only after these blocks: when the next segment fills it.
            KeepTail(segment.Span[^tail..]);
        }
    }

    // The partial block is empty whenever there is a tail.
    void KeepTail(ReadOnlySpan<byte> tail)
    {
        if (!tail.IsEmpty)
        {
            tail.CopyTo(_partial);
            _partialLength = tail.Length;
        }
    }

    // Completes the partial block with the first bytes of a segment and says how many it took.
    int FillPartial(ReadOnlySpan<byte> segment)
    {
        var taken = Math.Min(Md5State.BlockLength - _partialLength, segment.Length);
        segment[..taken].CopyTo(_partial[_partialLength..]);
        _partialLength += taken;
        if (_partialLength == Md5State.BlockLength)
        {
            Md5Scalar.Update(ref _state, _partial);
            _partialLength = 0;
        }

        return taken;
    }

    void ThrowIfAppending()
    {
        if (_appending)
        {
            throw new InvalidOperationException("The last append has not completed.");
        }
    }

    [InlineArray(Md5State.BlockLength)]
    struct Md5Block
    {
        byte _first;
    }
}
