namespace Moss.Protocol.Names;

/// <summary>
/// The order of the wire: by UTF-8 bytes, which is the order of code points. UTF-16's ordinal order differs from it above
/// U+FFFF, because surrogates (D800 to DFFF) sort below U+E000.
/// </summary>
public static class Utf8Order
{
    /// <summary>Compares two texts as their UTF-8 bytes compare.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Rank(left[common]).CompareTo(Rank(right[common]));
    }

    // Moves the surrogates above the rest of the plane, keeping every other order.
    static int Rank(char c) => c switch
    {
        < '\ud800' => c,
        < '\ue000' => c + 0x2000,
        _ => c - 0x800,
    };
}
