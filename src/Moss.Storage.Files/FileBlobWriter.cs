using System.Buffers;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>Gathers whole blocks in buffers, takes their checksums there and queues them for the file.</summary>
sealed class FileBlobWriter(FileBlobStore store, BlobId id, long? expectedLength) : IBlobWriter
{
    readonly WriteQueue _queue = new(store, id, expectedLength);
    readonly ulong[] _checksums = new ulong[BlobFormat.SegmentBlocks];
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
            var last = Seal(_filling ?? await _queue.NextAsync(), isLast: true);
            _filling = null;
            await _queue.CommitAsync(last);
        }
        catch (Exception e) when (ErrorNumber.MeansFull(e))
        {
            throw store.Full(e);
        }

        BlobMetrics.BytesWritten.Add(_length);
    }

    public ValueTask DisposeAsync()
    {
        _closed = true;
        if (_filling is { } buffer)
        {
            _filling = null;
            _queue.Return(buffer);
        }

        return _queue.CloseAsync();
    }

    // A full buffer is passed on when more bytes come: the last one goes out with the commit.
    async ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        while (!data.IsEmpty)
        {
            _filling ??= await _queue.NextAsync();
            var count = Fill(_filling, data.Span);
            if (count == 0)
            {
                var full = Seal(_filling, isLast: false);
                _filling = null;
                await _queue.AddAsync(full);
                ct.ThrowIfCancellationRequested();
            }

            data = data[count..];
        }
    }

    // Takes as many bytes as fit into the buffer and the segment.
    int Fill(WriteBuffer buffer, ReadOnlySpan<byte> data)
    {
        var room = Math.Min(buffer.Capacity - _filled, BlobFormat.SegmentSize - SegmentLength);
        var count = Math.Min(room, data.Length);
        data[..count].CopyTo(buffer.Bytes[_filled..]);
        _filled += count;
        _length += count;
        return count;
    }

    // Takes the checksums of what is in the buffer, adds the page where a segment ends, and says where it goes.
    WriteBuffer Seal(WriteBuffer buffer, bool isLast)
    {
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
