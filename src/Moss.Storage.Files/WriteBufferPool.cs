using System.Collections.Concurrent;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>
/// Lends buffers. A writer always gets one, as it can do nothing without; once many are out it is a small one, so that a thousand
/// slow writers fit. A second one, to fill while the first is written, there is only while few are out.
/// </summary>
sealed class WriteBufferPool
{
    internal const int LargeCapacity = 4 * BlobFormat.BlockSize;
    internal const int SmallCapacity = BlobFormat.BlockSize;

    /// <summary>While no more large ones are out, a writer may have more than it needs.</summary>
    internal const int PlentyLarge = MaxLarge / 2;

    // 16 MiB of large ones for the long blobs: all that the 16 lanes of a vector hash at a time. A blob that fits into one gets one while no more than 64 MiB
    // are out: then it is written at once. Of the small ones so many are kept; more may be out.
    const int MaxLarge = 64;
    const int MaxLargeForOne = 256;
    const int MaxKeptSmall = 256;

    readonly ConcurrentBag<WriteBuffer> _large = [];
    readonly ConcurrentBag<WriteBuffer> _small = [];
    int _largeOut;

    /// <summary>Whether writers may keep more than they need.</summary>
    internal bool HasPlenty => Volatile.Read(ref _largeOut) <= PlentyLarge;

    /// <summary>A buffer for the next bytes of a blob, of which so many are expected.</summary>
    internal WriteBuffer Rent(long expected)
    {
        var large = expected switch
        {
            <= SmallCapacity => null,
            <= LargeCapacity => TryRentLarge(MaxLargeForOne),
            _ => TryRentLarge(),
        };
        if (large is not null)
        {
            return large;
        }

        return _small.TryTake(out var small) ? small : new(SmallCapacity);
    }

    /// <summary>A large buffer, or null when so many are out that the caller should wait for its own.</summary>
    internal WriteBuffer? TryRentLarge(int limit = MaxLarge)
    {
        if (Interlocked.Increment(ref _largeOut) > limit)
        {
            Interlocked.Decrement(ref _largeOut);
            return null;
        }

        return _large.TryTake(out var buffer) ? buffer : new(LargeCapacity);
    }

    internal void Return(WriteBuffer buffer)
    {
        if (buffer.Capacity == LargeCapacity)
        {
            _large.Add(buffer);
            Interlocked.Decrement(ref _largeOut);
        }
        else if (_small.Count < MaxKeptSmall)
        {
            _small.Add(buffer);
        }
    }
}
