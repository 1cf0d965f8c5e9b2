using System.Buffers;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>
/// Gathers whole blocks in a buffer, takes their checksums there and hands them to the file. With direct I/O the I/O threads
/// write while the next buffer fills; without, a write is a copy into the page cache and done on the spot.
/// </summary>
sealed class FileBlobWriter(FileBlobStore store, BlobId id, long? expectedLength) : IBlobWriter
{
    // More does not make one stream faster: these keep a device busy that needs a millisecond for each.
    const int MaxInFlight = 4;

    readonly ulong[] _checksums = new ulong[BlobFormat.SegmentBlocks];
    readonly Queue<WriteBuffer> _inFlight = new();
    NewFile? _file;
    WriteBuffer? _filling;
    int _filled;
    long _length;
    long _segment;
    bool _closed;

    int SegmentLength => (int)(_length - (_segment * BlobFormat.SegmentSize));

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed, this);
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
            throw store.Full(e);
        }

        _closed = false;
    }

    public async ValueTask CommitAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed, this);
        _closed = true;
        try
        {
            while (_inFlight.TryPeek(out var write))
            {
                await write.Written;
                store.Buffers.Return(_inFlight.Dequeue());
            }

            var last = Seal(isLast: true);
            await store.RunAsync(store.CommitThreads, () =>
            {
                _file ??= store.CreateFile(id, expectedLength);
                _file.Write(last, mayReserve: false);
                store.Publish(_file, id, last.Position + last.Count);
            });
        }
        catch (Exception e) when (ErrorNumber.MeansFull(e))
        {
            throw store.Full(e);
        }

        BlobMetrics.BytesWritten.Add(_length);
    }

    public async ValueTask DisposeAsync()
    {
        _closed = true;
        while (_inFlight.TryDequeue(out var write))
        {
            try
            {
                await write.Written;
            }
            // The blob is given up: it no longer matters that a write failed.
            catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
            {
            }

            store.Buffers.Return(write);
        }

        if (_filling is not null)
        {
            store.Buffers.Return(_filling);
            _filling = null;
        }

        if (_file is { } file)
        {
            _file = null;
            await store.RunAsync(store.CommitThreads, file.Dispose);
        }
    }

    async ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        while (true)
        {
            data = data[Fill(data.Span)..];
            if (data.IsEmpty)
            {
                return;
            }

            await FlushAsync();
            ct.ThrowIfCancellationRequested();
        }
    }

    // Takes as many bytes as fit into the buffer and the segment.
    int Fill(ReadOnlySpan<byte> data)
    {
        _filling ??= store.Buffers.Rent(expectedLength ?? long.MaxValue);
        var room = Math.Min(_filling.Capacity - _filled, BlobFormat.SegmentSize - SegmentLength);
        var count = Math.Min(room, data.Length);
        data[..count].CopyTo(_filling.Bytes[_filled..]);
        _filled += count;
        _length += count;
        return count;
    }

    // Called only when more bytes are to come: the last buffer, with the last page, goes out with the commit.
    async ValueTask FlushAsync()
    {
        var full = Seal(isLast: false);
        if (_file is null)
        {
            // The first write also makes the file, which the others need.
            await store.RunAsync(store.WriteThreads, () =>
            {
                _file = store.CreateFile(id, expectedLength);
                _file.Write(full, mayReserve: true);
            });
        }
        else if (!_file.IsDirect)
        {
            _file.Write(full, mayReserve: true);
        }
        else
        {
            full.StartWriting(_file, store.WriteThreads);
            _inFlight.Enqueue(full);
            _filling = _inFlight.Count < MaxInFlight ? store.Buffers.TryRentLarge() : null;
            if (_filling is null)
            {
                await _inFlight.Peek().Written;
                _filling = _inFlight.Dequeue();
            }
        }
    }

    // Takes the checksums of what is in the buffer, adds the page where a segment ends, and says where it goes.
    WriteBuffer Seal(bool isLast)
    {
        var buffer = _filling ??= store.Buffers.Rent(0);
        var start = _length - _filled;
        var block = (int)(start % BlobFormat.SegmentSize / BlobFormat.BlockSize);
        for (var at = 0; at < _filled; at += BlobFormat.BlockSize)
        {
            _checksums[block++] = Crc64.Compute(buffer.Bytes[at..Math.Min(at + BlobFormat.BlockSize, _filled)]);
        }

        buffer.Position = BlobFormat.DataPosition(start);
        buffer.Count = _filled;
        if (isLast || SegmentLength == BlobFormat.SegmentSize)
        {
            buffer.Count = BlobFormat.AlignToPage(_filled);
            buffer.Bytes[_filled..buffer.Count].Clear();
            BlobFormat.WritePage(
                buffer.Bytes[buffer.Count..], id, _segment, SegmentLength, isLast ? _length : -1, _checksums.AsSpan(0, block));
            buffer.Count += BlobFormat.PageSize;
            _segment++;
        }

        _filled = 0;
        return buffer;
    }
}
