using System.Buffers;

namespace Moss.Protocol.Signing;

/// <summary>
/// The order in which a JavaScript client sorts query names: the root collation of Unicode over ASCII. Punctuation comes
/// before digits, digits before letters, and case decides only between names that are otherwise equal.
/// </summary>
sealed class LocaleQuery : IComparer<string>
{
    /// <summary>The ASCII characters by their primary weight in the root collation; a letter weighs the same in both cases.</summary>
    const string Weights = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

    public static readonly LocaleQuery Order = new();

    /// <summary>Names of these characters alone sort alike in both orders.</summary>
    public static readonly SearchValues<char> SafeCharacters = SearchValues.Create("-0123456789abcdefghijklmnopqrstuvwxyz");

    public int Compare(string? x, string? y)
    {
        var a = x.AsSpan();
        var b = y.AsSpan();
        var common = Math.Min(a.Length, b.Length);
        for (var i = 0; i < common; i++)
        {
            var difference = Weight(a[i]) - Weight(b[i]);
            if (difference != 0)
            {
                return difference;
            }
        }

        if (a.Length != b.Length)
        {
            return a.Length - b.Length;
        }

        for (var i = 0; i < common; i++)
        {
            if (a[i] != b[i])
            {
                return char.IsAsciiLetterLower(a[i]) ? -1 : 1;
            }
        }

        return 0;
    }

    static int Weight(char c)
    {
        var index = Weights.IndexOf(char.ToLowerInvariant(c), StringComparison.Ordinal);
        return index >= 0 ? index : Weights.Length + c;
    }
}
