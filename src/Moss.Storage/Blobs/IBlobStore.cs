using System.Buffers;
using Moss.Protocol.Hashing;

namespace Moss.Storage.Blobs;

/// <summary>
/// Remembers immutable blobs. A blob is written once by one writer, is readable once its writer has committed, and is never
/// changed. The store knows no objects: who refers to a blob is the metadata store's knowledge.
/// </summary>
public interface IBlobStore : IAsyncDisposable
{
    /// <summary>
    /// Begins a blob. Nothing of it is readable, and nothing of it survives a restart, before its writer is told to complete it. One that is not committed
    /// then is removed when the writer is disposed, and after a crash by the sweep: no row refers to it.
    /// </summary>
    /// <param name="id">A fresh id; the caller never uses one twice.</param>
    /// <param name="expectedLength">The length in bytes when it is known, for preallocation; the blob may turn out shorter or longer.</param>
    /// <param name="ct">Ends the beginning.</param>
    /// <param name="digest">Takes in the bytes as they are written; complete after <see cref="IBlobWriter.CompleteAsync"/>, and the writer's until then.</param>
    /// <exception cref="StorageFullException">There is no room.</exception>
    ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null);

    /// <summary>Opens a committed blob.</summary>
    /// <param name="length">The blob's length as the metadata has it; a blob of another length is damaged.</param>
    /// <exception cref="BlobDamagedException">The blob is missing or its length differs.</exception>
    ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct);

    /// <summary>Removes a blob; removing one that is not there is no error. Open readers go on reading it.</summary>
    ValueTask DeleteAsync(BlobId id, CancellationToken ct);

    /// <summary>Every blob there is, committed, about to be, or left over, in no order. Blobs made meanwhile may be missing.</summary>
    IAsyncEnumerable<BlobId> ListAsync(CancellationToken ct);

    /// <summary>
    /// Makes the store ready; called once, before anything else. Binds it to a catalogue: an unused store remembers the identity, a used one
    /// refuses another identity, so that no catalogue ever sweeps another one's blobs. Removes what writers that no longer exist
    /// left uncommitted.
    /// </summary>
    /// <param name="storeId">The identity of the metadata store (<see cref="Metadata.IMetadataStore.InitializeAsync"/>).</param>
    /// <exception cref="InvalidDataException">The store belongs to another catalogue; nothing was changed.</exception>
    ValueTask RecoverAsync(string storeId, CancellationToken ct);
}

/// <summary>
/// Writes one blob, front to back, one call at a time. Disposing without a commit removes every trace, if the device lets it. A blob without a byte is
/// a blob like others, though the service makes none.
/// </summary>
public interface IBlobWriter : IAsyncDisposable
{
    /// <summary>
    /// Where the next bytes may be put, from the start on, so that <see cref="WriteAsync"/> need not copy them: the writer's memory, until its next call. Only for
    /// a caller that has more bytes to write. Empty from a writer to whom it makes no difference.
    /// </summary>
    /// <exception cref="StorageFullException">There is no room; the writer can only be disposed.</exception>
    ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct);

    /// <summary>Appends bytes. The memory is the caller's again when the task completes.</summary>
    /// <exception cref="StorageFullException">There is no room; the writer can only be disposed.</exception>
    ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct);

    /// <summary>
    /// Says that all bytes are written, and waits until the digest has them; then the writer can only commit or be disposed. A commit does it where nobody did.
    /// The store may make the blob durable meanwhile.
    /// </summary>
    ValueTask CompleteAsync();

    /// <summary>
    /// Makes the blob durable (its bytes, its block checksums and its directory entry) and readable, if it is not already. After it returns, no crash
    /// loses the blob. Once begun it is not cancelled. After it the writer can only be disposed, also when it failed.
    /// </summary>
    /// <exception cref="StorageFullException">There is no room; nothing is left.</exception>
    ValueTask CommitAsync(CancellationToken ct);
}

/// <summary>
/// Reads one blob, one call at a time. Every byte handed out was checked against the checksum of its block. Reads that begin and
/// end at multiples of <see cref="BlobFormat.BlockSize"/> are the cheapest.
/// </summary>
public interface IBlobReader : IAsyncDisposable
{
    /// <summary>
    /// Reads at least one byte from <paramref name="offset"/> on, at most <paramref name="destination"/>; fewer than asked only
    /// at the end of the blob, 0 only at its end or into an empty destination. What stands in the destination beyond the
    /// returned count, or after a failure, is unspecified and unchecked.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The offset lies outside of the blob.</exception>
    /// <exception cref="BlobDamagedException">A block does not match its checksum, or cannot be read.</exception>
    ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken ct);

    /// <summary>
    /// The CRC-64/XZ of a range, combined from the checksums of its blocks: only the blocks at its two edges are read.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range lies outside of the blob.</exception>
    /// <exception cref="BlobDamagedException">An edge block or the checksums themselves are damaged.</exception>
    ValueTask<ulong> Crc64Async(long offset, long length, CancellationToken ct);
}
