using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Moss.Protocol.Hashing;

/// <summary>
/// MD5 (RFC 1321) whose state can be put away and taken up again: the MD5 over all parts of a sequential upload goes on from part to part,
/// across requests and restarts. The platform's MD5 cannot do that; where no state is kept, use <see cref="BodyDigest"/>.
/// </summary>
public sealed class ResumableMd5
{
    /// <summary>The length of a saved state in bytes: four words, the length so far, and up to one open block.</summary>
    public const int StateLength = 16 + 8 + BlockLength;

    const int BlockLength = 64;

    // RFC 1321, 3.4: floor(2^32 * abs(sin(i + 1))).
    static readonly uint[] Sines = [.. Enumerable.Range(1, 64).Select(i => (uint)(long)(4294967296.0 * Math.Abs(Math.Sin(i))))];

    static readonly int[] Rotations = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

    readonly byte[] _open = new byte[BlockLength];
    uint _a = 0x67452301, _b = 0xefcdab89, _c = 0x98badcfe, _d = 0x10325476;
    long _length;

    /// <summary>Bytes so far.</summary>
    public long Length => _length;

    /// <summary>Takes up a saved state.</summary>
    /// <exception cref="ArgumentException">It is not <see cref="StateLength"/> bytes long.</exception>
    public static ResumableMd5 Resume(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength)
        {
            throw new ArgumentException("Not a saved MD5 state.", nameof(state));
        }

        var md5 = new ResumableMd5
        {
            _a = BinaryPrimitives.ReadUInt32LittleEndian(state),
            _b = BinaryPrimitives.ReadUInt32LittleEndian(state[4..]),
            _c = BinaryPrimitives.ReadUInt32LittleEndian(state[8..]),
            _d = BinaryPrimitives.ReadUInt32LittleEndian(state[12..]),
            _length = BinaryPrimitives.ReadInt64LittleEndian(state[16..]),
        };
        state[24..].CopyTo(md5._open);
        return md5;
    }

    /// <summary>The state as it is now.</summary>
    public byte[] Save()
    {
        var state = new byte[StateLength];
        WriteWords(state);
        BinaryPrimitives.WriteInt64LittleEndian(state.AsSpan(16), _length);
        _open.AsSpan(0, (int)(_length % BlockLength)).CopyTo(state.AsSpan(24));
        return state;
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        var filled = (int)(_length % BlockLength);
        _length += data.Length;
        if (filled > 0)
        {
            var take = Math.Min(BlockLength - filled, data.Length);
            data[..take].CopyTo(_open.AsSpan(filled));
            data = data[take..];
            if (filled + take < BlockLength)
            {
                return;
            }

            Transform(_open);
        }

        for (; data.Length >= BlockLength; data = data[BlockLength..])
        {
            Transform(data[..BlockLength]);
        }

        data.CopyTo(_open);
    }

    /// <summary>The MD5 of everything so far. The state stays as it is.</summary>
    public byte[] Digest()
    {
        var end = Resume(Save());
        var bits = _length * 8;
        Span<byte> padding = stackalloc byte[BlockLength + 8];
        padding.Clear();
        padding[0] = 0x80;
        var zeros = (int)((BlockLength + 55 - (_length % BlockLength)) % BlockLength);
        BinaryPrimitives.WriteInt64LittleEndian(padding[(1 + zeros)..], bits);
        end.Append(padding[..(1 + zeros + 8)]);
        var digest = new byte[16];
        end.WriteWords(digest);
        return digest;
    }

    void WriteWords(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, _a);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], _b);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], _c);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], _d);
    }

    void Transform(ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[16];
        MemoryMarshal.Cast<byte, uint>(block).CopyTo(words);
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        var (a, b, c, d) = (_a, _b, _c, _d);
        for (var i = 0; i < 64; i++)
        {
            var (mixed, word) = (i / 16) switch
            {
                0 => ((b & c) | (~b & d), i),
                1 => ((d & b) | (~d & c), ((5 * i) + 1) % 16),
                2 => (b ^ c ^ d, ((3 * i) + 5) % 16),
                _ => (c ^ (b | ~d), 7 * i % 16),
            };
            var rotated = BitOperations.RotateLeft(a + mixed + Sines[i] + words[word], Rotations[(i / 16 * 4) + (i % 4)]);
            (a, d, c, b) = (d, c, b, b + rotated);
        }

        _a += a;
        _b += b;
        _c += c;
        _d += d;
    }
}
