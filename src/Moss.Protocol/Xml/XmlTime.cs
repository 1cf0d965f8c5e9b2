using System.Globalization;

namespace Moss.Protocol.Xml;

/// <summary>Times inside XML: ISO 8601 in UTC, to the second, with <c>.000</c> milliseconds (recorded answers).</summary>
public static class XmlTime
{
    /// <summary>For example <c>2015-12-12T00:36:26.000Z</c>.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.000Z'", CultureInfo.InvariantCulture);

    /// <summary>Parses a time with or without a fraction of a second.</summary>
    public static bool TryParse(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text,
        Formats,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out time);

    static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
}
