using System.Buffers.Binary;
using Moss.Protocol.Hashing;

namespace Moss.Storage.Blobs;

/// <summary>
/// How a blob stands on a device that does not check its bytes itself. The data is cut into blocks of 64 KiB and segments of
/// 256 blocks; after each segment stands one page of 4 KiB with the CRC-64/XZ of each of its blocks. The last segment may be
/// short; its page follows at the next multiple of 4 KiB. So every page, and every write of whole pages, is aligned for direct
/// I/O, and a reader of any size of blob needs one page in memory.
/// </summary>
/// <remarks>
/// A page (little-endian): magic (8 bytes), blob id (16), segment index (8), data bytes in the segment (8), length of the blob in
/// the last page and -1 in the others (8), zeros up to 64, 256 checksums (8 each), zeros up to the CRC-64/XZ of all before (8).
/// The page ties its checksums to this blob and this place: the bytes of another blob, another segment or another block never
/// match it, and neither does a page of a file that was cut or extended.
/// </remarks>
public static class BlobFormat
{
    /// <summary>The unit of verification in bytes; reads of whole blocks are the cheapest.</summary>
    public const int BlockSize = 64 * 1024;

    /// <summary>Blocks in a full segment.</summary>
    public const int SegmentBlocks = 256;

    /// <summary>Data bytes in a full segment.</summary>
    public const int SegmentSize = SegmentBlocks * BlockSize;

    /// <summary>The size of a checksum page, and the alignment of everything, in bytes.</summary>
    public const int PageSize = 4096;

    const ulong Magic = 0x314B4C425353_4F4D; // "MOSSBLK1"
    const int IdOffset = 8;
    const int SegmentOffset = 24;
    const int DataLengthOffset = 32;
    const int BlobLengthOffset = 40;
    const int ChecksumsOffset = 64;
    const int PageCrcOffset = PageSize - sizeof(ulong);

    /// <summary>How many segments, and so pages, a blob has: at least one.</summary>
    public static long SegmentCount(long length) => length == 0 ? 1 : ((length - 1) / SegmentSize) + 1;

    /// <summary>Where the data byte at <paramref name="offset"/> stands.</summary>
    public static long DataPosition(long offset) => offset + (offset / SegmentSize * PageSize);

    /// <summary>Where the page of a segment stands.</summary>
    public static long PagePosition(long segment, long length) =>
        (segment * (SegmentSize + PageSize)) + AlignToPage(DataLength(segment, length));

    /// <summary>The size of the whole in bytes: of the data and all pages.</summary>
    public static long StoredLength(long length) => PagePosition(SegmentCount(length) - 1, length) + PageSize;

    /// <summary>How many data bytes a segment of a blob has.</summary>
    public static int DataLength(long segment, long length) => (int)Math.Min(SegmentSize, length - (segment * SegmentSize));

    /// <summary>The next multiple of <see cref="PageSize"/>.</summary>
    public static int AlignToPage(int value) => (value + PageSize - 1) & -PageSize;

    /// <summary>Writes the page of a segment.</summary>
    /// <param name="length">The length of the blob when this is its last segment, else -1.</param>
    public static void WritePage(
        Span<byte> page, BlobId id, long segment, int dataLength, long length, ReadOnlySpan<ulong> checksums)
    {
        page = page[..PageSize];
        page.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, Magic);
        id.Write(page[IdOffset..]);
        BinaryPrimitives.WriteInt64LittleEndian(page[SegmentOffset..], segment);
        BinaryPrimitives.WriteInt64LittleEndian(page[DataLengthOffset..], dataLength);
        BinaryPrimitives.WriteInt64LittleEndian(page[BlobLengthOffset..], length);
        for (var i = 0; i < checksums.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page[(ChecksumsOffset + (i * sizeof(ulong)))..], checksums[i]);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(page[PageCrcOffset..], Crc64.Compute(page[..PageCrcOffset]));
    }

    /// <summary>Whether this is, undamaged, the page of this segment of a blob of this id and length.</summary>
    public static bool IsPageOf(ReadOnlySpan<byte> page, BlobId id, long segment, long length) =>
        page.Length == PageSize
        && BinaryPrimitives.ReadUInt64LittleEndian(page[PageCrcOffset..]) == Crc64.Compute(page[..PageCrcOffset])
        && BinaryPrimitives.ReadUInt64LittleEndian(page) == Magic
        && BlobId.Read(page.Slice(IdOffset, BlobId.Size)) == id
        && BinaryPrimitives.ReadInt64LittleEndian(page[SegmentOffset..]) == segment
        && BinaryPrimitives.ReadInt64LittleEndian(page[DataLengthOffset..]) == DataLength(segment, length)
        && BinaryPrimitives.ReadInt64LittleEndian(page[BlobLengthOffset..])
            == (segment == SegmentCount(length) - 1 ? length : -1);

    /// <summary>The checksum of a block of the segment that a page belongs to.</summary>
    public static ulong Checksum(ReadOnlySpan<byte> page, int block) =>
        BinaryPrimitives.ReadUInt64LittleEndian(page[(ChecksumsOffset + (block * sizeof(ulong)))..]);
}
