using System.Runtime.CompilerServices;
using Moss.Protocol.Hashing;

namespace Moss.Storage.Files;

/// <summary>
/// Takes the buffers of one writer into a digest, in order, beside all else the writer does: while it gathers the next bytes and the device takes the last
/// ones. So a body that is alone is hashed on one core while others receive and write it.
/// </summary>
/// <remarks>One call at a time. A buffer may be filled anew once it is written and <see cref="WriteBuffer.IsHashed"/>. Nothing is allocated for one.</remarks>
sealed class HashQueue : IThreadPoolWorkItem
{
    readonly BodyDigest _digest;
    readonly Action _resume;
    readonly Queue<WriteBuffer> _buffers = new();
    readonly Signal _done = new();
    ValueTaskAwaiter _append;
    WriteBuffer? _last;
    WriteBuffer? _awaited;
    Exception? _failure;
    bool _isRunning;

    internal HashQueue(BodyDigest digest)
    {
        _digest = digest;
        _resume = Resume;
    }

    /// <summary>Takes a full buffer. More may follow.</summary>
    internal void Add(WriteBuffer buffer)
    {
        buffer.IsHashed = false;
        lock (_buffers)
        {
            _buffers.Enqueue(buffer);
            _last = buffer;
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Takes the last buffer and waits until the digest has all of them. A body of one buffer is hashed here and now.</summary>
    internal async ValueTask CompleteAsync(WriteBuffer buffer)
    {
        if (IsIdle())
        {
            await _digest.AppendAsync(buffer.Data, buffer.DataCrc64);
        }
        else
        {
            Add(buffer);
            await DoneAsync(buffer);
        }

        if (_failure is { } failure)
        {
            throw new InvalidOperationException("The bytes were not hashed.", failure);
        }
    }

    /// <summary>Waits until the digest no longer needs a buffer.</summary>
    internal ValueTask DoneAsync(WriteBuffer buffer)
    {
        lock (_buffers)
        {
            if (buffer.IsHashed)
            {
                return ValueTask.CompletedTask;
            }

            _awaited = buffer;
            _done.Reset();
            return _done.Completion;
        }
    }

    /// <summary>Waits until the digest no longer needs any buffer, and forgets them: they are others' then.</summary>
    internal ValueTask CloseAsync()
    {
        var last = _last;
        _last = null;
        return last is null ? ValueTask.CompletedTask : DoneAsync(last);
    }

    void IThreadPoolWorkItem.Execute() => Run();

    bool IsIdle()
    {
        lock (_buffers)
        {
            return !_isRunning;
        }
    }

    // Until the queue is empty, or an append goes on beside other bodies and resumes this when it is done.
    void Run()
    {
        while (Begin())
        {
            if (!_append.IsCompleted)
            {
                _append.UnsafeOnCompleted(_resume);
                return;
            }

            End();
        }
    }

    void Resume()
    {
        End();
        Run();
    }

    bool Begin()
    {
        WriteBuffer? buffer;
        lock (_buffers)
        {
            if (!_buffers.TryPeek(out buffer))
            {
                _isRunning = false;
                return false;
            }
        }

        try
        {
#pragma warning disable CA2012 // Consumed once, by End; awaited by hand, so that nothing is allocated for a buffer.
            _append = _failure is null ? _digest.AppendAsync(buffer.Data, buffer.DataCrc64).GetAwaiter() : default;
#pragma warning restore CA2012
        }
        // Thrown where the digest is completed. The buffers that follow are let go all the same.
        catch (Exception e)
        {
            (_failure, _append) = (e, default);
        }

        return true;
    }

    void End()
    {
        try
        {
            _append.GetResult();
        }
        // As in Begin.
        catch (Exception e)
        {
            _failure ??= e;
        }

        lock (_buffers)
        {
            var buffer = _buffers.Dequeue();
            buffer.IsHashed = true;
            if (_awaited == buffer)
            {
                _awaited = null;
                _done.Set();
            }
        }
    }
}
