using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Encryption;

/// <summary>
/// Encrypts a blob block by block on its way to the writer below, which never sees the bytes that the digest is of. Holds one block in each form and one page,
/// whatever the length.
/// </summary>
sealed class EncryptingBlobWriter(IBlobWriter inner, AesGcm aes, byte[] envelope, BodyDigest? digest) : IBlobWriter
{
    readonly ulong[] _checksums = ArrayPool<ulong>.Shared.Rent(EncryptedBlobFormat.GroupBlocks);
    readonly byte[] _page = ArrayPool<byte>.Shared.Rent(EncryptedBlobFormat.PageSize);
    readonly byte[] _plain = ArrayPool<byte>.Shared.Rent(EncryptedBlobFormat.BlockSize);
    readonly byte[] _cipher = ArrayPool<byte>.Shared.Rent(EncryptedBlobFormat.BlockSize);
    int _filled;
    int _blocksInGroup;
    long _group;
    bool _isComplete;
    bool _isCommitted;
    bool _isDisposed;

    // What is put into the memory below is not what was received.
    public ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct) => new(Memory<byte>.Empty);

    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct)
    {
        CheckOpen();
        ObjectDisposedException.ThrowIf(_isComplete, this);
        ct.ThrowIfCancellationRequested();

        // Both only read the bytes: while other bodies are hashed beside this one, its blocks are encrypted.
        var hashed = digest?.AppendAsync(data) ?? ValueTask.CompletedTask;
        try
        {
            await EncryptAsync(data, ct);
        }
        finally
        {
            await hashed;
        }
    }

    public ValueTask CompleteAsync()
    {
        CheckOpen();
        _isComplete = true;
        return ValueTask.CompletedTask;
    }

    public async ValueTask CommitAsync(CancellationToken ct)
    {
        CheckOpen();
        _isCommitted = true;
        if (_filled > 0)
        {
            var last = _plain.AsMemory(0, _filled);
            _filled = 0;
            await WriteBlockAsync(last, ct);
        }

        if (_blocksInGroup > 0)
        {
            await inner.WriteAsync(new(_page.AsMemory(0, SealPage())), ct);
        }

        await inner.WriteAsync(new(envelope), ct);
        await inner.CommitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            aes.Dispose();
            ArrayPool<byte>.Shared.Return(_page);
            ArrayPool<byte>.Shared.Return(_cipher);
            ArrayPool<ulong>.Shared.Return(_checksums);

            // Other requests' memory is below the same roof, but plain bytes of an encrypted object need not lie about.
            ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
        }

        await inner.DisposeAsync();
    }

    void CheckOpen()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isCommitted)
        {
            throw new InvalidOperationException("The blob is committed.");
        }
    }

    async ValueTask EncryptAsync(ReadOnlySequence<byte> data, CancellationToken ct)
    {
        foreach (var segment in data)
        {
            for (var rest = segment; !rest.IsEmpty;)
            {
                if (_filled == 0 && rest.Length >= EncryptedBlobFormat.BlockSize)
                {
                    await WriteBlockAsync(rest[..EncryptedBlobFormat.BlockSize], ct);
                    rest = rest[EncryptedBlobFormat.BlockSize..];
                    continue;
                }

                var take = Math.Min(rest.Length, EncryptedBlobFormat.BlockSize - _filled);
                rest.Span[..take].CopyTo(_plain.AsSpan(_filled));
                _filled += take;
                rest = rest[take..];
                if (_filled == EncryptedBlobFormat.BlockSize)
                {
                    _filled = 0;
                    await WriteBlockAsync(_plain.AsMemory(0, EncryptedBlobFormat.BlockSize), ct);
                }
            }
        }
    }

    async ValueTask WriteBlockAsync(ReadOnlyMemory<byte> plain, CancellationToken ct)
    {
        // A full group gets its page only when another block follows: the last page is not padded.
        if (_blocksInGroup == EncryptedBlobFormat.GroupBlocks)
        {
            _page.AsSpan(SealPage(), EncryptedBlobFormat.PageSize - EncryptedBlobFormat.PageLength(EncryptedBlobFormat.GroupBlocks)).Clear();
            await inner.WriteAsync(new(_page.AsMemory(0, EncryptedBlobFormat.PageSize)), ct);
            _blocksInGroup = 0;
            _group++;
        }

        Encrypt(plain.Span);
        await inner.WriteAsync(new(_cipher.AsMemory(0, plain.Length)), ct);
    }

    void Encrypt(ReadOnlySpan<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[DataKeys.NonceSize];
        EncryptedBlobFormat.WriteBlockNonce(nonce, (_group * EncryptedBlobFormat.GroupBlocks) + _blocksInGroup);
        aes.Encrypt(nonce, plain, _cipher.AsSpan(0, plain.Length), _page.AsSpan(_blocksInGroup * DataKeys.TagSize, DataKeys.TagSize));
        _checksums[_blocksInGroup++] = Crc64.Compute(plain);
    }

    // Answers the length of the page.
    int SealPage()
    {
        var tags = _blocksInGroup * DataKeys.TagSize;
        var checksums = _page.AsSpan(tags + DataKeys.TagSize, _blocksInGroup * sizeof(ulong));
        for (var i = 0; i < _blocksInGroup; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(checksums[(i * sizeof(ulong))..], _checksums[i]);
        }

        Span<byte> nonce = stackalloc byte[DataKeys.NonceSize];
        EncryptedBlobFormat.WritePageNonce(nonce, _group);
        aes.Encrypt(nonce, checksums, checksums, _page.AsSpan(tags, DataKeys.TagSize));
        return EncryptedBlobFormat.PageLength(_blocksInGroup);
    }
}
