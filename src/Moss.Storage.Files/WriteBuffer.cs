using System.Runtime.InteropServices;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>
/// Memory that a writer gathers whole blocks in: aligned, because direct I/O asks for it, and with room for the page that
/// follows a segment, so that it goes out with the data.
/// </summary>
sealed class WriteBuffer
{
    readonly Memory<byte> _memory;
    bool _isHashed = true;

    internal WriteBuffer(int capacity)
    {
        Capacity = capacity;
        var array = GC.AllocateUninitializedArray<byte>(capacity + (2 * BlobFormat.PageSize), pinned: true);
        var start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (BlobFormat.PageSize - 1));
        _memory = array.AsMemory(start, capacity + BlobFormat.PageSize);
    }

    /// <summary>How many data bytes it holds: a multiple of the block size.</summary>
    internal int Capacity { get; }

    /// <summary>Where data bytes go.</summary>
    internal Memory<byte> Room => _memory[..Capacity];

    /// <summary>The data and a page.</summary>
    internal Span<byte> Bytes => _memory.Span;

    /// <summary>The data bytes once it is full, or holds the last ones.</summary>
    internal ReadOnlyMemory<byte> Data { get; private set; }

    /// <summary>The CRC-64/XZ of <see cref="Data"/>.</summary>
    internal ulong DataCrc64 { get; private set; }

    /// <summary>Whether no digest needs the bytes any more.</summary>
    internal bool IsHashed
    {
        get => Volatile.Read(ref _isHashed);
        set => Volatile.Write(ref _isHashed, value);
    }

    /// <summary>Where in the file the sealed bytes go.</summary>
    internal long Position { get; set; }

    /// <summary>How many bytes are sealed.</summary>
    internal int Count { get; set; }

    /// <summary>The bytes to be written.</summary>
    internal ReadOnlyMemory<byte> Sealed => _memory[..Count];

    /// <summary>Says how many data bytes there are, and gives the checksum of each of their blocks.</summary>
    internal void SetData(int count, Span<ulong> checksums)
    {
        Data = _memory[..count];
        var crc = default(Crc64);
        for (var at = 0; at < count; at += BlobFormat.BlockSize)
        {
            var block = Data.Span[at..Math.Min(at + BlobFormat.BlockSize, count)];
            var checksum = Crc64.Compute(block);
            checksums[at / BlobFormat.BlockSize] = checksum;
            crc.Append(checksum, block.Length);
        }

        DataCrc64 = crc.Value;
    }
}
