using System.Buffers.Binary;
using Moss.Storage.Blobs;

namespace Moss.Storage.Encryption;

/// <summary>
/// How an encrypted blob stands in the bytes of a blob store. The data is cut into the same blocks as every blob's, each encrypted with AES-256-GCM under the blob's
/// own key, the block's number being the nonce. Behind every group of blocks stands a page with the tag of each block and, encrypted too, the CRC-64/XZ of each
/// block's plain bytes; behind the last page stands the envelope of the key. So blocks stay where blocks are, a read anywhere decrypts just the blocks it touches, and
/// the checksum of a copied range is put together without reading it.
/// </summary>
/// <remarks>
/// A page of n blocks: n tags (16 bytes each), the tag of the checksums (16), n checksums (8 each). A full page is padded to the size of a block, so that the blocks
/// of the next group are aligned with the store's; the last one is not.
/// </remarks>
static class EncryptedBlobFormat
{
    public const int BlockSize = BlobFormat.BlockSize;

    /// <summary>Blocks in a full group: the most whose page fits into a block, as a power of two.</summary>
    public const int GroupBlocks = 2048;

    /// <summary>Data bytes in a full group, 128 MiB.</summary>
    public const long GroupSize = (long)GroupBlocks * BlockSize;

    /// <summary>What a full page takes with its padding.</summary>
    public const int PageSize = BlockSize;

    /// <summary>The bytes of a page that mean something.</summary>
    public static int PageLength(int blocks) => blocks == 0 ? 0 : (blocks * (DataKeys.TagSize + sizeof(ulong))) + DataKeys.TagSize;

    /// <summary>The last group; a blob without a byte has one without a block.</summary>
    public static long LastGroup(long length) => length == 0 ? 0 : (length - 1) / GroupSize;

    /// <summary>How many blocks a group of a blob has.</summary>
    public static int Blocks(long group, long length) =>
        (int)((Math.Min(GroupSize, length - (group * GroupSize)) + BlockSize - 1) / BlockSize);

    /// <summary>Where the data byte at this offset stands.</summary>
    public static long DataPosition(long offset) => offset + (offset / GroupSize * PageSize);

    /// <summary>Where the page of a group stands.</summary>
    public static long PagePosition(long group, long length) =>
        (group * (GroupSize + PageSize)) + Math.Min(GroupSize, length - (group * GroupSize));

    /// <summary>Where the envelope stands.</summary>
    public static long EnvelopePosition(long length) =>
        PagePosition(LastGroup(length), length) + PageLength(Blocks(LastGroup(length), length));

    /// <summary>The length of the whole in the blob store.</summary>
    public static long StoredLength(long length) => EnvelopePosition(length) + DataKeys.EnvelopeSize;

    /// <summary>The nonce of a block. The key is the blob's own, so a number is enough.</summary>
    public static void WriteBlockNonce(Span<byte> nonce, long block) => WriteNonce(nonce, 0, block);

    /// <summary>The nonce of the checksums of a group's page.</summary>
    public static void WritePageNonce(Span<byte> nonce, long group) => WriteNonce(nonce, 1, group);

    static void WriteNonce(Span<byte> nonce, int kind, long number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(nonce, kind);
        BinaryPrimitives.WriteInt64LittleEndian(nonce[sizeof(int)..], number);
    }
}
