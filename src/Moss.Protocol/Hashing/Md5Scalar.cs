using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Moss.Protocol.Hashing;

/// <summary>
/// One body alone. As fast as the platform's MD5 (bench/Moss.Benchmarks, Md5LanesBenchmarks), whose state cannot move into a lane and back;
/// this one's can, between any two blocks.
/// </summary>
readonly struct Md5Scalar : IMd5Lanes<uint>
{
    /// <summary>Takes whole blocks of 64 bytes into the state.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Update(ref Md5State state, ReadOnlySpan<byte> blocks)
    {
        var (a, b, c, d) = (state.A, state.B, state.C, state.D);
        if (BitConverter.IsLittleEndian)
        {
            for (var words = MemoryMarshal.Cast<byte, uint>(blocks); words.Length >= 16; words = words[16..])
            {
                Md5Rounds<uint, Md5Scalar>.Block(ref a, ref b, ref c, ref d, in words[0]);
            }
        }
        else
        {
            Md5Words<uint> words = default;
            for (; blocks.Length >= Md5State.BlockLength; blocks = blocks[Md5State.BlockLength..])
            {
                Span<uint> swapped = words;
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(blocks)[..16], swapped);
                Md5Rounds<uint, Md5Scalar>.Block(ref a, ref b, ref c, ref d, in swapped[0]);
            }
        }

        state = new Md5State(a, b, c, d);
    }

    public static uint Add(uint left, uint right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint F(uint a, uint b, uint c, uint d, uint word, uint constant, [ConstantExpected] byte rotation) =>
        b + BitOperations.RotateLeft(a + word + constant + (((c ^ d) & b) ^ d), rotation);

    // The two halves of G share no bit, so they may be added one after the other: b, which comes last, has less to wait for.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint G(uint a, uint b, uint c, uint d, uint word, uint constant, [ConstantExpected] byte rotation) =>
        b + BitOperations.RotateLeft(a + word + constant + (c & ~d) + (b & d), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint H(uint a, uint b, uint c, uint d, uint word, uint constant, [ConstantExpected] byte rotation) =>
        b + BitOperations.RotateLeft(a + word + constant + (c ^ d ^ b), rotation);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint I(uint a, uint b, uint c, uint d, uint word, uint constant, [ConstantExpected] byte rotation) =>
        b + BitOperations.RotateLeft(a + word + constant + (c ^ (b | ~d)), rotation);
}
