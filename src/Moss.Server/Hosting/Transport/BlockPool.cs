using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// The memory of connections in blocks of 128 KiB: one call fills a block. Pinned once, so that no call pins anew; the block that was used last is used next,
/// while the processor still has it in its cache.
/// </summary>
sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>The length of a block in bytes.</summary>
    public const int BlockLength = 128 * 1024;

    /// <summary>
    /// Blocks kept for the next request, 64 MiB at most. Few, and pinned arrays are made and dropped under load faster than the collector
    /// looks at them: 256 uploads in flight held 930 MiB that way.
    /// </summary>
    const int MaxIdleBlocks = 512;

    readonly ConcurrentStack<Block> _idle = new();
    int _idleCount;

    public override int MaxBufferSize => BlockLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockLength);
        if (_idle.TryPop(out var block))
        {
            Interlocked.Decrement(ref _idleCount);
            block.Take();
            return block;
        }

        return new Block(this);
    }

    protected override void Dispose(bool disposing) => _idle.Clear();

    void Return(Block block)
    {
        if (Interlocked.Increment(ref _idleCount) <= MaxIdleBlocks)
        {
            _idle.Push(block);
        }
        else
        {
            Interlocked.Decrement(ref _idleCount);
        }
    }

    sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        bool _isIdle;

        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockLength, pinned: true), 0, BlockLength);

        public void Take() => Volatile.Write(ref _isIdle, false);

        /// <summary>A second call does nothing: a block in two hands would give one client's bytes to another.</summary>
        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isIdle, true))
            {
                pool.Return(this);
            }
        }
    }
}
