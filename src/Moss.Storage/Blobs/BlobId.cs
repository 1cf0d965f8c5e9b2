using System.Buffers.Binary;
using System.Globalization;

namespace Moss.Storage.Blobs;

/// <summary>
/// The name of a blob: one bit that says whether its bytes are encrypted, 47 bits of creation time (Unix milliseconds), one bit that says where the bytes are,
/// and 79 random bits. Of each kind, ids made later sort later, so that a table of them grows at its ends.
/// </summary>
public readonly record struct BlobId : IComparable<BlobId>
{
    /// <summary>The length of the binary form.</summary>
    public const int Size = 16;

    static readonly UInt128 InlineBit = UInt128.One << 79;

    static readonly UInt128 EncryptedBit = UInt128.One << 127;

    readonly UInt128 _value;

    BlobId(UInt128 value) => _value = value;

    /// <summary>Whether the bytes stand in the metadata store, not in the blob store.</summary>
    public bool IsInline => (_value & InlineBit) != UInt128.Zero;

    /// <summary>Whether the bytes are encrypted, with a key that stands beside them.</summary>
    public bool IsEncrypted => (_value & EncryptedBit) != UInt128.Zero;

    /// <summary>When the id was made, to the millisecond.</summary>
    public DateTimeOffset Created => DateTimeOffset.FromUnixTimeMilliseconds((long)(ulong)((_value & ~EncryptedBit) >> 80));

    /// <summary>Makes an id from its parts; see <see cref="IdGenerator.NewBlobId"/>.</summary>
    public static BlobId Create(DateTimeOffset created, bool inline, UInt128 random, bool encrypted = false) =>
        new((encrypted ? EncryptedBit : 0) | ((UInt128)(ulong)created.ToUnixTimeMilliseconds() << 80) | (inline ? InlineBit : 0) | (random & (InlineBit - 1)));

    /// <summary>Reads the binary form.</summary>
    public static BlobId Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128BigEndian(source));

    /// <summary>Writes the binary form, whose byte order is the order of the ids.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>The binary form.</summary>
    public byte[] ToByteArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>Parses the 32 lower-case hex digits of <see cref="ToString"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out BlobId id)
    {
        var parsed = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && text.Length == 2 * Size && !text.ContainsAnyInRange('A', 'F');
        id = parsed ? new(value) : default;
        return parsed;
    }

    public int CompareTo(BlobId other) => _value.CompareTo(other._value);

    public static bool operator <(BlobId left, BlobId right) => left._value < right._value;

    public static bool operator >(BlobId left, BlobId right) => left._value > right._value;

    public static bool operator <=(BlobId left, BlobId right) => left._value <= right._value;

    public static bool operator >=(BlobId left, BlobId right) => left._value >= right._value;

    /// <summary>32 lower-case hex digits.</summary>
    public override string ToString() => _value.ToString("x32", CultureInfo.InvariantCulture);
}
