using System.Runtime.InteropServices;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>
/// Memory that a writer gathers whole blocks in: aligned, because direct I/O asks for it, and with room for the page that
/// follows a segment, so that it goes out with the data.
/// </summary>
sealed class WriteBuffer
{
    readonly Memory<byte> _memory;

    internal WriteBuffer(int capacity)
    {
        Capacity = capacity;
        var array = GC.AllocateUninitializedArray<byte>(capacity + (2 * BlobFormat.PageSize), pinned: true);
        var start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (BlobFormat.PageSize - 1));
        _memory = array.AsMemory(start, capacity + BlobFormat.PageSize);
    }

    /// <summary>How many data bytes it holds: a multiple of the block size.</summary>
    internal int Capacity { get; }

    /// <summary>The data and a page.</summary>
    internal Span<byte> Bytes => _memory.Span;

    /// <summary>Where in the file the sealed bytes go.</summary>
    internal long Position { get; set; }

    /// <summary>How many bytes are sealed.</summary>
    internal int Count { get; set; }

    /// <summary>The bytes to be written.</summary>
    internal ReadOnlyMemory<byte> Sealed => _memory[..Count];
}
