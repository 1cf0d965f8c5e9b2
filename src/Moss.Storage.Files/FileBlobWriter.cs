using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>Gathers whole blocks in buffers, takes their checksums there and queues them for the digest and the file.</summary>
sealed class FileBlobWriter : IBlobWriter
{
    readonly FileBlobStore _store;
    readonly BlobId _id;
    readonly HashQueue? _hashes;
    readonly WriteQueue _queue;
    readonly ulong[] _checksums = new ulong[BlobFormat.SegmentBlocks];
    Task? _publication; // Begun before the commit or by it, until that succeeds.
    WriteBuffer? _filling;
    int _filled;
    long _length;
    long _segment;
    bool _isComplete;
    bool _closed;

    internal FileBlobWriter(FileBlobStore store, BlobId id, long? expectedLength, BodyDigest? digest)
    {
        (_store, _id) = (store, id);
        _hashes = digest is null ? null : new(digest);
        _queue = new(store, id, expectedLength, _hashes);
    }

    int SegmentLength => (int)(_length - (_segment * BlobFormat.SegmentSize));

    public async ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed || _isComplete, this);
        _closed = true;
        try
        {
            if (_filling is not null && RoomOf(_filling) == 0)
            {
                await PassOnAsync(_filling, ct);
            }

            _filling ??= await _queue.NextAsync();
        }
        catch (Exception e) when (ErrorNumber.MeansFull(e))
        {
            throw _store.Full(e);
        }

        _closed = false;
        return _filling.Room.Slice(_filled, RoomOf(_filling));
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed || _isComplete, this);
        // Until the bytes are in: after a failure nobody knows which of them are.
        _closed = true;
        try
        {
            foreach (var segment in data)
            {
                await AppendAsync(segment, ct);
            }
        }
        catch (Exception e) when (ErrorNumber.MeansFull(e))
        {
            throw _store.Full(e);
        }

        _closed = false;
    }

    public async ValueTask CompleteAsync()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_isComplete)
        {
            return;
        }

        _closed = true;
        _filling ??= await _queue.NextAsync(); // The first one, of a blob without a byte: nothing is being written.
        Check(_filling);
        var hashed = _hashes?.CompleteAsync(_filling) ?? ValueTask.CompletedTask;
        try
        {
            if (!hashed.IsCompleted)
            {
                Publish();
            }
        }
        finally
        {
            // Whatever happens, the buffer is nobody else's before.
            await hashed;
        }

        (_isComplete, _closed) = (true, false);
    }

    public async ValueTask CommitAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await CompleteAsync();
        _closed = true;
        try
        {
            Publish();
            await _publication!;
        }
        catch (Exception e) when (ErrorNumber.MeansFull(e))
        {
            throw _store.Full(e);
        }

        _publication = null;
        BlobMetrics.BytesWritten.Add(_length);
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        if (_filling is { } buffer)
        {
            _filling = null;
            _queue.Return(buffer);
        }

        var uncommitted = _publication;
        _publication = null;
        if (uncommitted is not null)
        {
            await uncommitted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _queue.CloseAsync();
        if (uncommitted is { IsCompletedSuccessfully: true })
        {
            await RetractAsync();
        }
    }

    // The file gets its name, and the device its bytes, beside what the digest has still to take in: if that is not what was promised, it is given up again.
    void Publish()
    {
        if (_filling is { } last)
        {
            _filling = null;
            _publication = _queue.CommitAsync(Seal(last, isLast: true)).AsTask();
        }
    }

    async ValueTask RetractAsync()
    {
        try
        {
            await _store.DeleteAsync(_id, CancellationToken.None);
        }
        // A device that removes no name: the blob is given up all the same. No row ever refers to it, and the sweep of the next start removes it.
        catch (Exception)
        {
        }
    }

    // A full buffer is passed on when more bytes come: the last one goes out when there are no more.
    async ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        while (!data.IsEmpty)
        {
            _filling ??= await _queue.NextAsync();
            var count = Fill(_filling, data.Span);
            if (count == 0)
            {
                await PassOnAsync(_filling, ct);
            }

            data = data[count..];
        }
    }

    async ValueTask PassOnAsync(WriteBuffer full, CancellationToken ct)
    {
        Check(full);
        Seal(full, isLast: false);
        _filling = null;
        _hashes?.Add(full);
        await _queue.AddAsync(full);
        ct.ThrowIfCancellationRequested();
    }

    int RoomOf(WriteBuffer buffer) => Math.Min(buffer.Capacity - _filled, BlobFormat.SegmentSize - SegmentLength);

    // Takes as many bytes as fit into the buffer and the segment; they may be there already.
    int Fill(WriteBuffer buffer, ReadOnlySpan<byte> data)
    {
        var count = Math.Min(RoomOf(buffer), data.Length);
        var room = buffer.Bytes[_filled..];
        if (!Unsafe.AreSame(in MemoryMarshal.GetReference(data), in MemoryMarshal.GetReference(room)))
        {
            data[..count].CopyTo(room);
        }

        _filled += count;
        _length += count;
        return count;
    }

    // Takes the checksums of what is in the buffer.
    void Check(WriteBuffer buffer) =>
        buffer.SetData(_filled, _checksums.AsSpan((int)((_length - _filled) % BlobFormat.SegmentSize / BlobFormat.BlockSize)));

    // Adds the page where a segment ends, and says where the buffer goes.
    WriteBuffer Seal(WriteBuffer buffer, bool isLast)
    {
        var start = _length - _filled;
        buffer.Position = BlobFormat.DataPosition(start);
        buffer.Count = _filled;
        if (isLast || SegmentLength == BlobFormat.SegmentSize)
        {
            buffer.Count = BlobFormat.AlignToPage(_filled);
            buffer.Bytes[_filled..buffer.Count].Clear();
            var blocks = (SegmentLength + BlobFormat.BlockSize - 1) / BlobFormat.BlockSize;
            BlobFormat.WritePage(
                buffer.Bytes[buffer.Count..], _id, _segment, SegmentLength, isLast ? _length : -1, _checksums.AsSpan(0, blocks));
            buffer.Count += BlobFormat.PageSize;
            _segment++;
        }

        _filled = 0;
        return buffer;
    }
}
