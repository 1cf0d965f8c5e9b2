using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Moss.Protocol.Hashing;

/// <summary>MD5 over as many bodies as a vector has lanes.</summary>
static class Md5Kernel<TWord, TVector>
    where TWord : struct
    where TVector : struct, IMd5Vector<TWord>
{
    /// <summary>
    /// Takes <paramref name="blocks"/> blocks of 64 bytes of every lane into <paramref name="states"/>, which holds the A of
    /// every lane, then the B, the C and the D. Every source must have that many bytes behind it.
    /// </summary>
    /// <remarks>
    /// Compiled once and fully: tiered compilation would run the first thousands of blocks unoptimised, and would inline
    /// this into its callers, where the rounds no longer fit the inliner's budget (a quarter of the speed was left).
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Update(scoped Span<uint> states, scoped ref Md5Sources sources, int blocks)
    {
        var vectors = MemoryMarshal.Cast<uint, TWord>(states);
        Md5Words<TWord> words = default;
        ref var word = ref words[0];
        var (a, b, c, d) = (vectors[0], vectors[1], vectors[2], vectors[3]);
        var end = (nuint)blocks * Md5State.BlockLength;
        for (nuint offset = 0; offset < end; offset += Md5State.BlockLength)
        {
            TVector.Load(ref sources, offset, ref word);
            Md5Rounds<TWord, TVector>.Block(ref a, ref b, ref c, ref d, in word);
        }

        (vectors[0], vectors[1], vectors[2], vectors[3]) = (a, b, c, d);
    }
}
