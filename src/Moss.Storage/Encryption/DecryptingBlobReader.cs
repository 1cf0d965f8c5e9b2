using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Encryption;

/// <summary>
/// Reads an encrypted blob. Whole blocks are decrypted in the caller's memory; a block that is wanted in part is decrypted in a buffer of its own, which is kept, so
/// that a reader that goes on from there decrypts each block once. A block that was changed never leaves.
/// </summary>
sealed class DecryptingBlobReader(IBlobReader inner, AesGcm aes, BlobId id, long length) : IBlobReader
{
    byte[]? _page;
    byte[]? _block;
    long _groupOfPage = -1;
    long _indexOfBlock = -1;
    bool _isDisposed;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken ct)
    {
        CheckOpenAndRange(offset, 0);
        destination = destination[..(int)Math.Min(destination.Length, length - offset)];
        var count = destination.Length;
        while (!destination.IsEmpty)
        {
            var start = (int)(offset % EncryptedBlobFormat.BlockSize);
            var whole = start == 0 ? WholeBlocks(offset, destination.Length) : 0;
            if (whole > 0)
            {
                await ReadBlocksAsync(offset, destination[..whole], ct);
            }
            else
            {
                var block = await LoadBlockAsync(offset / EncryptedBlobFormat.BlockSize, ct);
                whole = Math.Min(block.Length - start, destination.Length);
                block.Slice(start, whole).CopyTo(destination);
            }

            destination = destination[whole..];
            offset += whole;
        }

        return count;
    }

    public async ValueTask<ulong> Crc64Async(long offset, long count, CancellationToken ct)
    {
        CheckOpenAndRange(offset, count);
        var crc = 0UL;
        while (count > 0)
        {
            var index = offset / EncryptedBlobFormat.BlockSize;
            var start = (int)(offset % EncryptedBlobFormat.BlockSize);
            var inBlock = BlockLength(index);
            var take = (int)Math.Min(inBlock - start, count);
            var next = take == inBlock
                ? await ChecksumAsync(index, ct)
                : Crc64.Compute((await LoadBlockAsync(index, ct)).Span.Slice(start, take));
            crc = Crc64.Combine(crc, next, take);
            offset += take;
            count -= take;
        }

        return crc;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            aes.Dispose();
            if (_page is not null)
            {
                ArrayPool<byte>.Shared.Return(_page);
            }

            if (_block is not null)
            {
                ArrayPool<byte>.Shared.Return(_block, clearArray: true);
            }
        }

        await inner.DisposeAsync();
    }

    void CheckOpenAndRange(long offset, long count)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, length);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, length - offset);
    }

    int BlockLength(long index) => (int)Math.Min(EncryptedBlobFormat.BlockSize, length - (index * EncryptedBlobFormat.BlockSize));

    // How many of the next bytes make up whole blocks of one group; the last block of the blob is whole when it is short.
    int WholeBlocks(long offset, int wanted)
    {
        var available = (int)Math.Min(wanted, EncryptedBlobFormat.GroupSize - (offset % EncryptedBlobFormat.GroupSize));
        return offset + available == length ? available : available - (available % EncryptedBlobFormat.BlockSize);
    }

    async ValueTask ReadBlocksAsync(long offset, Memory<byte> destination, CancellationToken ct)
    {
        await LoadPageAsync(offset / EncryptedBlobFormat.GroupSize, ct);
        await FillAsync(EncryptedBlobFormat.DataPosition(offset), destination, ct);
        var index = offset / EncryptedBlobFormat.BlockSize;
        for (var at = 0; at < destination.Length; at += EncryptedBlobFormat.BlockSize, index++)
        {
            Decrypt(index, destination.Span.Slice(at, Math.Min(EncryptedBlobFormat.BlockSize, destination.Length - at)));
        }
    }

    async ValueTask<ReadOnlyMemory<byte>> LoadBlockAsync(long index, CancellationToken ct)
    {
        _block ??= ArrayPool<byte>.Shared.Rent(EncryptedBlobFormat.BlockSize);
        var block = _block.AsMemory(0, BlockLength(index));
        if (_indexOfBlock != index)
        {
            _indexOfBlock = -1;
            await ReadBlocksAsync(index * EncryptedBlobFormat.BlockSize, block, ct);
            _indexOfBlock = index;
        }

        return block;
    }

    async ValueTask<ulong> ChecksumAsync(long index, CancellationToken ct)
    {
        var group = index / EncryptedBlobFormat.GroupBlocks;
        await LoadPageAsync(group, ct);
        var tags = (EncryptedBlobFormat.Blocks(group, length) + 1) * DataKeys.TagSize;
        return BinaryPrimitives.ReadUInt64LittleEndian(_page.AsSpan(tags + ((int)(index % EncryptedBlobFormat.GroupBlocks) * sizeof(ulong))));
    }

    async ValueTask LoadPageAsync(long group, CancellationToken ct)
    {
        if (_groupOfPage == group)
        {
            return;
        }

        // The first page that is asked for may be the short one at the end.
        _groupOfPage = -1;
        var blocks = EncryptedBlobFormat.Blocks(group, length);
        var size = EncryptedBlobFormat.PageLength(blocks);
        if (_page is null || _page.Length < size)
        {
            if (_page is not null)
            {
                ArrayPool<byte>.Shared.Return(_page);
            }

            _page = ArrayPool<byte>.Shared.Rent(size);
        }

        await FillAsync(EncryptedBlobFormat.PagePosition(group, length), _page.AsMemory(0, size), ct);
        DecryptChecksums(group, blocks, _page.AsSpan(0, size));
        _groupOfPage = group;
    }

    void DecryptChecksums(long group, int blocks, Span<byte> page)
    {
        Span<byte> nonce = stackalloc byte[DataKeys.NonceSize];
        EncryptedBlobFormat.WritePageNonce(nonce, group);
        var checksums = page[((blocks + 1) * DataKeys.TagSize)..];
        if (!DataKeys.TryDecrypt(aes, nonce, checksums, page.Slice(blocks * DataKeys.TagSize, DataKeys.TagSize), checksums))
        {
            throw Damaged("a page of tags was changed");
        }
    }

    // In place: what does not belong to its tag is wiped, not handed out.
    void Decrypt(long index, Span<byte> block)
    {
        Span<byte> nonce = stackalloc byte[DataKeys.NonceSize];
        EncryptedBlobFormat.WriteBlockNonce(nonce, index);
        var tag = _page.AsSpan((int)(index % EncryptedBlobFormat.GroupBlocks) * DataKeys.TagSize, DataKeys.TagSize);
        if (!DataKeys.TryDecrypt(aes, nonce, block, tag, block))
        {
            throw Damaged($"block {index} was changed");
        }
    }

    async ValueTask FillAsync(long position, Memory<byte> destination, CancellationToken ct)
    {
        if (await inner.ReadAsync(position, destination, ct) != destination.Length)
        {
            throw Damaged("is too short");
        }
    }

    BlobDamagedException Damaged(string what)
    {
        BlobMetrics.Damaged.Add(1);
        return new(id, what);
    }
}
