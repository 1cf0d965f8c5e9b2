using System.Buffers;
using System.Collections.Immutable;

namespace Moss.Storage.Blobs;

/// <summary>A run of bytes of a blob.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="BlobLength">The length of the whole blob in bytes, which opening it needs.</param>
/// <param name="Offset">Where the run begins, in bytes from the blob's start.</param>
/// <param name="Length">The length of the run in bytes, more than 0.</param>
public readonly record struct Extent(BlobId Blob, long BlobLength, long Offset, long Length);

/// <summary>
/// What an object or a part is made of: extents in order. Each extent holds one reference on its blob. An empty manifest is an
/// empty body.
/// </summary>
public sealed class Manifest
{
    /// <summary>An empty body.</summary>
    public static readonly Manifest Empty = new([]);

    readonly ImmutableArray<long> _starts;

    public Manifest(ImmutableArray<Extent> extents)
    {
        Extents = extents;
        var starts = ImmutableArray.CreateBuilder<long>(extents.Length);
        foreach (var extent in extents)
        {
            starts.Add(Length);
            Length += extent.Length;
        }

        _starts = starts.MoveToImmutable();
    }

    /// <summary>The runs in order.</summary>
    public ImmutableArray<Extent> Extents { get; }

    /// <summary>The length of the whole in bytes.</summary>
    public long Length { get; }

    /// <summary>Whether every byte is encrypted at rest; true of an empty body.</summary>
    public bool IsEncrypted => Extents.All(extent => extent.Blob.IsEncrypted);

    /// <summary>A whole blob.</summary>
    public static Manifest Of(BlobId blob, long length) => length == 0 ? Empty : new([new(blob, length, 0, length)]);

    /// <summary>One after the other.</summary>
    public static Manifest Concat(IEnumerable<Manifest> parts) => new([.. parts.SelectMany(part => part.Extents)]);

    /// <summary>The runs that make up a range of the whole.</summary>
    public Manifest Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        if (length == 0)
        {
            return Empty;
        }

        var result = ImmutableArray.CreateBuilder<Extent>();
        for (var i = IndexAt(offset); length > 0; i++)
        {
            var extent = Extents[i];
            var skip = Math.Max(0, offset - _starts[i]);
            var take = Math.Min(extent.Length - skip, length);
            result.Add(extent with { Offset = extent.Offset + skip, Length = take });
            length -= take;
        }

        return new(result.ToImmutable());
    }

    // The extent that holds the byte at this offset.
    int IndexAt(long offset)
    {
        var found = _starts.AsSpan().BinarySearch(offset);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The stored form: a format byte, then for each extent the blob id and three variable-length integers.</summary>
    public byte[] Encode()
    {
        var buffer = new ArrayBufferWriter<byte>(1 + (Extents.Length * 24));
        buffer.Write([FormatVersion]);
        foreach (var extent in Extents)
        {
            extent.Blob.Write(buffer.GetSpan(BlobId.Size));
            buffer.Advance(BlobId.Size);
            WriteVarint(buffer, (ulong)extent.BlobLength);
            WriteVarint(buffer, (ulong)extent.Offset);
            WriteVarint(buffer, (ulong)extent.Length);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a manifest of a known format.</exception>
    public static Manifest Decode(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty || stored[0] != FormatVersion)
        {
            throw new InvalidDataException("Not a manifest of a known format.");
        }

        // An extent takes at least its id and three bytes; most manifests are one extent, for which no spare room is made.
        stored = stored[1..];
        var extents = ImmutableArray.CreateBuilder<Extent>(stored.Length / (BlobId.Size + 3));
        while (!stored.IsEmpty)
        {
            if (stored.Length < BlobId.Size)
            {
                throw new InvalidDataException("A truncated manifest.");
            }

            var blob = BlobId.Read(stored);
            stored = stored[BlobId.Size..];
            extents.Add(new(blob, ReadVarint(ref stored), ReadVarint(ref stored), ReadVarint(ref stored)));
        }

        return extents.Count == 0 ? Empty : new(extents.DrainToImmutable());
    }

    const byte FormatVersion = 1;

    static void WriteVarint(ArrayBufferWriter<byte> buffer, ulong value)
    {
        var span = buffer.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[length++] = (byte)(value | 0x80);
        }

        span[length++] = (byte)value;
        buffer.Advance(length);
    }

    static long ReadVarint(ref ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (source.IsEmpty)
            {
                throw new InvalidDataException("A truncated manifest.");
            }

            var b = source[0];
            source = source[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return (long)value;
            }
        }

        throw new InvalidDataException("A number in a manifest is too long.");
    }
}
