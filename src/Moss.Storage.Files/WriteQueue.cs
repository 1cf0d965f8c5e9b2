using System.Runtime.InteropServices;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>
/// Brings the buffers of one writer to its file, in order, several at a time: while an I/O thread writes some, the next ones
/// gather here, and the next hand-over takes several of them. So a writer that is faster than the device makes large writes, and a
/// slow one waits for nothing. Without direct I/O a write is a copy into the page cache and done on the spot.
/// </summary>
/// <remarks>One call at a time. Only <see cref="Run"/> runs on an I/O thread, and nothing else touches its state meanwhile.</remarks>
sealed class WriteQueue
{
    // One is written while the others gather, and the digest reads those that were filled last: with fewer it waits for the next ones again and again.
    const int MaxBuffers = 8;

    // So many only while others need none.
    const int UsualBuffers = 4;

    // So many go to the device at once: with all of them on their way, none is left to fill, and the digest runs out of bytes.
    const int MaxWritten = 3;

    readonly FileBlobStore _store;
    readonly BlobId _id;
    readonly long? _expectedLength;
    readonly IoWork _work;
    readonly HashQueue? _hashes;
    readonly Queue<WriteBuffer> _free = new(MaxBuffers); // Written; the digest may still read the youngest.
    readonly List<WriteBuffer> _gathered = new(MaxBuffers);
    readonly List<WriteBuffer> _running = new(MaxWritten);
    NewFile? _file;
    int _buffers; // Of this writer, wherever they are.
    bool _isRunning;
    bool _isLast;

    bool RunHasEnded => _isRunning && _work.Completion.IsCompleted;

    internal WriteQueue(FileBlobStore store, BlobId id, long? expectedLength, HashQueue? hashes)
    {
        (_store, _id, _expectedLength, _hashes) = (store, id, expectedLength, hashes);
        _work = new(Run);
    }

    /// <summary>An empty buffer to fill; it must come back by <see cref="AddAsync"/>, <see cref="CommitAsync"/> or <see cref="Return"/>.</summary>
    internal async ValueTask<WriteBuffer> NextAsync()
    {
        if (RunHasEnded)
        {
            await TurnAsync();
        }

        while (_buffers > UsualBuffers && _free.TryPeek(out var spare) && spare.IsHashed && !_store.Buffers.HasPlenty)
        {
            _store.Buffers.Return(_free.Dequeue());
            _buffers--;
        }

        if (_free.TryPeek(out var buffer) && buffer.IsHashed)
        {
            return _free.Dequeue();
        }

        buffer = _buffers == 0 ? _store.Buffers.Rent(_expectedLength ?? long.MaxValue)
            : _buffers < UsualBuffers ? _store.Buffers.TryRentLarge()
            : _buffers < MaxBuffers ? _store.Buffers.TryRentLarge(WriteBufferPool.PlentyLarge)
            : null;
        if (buffer is not null)
        {
            _buffers++;
            return buffer;
        }

        if (_free.Count == 0)
        {
            await TurnAsync();
        }

        buffer = _free.Dequeue();
        if (_hashes is not null)
        {
            await _hashes.DoneAsync(buffer);
        }

        return buffer;
    }

    /// <summary>Takes a sealed buffer. More will follow.</summary>
    internal async ValueTask AddAsync(WriteBuffer buffer)
    {
        _gathered.Add(buffer);
        if (!_isRunning || RunHasEnded)
        {
            await TurnAsync();
        }
    }

    /// <summary>Takes the last buffer and publishes the file.</summary>
    internal async ValueTask CommitAsync(WriteBuffer last)
    {
        _gathered.Add(last);
        while (_gathered.Count > MaxWritten)
        {
            await TurnAsync();
        }

        await FinishRunAsync();
        _isLast = true;
        Start();
        await FinishRunAsync();
    }

    /// <summary>Gives back a buffer that is not to be written.</summary>
    internal void Return(WriteBuffer buffer) => _free.Enqueue(buffer);

    /// <summary>Gives up what is not published.</summary>
    internal async ValueTask CloseAsync()
    {
        try
        {
            await FinishRunAsync();
        }
        // The blob is given up: it no longer matters how a write failed, but the file and the buffers must not be lost.
        catch (Exception)
        {
        }

        if (_hashes is not null)
        {
            await _hashes.CloseAsync();
        }

        foreach (var buffer in _free.Concat(_gathered))
        {
            _store.Buffers.Return(buffer);
        }

        _free.Clear();
        _gathered.Clear();
        if (_file is { } file)
        {
            _file = null;
            await _store.RunAsync(file.Dispose);
        }
    }

    // Waits for the buffers that are being written, and has those written that gathered meanwhile.
    async ValueTask TurnAsync()
    {
        await FinishRunAsync();
        Start();
    }

    async ValueTask FinishRunAsync()
    {
        if (!_isRunning)
        {
            return;
        }

        try
        {
            await _work.Completion;
        }
        finally
        {
            _isRunning = false;
            _running.ForEach(_free.Enqueue);
            _running.Clear();
        }
    }

    void Start()
    {
        if (_gathered.Count == 0)
        {
            return;
        }

        var count = Math.Min(_gathered.Count, MaxWritten);
        _running.AddRange(CollectionsMarshal.AsSpan(_gathered)[..count]);
        _gathered.RemoveRange(0, count);
        _isRunning = true; // FinishRunAsync sets it back.
        _work.Start(_store.WritesWait || (_isLast && _store.IsDurable) ? _store.Threads : null);
    }

    // On an I/O thread.
    void Run()
    {
        _file ??= _store.CreateFile(_id, _expectedLength);
        _file.Write(_running, mayReserve: !_isLast);
        if (_isLast)
        {
            _store.Publish(_file, _id, _running[^1].Position + _running[^1].Count);
        }
    }
}
