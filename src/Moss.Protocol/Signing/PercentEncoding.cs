using System.Buffers;
using System.Text;

namespace Moss.Protocol.Signing;

/// <summary>
/// Percent-encoding as the signatures define it (RFC 3986): <c>A-Z a-z 0-9 - . _ ~</c> stay, every other byte of the
/// UTF-8 becomes <c>%XX</c> in upper case; a blank is <c>%20</c>, never <c>+</c>.
/// </summary>
public static class PercentEncoding
{
    internal const string UnreservedCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    static readonly SearchValues<char> Unreserved = SearchValues.Create(UnreservedCharacters);
    static readonly SearchValues<char> UnreservedAndSlash = SearchValues.Create(UnreservedCharacters + "/");

    /// <summary>Encodes a text; a path keeps its slashes.</summary>
    public static string Encode(string text, bool keepSlash = false)
    {
        if (IsCanonical(text, keepSlash))
        {
            return text;
        }

        using var buffer = new CanonicalBuffer();
        buffer.Encoded(text, keepSlash);
        return Encoding.ASCII.GetString(buffer.Written);
    }

    /// <summary>
    /// Decodes a name or value of a query once. A <c>+</c> is a blank (as form encoding writes it) unless
    /// <paramref name="literalPlus"/> says that it stands for itself. A broken escape stays as it is; bytes that are no UTF-8
    /// become U+FFFD.
    /// </summary>
    public static string DecodeQuery(string raw, bool literalPlus = false)
    {
        if (!raw.AsSpan().ContainsAny('%', '+'))
        {
            return raw;
        }

        using var buffer = new CanonicalBuffer();
        buffer.Decoded(raw, literalPlus);
        return Encoding.UTF8.GetString(buffer.Written);
    }

    /// <summary>Whether a piece of a wire query is already in the canonical encoding.</summary>
    internal static bool IsCanonicalWire(string raw)
    {
        if (IsCanonical(raw))
        {
            return true;
        }

        using var buffer = new CanonicalBuffer();
        buffer.Recoded(raw, literalPlus: false);
        return Ascii.Equals(buffer.Written, raw);
    }

    /// <summary>Whether encoding would change nothing.</summary>
    internal static bool IsCanonical(ReadOnlySpan<char> text, bool keepSlash = false) =>
        !text.ContainsAnyExcept(keepSlash ? UnreservedAndSlash : Unreserved);
}
