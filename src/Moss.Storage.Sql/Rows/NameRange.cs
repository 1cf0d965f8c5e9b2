using System.Text;

namespace Moss.Storage.Sql.Rows;

/// <summary>The byte strings with a prefix, after a position, as one range: from (inclusive) to (exclusive).</summary>
readonly record struct NameRange(byte[] From, byte[] To)
{
    public static NameRange Of(string prefix, string after = "")
    {
        var first = Encoding.UTF8.GetBytes(prefix);

        // The byte string that follows another one at once is that one and a zero byte.
        var next = after.Length == 0 ? [] : Encoding.UTF8.GetBytes(after + '\0');

        // No UTF-8 text holds the byte FF, so that the prefix and FF is above everything that begins with the prefix.
        return new(first.AsSpan().SequenceCompareTo(next) < 0 ? next : first, [.. first, 0xff]);
    }
}
