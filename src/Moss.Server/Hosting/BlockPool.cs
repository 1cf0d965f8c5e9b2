using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Moss.Server.Hosting;

/// <summary>
/// Kestrel's memory in blocks of 128 KiB instead of 4 KiB: one receive call fills a block, which roughly doubled the throughput of a single
/// upload in a trial. Pinned once, so that no receive pins anew.
/// </summary>
sealed class BlockPoolFactory : IMemoryPoolFactory<byte>
{
    /// <summary>The length of a block in bytes.</summary>
    public const int BlockLength = 128 * 1024;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new BlockPool();

    sealed class BlockPool : MemoryPool<byte>
    {
        /// <summary>
        /// Blocks kept for the next request, 64 MiB at most. Few, and pinned arrays are made and dropped under load faster than the collector
        /// looks at them: 256 uploads in flight held 930 MiB that way.
        /// </summary>
        const int MaxIdleBlocks = 512;

        readonly ConcurrentQueue<Block> _idle = new();
        int _idleCount;

        public override int MaxBufferSize => BlockLength;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockLength);
            if (_idle.TryDequeue(out var block))
            {
                Interlocked.Decrement(ref _idleCount);
                return block;
            }

            return new Block(this);
        }

        protected override void Dispose(bool disposing) => _idle.Clear();

        void Return(Block block)
        {
            if (Interlocked.Increment(ref _idleCount) <= MaxIdleBlocks)
            {
                _idle.Enqueue(block);
            }
            else
            {
                Interlocked.Decrement(ref _idleCount);
            }
        }

        sealed class Block(BlockPool pool) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } =
                System.Runtime.InteropServices.MemoryMarshal.CreateFromPinnedArray(
                    GC.AllocateUninitializedArray<byte>(BlockLength, pinned: true), 0, BlockLength);

            public void Dispose() => pool.Return(this);
        }
    }
}
