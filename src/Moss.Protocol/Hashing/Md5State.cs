using System.Buffers.Binary;

namespace Moss.Protocol.Hashing;

/// <summary>The four words MD5 carries from block to block (RFC 1321, section 3.3).</summary>
readonly record struct Md5State(uint A, uint B, uint C, uint D)
{
    internal const int Length = 16;
    internal const int BlockLength = 64;

    internal static readonly Md5State Initial = new(0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476);

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, A);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], B);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], C);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], D);
    }

    internal static Md5State Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(source),
        BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[12..]));
}
