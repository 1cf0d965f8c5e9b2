using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Moss.Protocol.Hashing;

/// <summary>MD5's arithmetic on the words of several bodies side by side.</summary>
/// <typeparam name="TWord">One 32-bit word of each body.</typeparam>
interface IMd5Lanes<TWord>
{
    static abstract TWord Add(TWord left, TWord right);

    /// <summary>A step of the first round: b + ((a + F(b, c, d) + word + constant) rotated left).</summary>
    static abstract TWord F(
        TWord a, TWord b, TWord c, TWord d, TWord word, uint constant, [ConstantExpected] byte rotation);

    static abstract TWord G(
        TWord a, TWord b, TWord c, TWord d, TWord word, uint constant, [ConstantExpected] byte rotation);

    static abstract TWord H(
        TWord a, TWord b, TWord c, TWord d, TWord word, uint constant, [ConstantExpected] byte rotation);

    static abstract TWord I(
        TWord a, TWord b, TWord c, TWord d, TWord word, uint constant, [ConstantExpected] byte rotation);
}

/// <summary>As <see cref="IMd5Lanes{TWord}"/>, for a vector that holds more than one body.</summary>
interface IMd5Vector<TWord> : IMd5Lanes<TWord>
{
    static abstract bool IsSupported { get; }

    /// <summary>Puts the sixteen words of each body's block at <paramref name="offset"/> side by side, word by word.</summary>
    static abstract void Load(ref Md5Sources sources, nuint offset, ref TWord words);
}

/// <summary>Where the next blocks of up to sixteen bodies begin.</summary>
ref struct Md5Sources
{
    internal ref byte Lane0;
    internal ref byte Lane1;
    internal ref byte Lane2;
    internal ref byte Lane3;
    internal ref byte Lane4;
    internal ref byte Lane5;
    internal ref byte Lane6;
    internal ref byte Lane7;
    internal ref byte Lane8;
    internal ref byte Lane9;
    internal ref byte Lane10;
    internal ref byte Lane11;
    internal ref byte Lane12;
    internal ref byte Lane13;
    internal ref byte Lane14;
    internal ref byte Lane15;
}

/// <summary>The sixteen words of a block, of every lane.</summary>
[InlineArray(16)]
struct Md5Words<TWord>
{
    TWord _first;
}
