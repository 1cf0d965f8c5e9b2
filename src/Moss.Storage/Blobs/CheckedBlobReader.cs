using System.Buffers;
using Moss.Protocol.Hashing;

namespace Moss.Storage.Blobs;

/// <summary>The stored bytes of a blob in <see cref="BlobFormat"/>, as a device gives them: unchecked.</summary>
public interface IStoredBlob : IDisposable
{
    /// <summary>Fills the destination from a position on; fewer bytes than asked only where the stored bytes end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> destination, long position, CancellationToken ct);
}

/// <summary>
/// Reads a blob in <see cref="BlobFormat"/>. Whole blocks are read straight into the caller's memory and checked there; a block
/// that is wanted in part is read into a buffer of its own, which is kept, so that a reader that goes on from there reads each
/// block once.
/// </summary>
public sealed class CheckedBlobReader : IBlobReader
{
    readonly BlobId _id;
    readonly long _length;
    readonly IStoredBlob _stored;
    byte[]? _page = ArrayPool<byte>.Shared.Rent(BlobFormat.PageSize + 1);
    byte[]? _block;
    long _segmentOfPage = -1;
    long _indexOfBlock = -1;

    CheckedBlobReader(BlobId id, long length, IStoredBlob stored) => (_id, _length, _stored) = (id, length, stored);

    /// <summary>
    /// Begins to read a blob, whose stored bytes are the reader's from now on, also when this throws.
    /// </summary>
    /// <exception cref="BlobDamagedException">The stored bytes are not those of a blob of this id and length.</exception>
    public static async ValueTask<CheckedBlobReader> OpenAsync(
        BlobId id, long length, IStoredBlob stored, CancellationToken ct)
    {
        var reader = new CheckedBlobReader(id, length, stored);
        try
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            await reader.LoadPageAsync(BlobFormat.SegmentCount(length) - 1, ct);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken ct)
    {
        CheckOpenAndRange(offset, 0);
        destination = destination[..(int)Math.Min(destination.Length, _length - offset)];
        var count = destination.Length;
        while (!destination.IsEmpty)
        {
            var start = (int)(offset % BlobFormat.BlockSize);
            var whole = start == 0 ? WholeBlocks(offset, destination.Length) : 0;
            if (whole > 0)
            {
                await ReadBlocksAsync(offset, destination[..whole], ct);
            }
            else
            {
                var block = await LoadBlockAsync(offset / BlobFormat.BlockSize, ct);
                whole = Math.Min(block.Length - start, destination.Length);
                block.Slice(start, whole).CopyTo(destination);
            }

            destination = destination[whole..];
            offset += whole;
        }

        BlobMetrics.BytesRead.Add(count);
        return count;
    }

    public async ValueTask<ulong> Crc64Async(long offset, long length, CancellationToken ct)
    {
        CheckOpenAndRange(offset, length);
        var crc = 0UL;
        while (length > 0)
        {
            var index = offset / BlobFormat.BlockSize;
            var start = (int)(offset % BlobFormat.BlockSize);
            var inBlock = BlockLength(index);
            var take = (int)Math.Min(inBlock - start, length);
            ulong next;
            if (take == inBlock)
            {
                await LoadPageAsync(index / BlobFormat.SegmentBlocks, ct);
                next = BlobFormat.Checksum(_page, (int)(index % BlobFormat.SegmentBlocks));
            }
            else
            {
                next = Crc64.Compute((await LoadBlockAsync(index, ct)).Span.Slice(start, take));
            }

            crc = Crc64.Combine(crc, next, take);
            offset += take;
            length -= take;
        }

        return crc;
    }

    public ValueTask DisposeAsync()
    {
        _stored.Dispose();
        Return(ref _page);
        Return(ref _block);
        return ValueTask.CompletedTask;
    }

    void CheckOpenAndRange(long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_page is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _length);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length - offset);
    }

    int BlockLength(long index) => (int)Math.Min(BlobFormat.BlockSize, _length - (index * BlobFormat.BlockSize));

    // How many of the next bytes make up whole blocks of one segment; the last block of the blob is whole when it is short.
    int WholeBlocks(long offset, int wanted)
    {
        var available = (int)Math.Min(wanted, BlobFormat.SegmentSize - (offset % BlobFormat.SegmentSize));
        return offset + available == _length ? available : available - (available % BlobFormat.BlockSize);
    }

    async ValueTask ReadBlocksAsync(long offset, Memory<byte> destination, CancellationToken ct)
    {
        await LoadPageAsync(offset / BlobFormat.SegmentSize, ct);
        await ReadStoredAsync(destination, BlobFormat.DataPosition(offset), ct);
        var index = offset / BlobFormat.BlockSize;
        for (var at = 0; at < destination.Length; at += BlobFormat.BlockSize, index++)
        {
            Check(index, destination.Span.Slice(at, Math.Min(BlobFormat.BlockSize, destination.Length - at)));
        }
    }

    async ValueTask<ReadOnlyMemory<byte>> LoadBlockAsync(long index, CancellationToken ct)
    {
        _block ??= ArrayPool<byte>.Shared.Rent(BlobFormat.BlockSize);
        var block = _block.AsMemory(0, BlockLength(index));
        if (_indexOfBlock != index)
        {
            _indexOfBlock = -1;
            await LoadPageAsync(index / BlobFormat.SegmentBlocks, ct);
            await ReadStoredAsync(block, BlobFormat.DataPosition(index * BlobFormat.BlockSize), ct);
            Check(index, block.Span);
            _indexOfBlock = index;
        }

        return block;
    }

    async ValueTask LoadPageAsync(long segment, CancellationToken ct)
    {
        if (_segmentOfPage == segment)
        {
            return;
        }

        // Nothing may follow the last page: one byte more is asked for than there should be.
        var isLast = segment == BlobFormat.SegmentCount(_length) - 1;
        var page = _page.AsMemory(0, BlobFormat.PageSize + (isLast ? 1 : 0));
        _segmentOfPage = -1;
        var read = await ReadAsync(page, BlobFormat.PagePosition(segment, _length), ct);
        if (!BlobFormat.IsPageOf(page.Span[..read], _id, segment, _length))
        {
            throw Damaged(string.Create(null, $"the checksums of segment {segment} are not those of a blob of {_length} bytes"));
        }

        _segmentOfPage = segment;
    }

    void Check(long index, ReadOnlySpan<byte> block)
    {
        if (Crc64.Compute(block) != BlobFormat.Checksum(_page, (int)(index % BlobFormat.SegmentBlocks)))
        {
            throw Damaged(string.Create(null, $"block {index} does not match its checksum"));
        }
    }

    async ValueTask ReadStoredAsync(Memory<byte> destination, long position, CancellationToken ct)
    {
        if (await ReadAsync(destination, position, ct) != destination.Length)
        {
            throw Damaged("the stored bytes end too early");
        }
    }

    async ValueTask<int> ReadAsync(Memory<byte> destination, long position, CancellationToken ct)
    {
        try
        {
            return await _stored.ReadAsync(destination, position, ct);
        }
        catch (IOException e)
        {
            throw Damaged("cannot be read", e);
        }
    }

    BlobDamagedException Damaged(string what, Exception? inner = null)
    {
        BlobMetrics.Damaged.Add(1);
        return new(_id, what, inner);
    }

    static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }
}
