using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Limits;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;

namespace Moss.Storage.Objects;

/// <summary>What a client said about the body it sends; all of it is checked before anything is stored.</summary>
public sealed record BodyExpectation
{
    /// <summary>The length in bytes, or null when the body is chunked.</summary>
    public long? Length { get; init; }

    /// <summary><c>Content-MD5</c>, 16 bytes.</summary>
    public byte[]? Md5 { get; init; }

    /// <summary><c>x-oss-hash-crc64ecma</c>.</summary>
    public ulong? Crc64 { get; init; }
}

/// <summary>
/// The way of a body: receive block, checksums, blob. A small body is kept in memory for the metadata row; any other goes through a blob
/// writer as it comes, holding no more than the pipe's blocks.
/// </summary>
sealed class BodyReceiver(StorageEngine engine)
{
    /// <summary>
    /// Reads the whole body and makes it durable (an inline one becomes so with its row). Throws <see cref="OssException"/> when it
    /// is not what the client said it would be, and leaves nothing behind then.
    /// </summary>
    /// <param name="body">The bytes.</param>
    /// <param name="expected">What was said of them.</param>
    /// <param name="encrypt">Stores them encrypted; the checksums are those of the body as it came.</param>
    /// <param name="ct">Ends the receiving.</param>
    /// <param name="running">Hashes along, when the body is a part of a longer whole.</param>
    /// <param name="mayBeInline">Whether a small body waits in memory for its row; otherwise it gets a file as any other.</param>
    public async ValueTask<ReceivedBody> ReceiveAsync(
        PipeReader body, BodyExpectation expected, bool encrypt, CancellationToken ct, ResumableMd5? running = null, bool mayBeInline = true)
    {
        using var digest = new BodyDigest(running);
        if (expected.Length > OssLimits.MaxPutObjectSize)
        {
            throw new OssException(OssErrors.EntityTooLarge);
        }

        var head = await ReadHeadAsync(body, expected.Length, ct);
        if (mayBeInline && head.Length <= engine.Options.InlineThreshold && head.IsCompleted)
        {
            return await ReceiveInlineAsync(body, head.Buffer, expected, encrypt, digest);
        }

        var id = engine.Ids.NewBlobId(inline: false, encrypt);
        await using var writer = await engine.Blobs.CreateAsync(id, expected.Length, ct, digest);
        await PumpAsync(body, head.Buffer, expected.Length, writer, ct);
        var received = Check(id, digest, expected, inline: null, encrypt);
        await writer.CommitAsync(ct);
        return received;
    }

    // Reads until it is clear whether the body is a small one. Nothing is consumed yet.
    async ValueTask<(ReadOnlySequence<byte> Buffer, long Length, bool IsCompleted)> ReadHeadAsync(
        PipeReader body, long? length, CancellationToken ct)
    {
        var threshold = engine.Options.InlineThreshold;
        if (length == 0)
        {
            return (ReadOnlySequence<byte>.Empty, 0, true);
        }

        var result = await body.ReadAtLeastAsync((int)Math.Min(length ?? threshold + 1, threshold + 1), ct);
        var complete = result.IsCompleted || result.Buffer.Length == length;
        return (result.Buffer, result.Buffer.Length, complete);
    }

    static async ValueTask<ReceivedBody> ReceiveInlineAsync(
        PipeReader body, ReadOnlySequence<byte> buffer, BodyExpectation expected, bool encrypt, BodyDigest digest)
    {
        var bytes = buffer.ToArray();
        if (bytes.Length > 0)
        {
            body.AdvanceTo(buffer.End);
        }

        CheckLength(expected.Length, bytes.Length);
        await digest.AppendAsync(bytes);
        return Check(default, digest, expected, bytes, encrypt);
    }

    // When more is to come, it is received where the writer wants it, if body and writer can do that.
    static async ValueTask PumpAsync(
        PipeReader body,
        ReadOnlySequence<byte> buffer,
        long? expectedLength,
        IBlobWriter writer,
        CancellationToken ct)
    {
        for (var length = buffer.Length; ; length += buffer.Length)
        {
            if (length > OssLimits.MaxPutObjectSize)
            {
                throw new OssException(OssErrors.EntityTooLarge);
            }

            await writer.WriteAsync(buffer, ct);
            body.AdvanceTo(buffer.End);
            if (body is IPlacingReader placing && length < expectedLength)
            {
                placing.Place(await writer.NextRoomAsync(ct));
            }

            var result = await body.ReadAsync(ct);
            buffer = result.Buffer;
            if (buffer.IsEmpty && result.IsCompleted)
            {
                CheckLength(expectedLength, length);
                await writer.CompleteAsync();
                return;
            }
        }
    }

    // Before the digest is complete: the store may make the blob durable meanwhile.
    static void CheckLength(long? promised, long length)
    {
        if (promised is { } wanted && wanted != length)
        {
            throw new OssException(OssErrors.IncompleteBody);
        }
    }

    static ReceivedBody Check(BlobId id, BodyDigest digest, BodyExpectation expected, byte[]? inline, bool encrypt)
    {
        var length = digest.Length;
        var md5 = new byte[BodyDigest.Md5Length];
        digest.Finish(md5, out var crc64);
        if (expected.Md5 is { } sent && !CryptographicOperations.FixedTimeEquals(sent, md5))
        {
            throw new OssException(OssErrors.InvalidDigest, ec: "0017-00000503");
        }

        return expected.Crc64 is { } crc && crc != crc64
            ? throw new OssException(OssErrors.InvalidCRC64)
            : new(id, length, md5, crc64, inline, encrypt);
    }
}

/// <summary>A body that arrived whole and matched what was said of it. Until a row refers to it, it is nobody's.</summary>
sealed class ReceivedBody(BlobId id, long length, byte[] md5, ulong crc64, byte[]? inline, bool encrypt) : IUncommitted
{
    /// <summary>Bytes.</summary>
    public long Length => length;

    public byte[] Md5 => md5;

    public ulong Crc64 => crc64;

    /// <summary>Whether it is stored encrypted.</summary>
    public bool IsEncrypted => encrypt;

    /// <summary>The bytes of a small body as they came, which are stored with the row; null for one that stands in a blob.</summary>
    public byte[]? Inline => inline;

    /// <summary>
    /// Records the body's blob inside the transaction that refers to it, and answers what refers to it. An inline body gets its id here: a fresh
    /// one for each run of the transaction.
    /// </summary>
    public async ValueTask<Manifest> RecordAsync(IMetadataTransaction tx, StorageEngine engine)
    {
        if (length == 0)
        {
            return Manifest.Empty;
        }

        var blob = inline is null ? id : engine.Ids.NewBlobId(inline: true, encrypt);
        await tx.Blobs.AddAsync(new(blob, length, crc64, md5), inline is null ? null : engine.Keys.SealInline(blob, inline));
        return Manifest.Of(blob, length);
    }

    /// <summary>Deletes the blob of a body that no row will refer to.</summary>
    public async ValueTask DiscardAsync(IBlobStore blobs)
    {
        if (inline is null)
        {
            // The request is over; a cancelled token must not leave the blob behind.
            await blobs.DeleteAsync(id, CancellationToken.None);
        }
    }
}
