using System.Runtime.InteropServices;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>
/// Memory that a writer gathers whole blocks in: aligned, because direct I/O asks for it, and with room for the page that
/// follows a segment, so that it goes out with the data. It can be written by an I/O thread while another one is filled.
/// </summary>
sealed class WriteBuffer
{
    readonly Memory<byte> _memory;
    readonly IoWork _work;
    NewFile? _file;

    internal WriteBuffer(int capacity)
    {
        Capacity = capacity;
        var array = GC.AllocateUninitializedArray<byte>(capacity + (2 * BlobFormat.PageSize), pinned: true);
        var start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (BlobFormat.PageSize - 1));
        _memory = array.AsMemory(start, capacity + BlobFormat.PageSize);
        _work = new(() => _file!.Write(this, mayReserve: true));
    }

    /// <summary>How many data bytes it holds: a multiple of the block size.</summary>
    internal int Capacity { get; }

    /// <summary>The data and a page.</summary>
    internal Span<byte> Bytes => _memory.Span;

    /// <summary>How many of the bytes are to be written.</summary>
    internal int Count { get; set; }

    /// <summary>Where in the file.</summary>
    internal long Position { get; set; }

    /// <summary>Ends when the write that was started last has ended.</summary>
    internal ValueTask Written => _work.Completion;

    /// <summary>Begins to write it to a file; it must not be touched until <see cref="Written"/> completes.</summary>
    internal void StartWriting(NewFile file, IoThreads threads)
    {
        _file = file;
        _work.Start(threads);
    }
}
