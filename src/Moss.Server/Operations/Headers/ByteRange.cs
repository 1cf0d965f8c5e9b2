using System.Globalization;
using Moss.Protocol.Errors;

namespace Moss.Server.Operations.Headers;

/// <summary>The part of an object that a download gets.</summary>
/// <param name="Offset">Bytes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsPartial">Whether the answer is 206 with <c>Content-Range</c>.</param>
readonly record struct ByteRange(long Offset, long Length, bool IsPartial)
{
    /// <summary>
    /// Resolves a Range header against a size. By default a range that is not wholly inside the object gives all of it; with
    /// <c>x-oss-range-behavior: standard</c> its end is clamped and a start behind the end is refused, as RFC 9110 has it. Only one range counts;
    /// several, and anything malformed, give the whole object.
    /// </summary>
    /// <exception cref="OssException"><c>InvalidRange</c>.</exception>
    public static ByteRange Resolve(string? header, long size, bool standard)
    {
        var whole = new ByteRange(0, size, IsPartial: false);
        if (header is null || Parse(header) is not var (first, last))
        {
            return whole;
        }

        if (first is null)
        {
            return Suffix(last!.Value, size, standard);
        }

        if (last < first)
        {
            return standard ? throw Unsatisfiable() : whole;
        }

        if (first >= size)
        {
            return standard ? throw Unsatisfiable() : whole;
        }

        return (last ?? size - 1) < size ? Partial(first.Value, last ?? size - 1)
            : standard ? Partial(first.Value, size - 1)
            : whole;
    }

    /// <summary>
    /// Parses <c>bytes=first-last</c>, where one of the two may be missing; null for anything else. Numbers too large for the type count as the
    /// largest.
    /// </summary>
    public static (long? First, long? Last)? Parse(string header)
    {
        const string unit = "bytes=";
        if (!header.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var range = header.AsSpan(unit.Length).Trim();
        var dash = range.IndexOf('-');
        if (dash < 0 || !TryNumber(range[..dash].Trim(), out var first) || !TryNumber(range[(dash + 1)..].Trim(), out var last)
            || (first is null && last is null))
        {
            return null;
        }

        return (first, last);
    }

    static ByteRange Suffix(long length, long size, bool standard) =>
        length == 0 ? throw Unsatisfiable()
        : length <= size ? Partial(size - length, size - 1)
        : !standard ? new(0, size, IsPartial: false)
        : size > 0 ? Partial(0, size - 1)
        : throw Unsatisfiable();

    static ByteRange Partial(long first, long last) => new(first, last - first + 1, IsPartial: true);

    static bool TryNumber(ReadOnlySpan<char> text, out long? value)
    {
        value = null;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        value = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
        return true;
    }

    static OssException Unsatisfiable() => new(OssErrors.InvalidRange);
}
