using System.Buffers;
using Moss.Storage.Blobs;

namespace Moss.Storage.Conformance.Blobs;

/// <summary>Bytes and ids for tests.</summary>
public static class TestBytes
{
    static readonly IdGenerator Ids = new(TimeProvider.System);

    /// <summary>A fresh id of a blob of a blob store.</summary>
    public static BlobId NewId(bool encrypted = false) => Ids.NewBlobId(inline: false, encrypted);

    /// <summary>Bytes that look random, the same for the same seed.</summary>
    public static byte[] Make(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The same bytes in segments of this length.</summary>
    public static ReadOnlySequence<byte> Split(ReadOnlyMemory<byte> bytes, int length)
    {
        if (bytes.Length <= length)
        {
            return new(bytes);
        }

        var first = new Segment(bytes[..length], 0);
        var last = first;
        for (var at = length; at < bytes.Length; at += length)
        {
            last = last.Append(bytes.Slice(at, Math.Min(length, bytes.Length - at)));
        }

        return new(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        internal Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
