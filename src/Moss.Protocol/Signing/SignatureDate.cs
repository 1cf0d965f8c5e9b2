using System.Globalization;

namespace Moss.Protocol.Signing;

/// <summary>The dates of signed requests.</summary>
static class SignatureDate
{
    /// <summary>V4's own format, for example <c>20231216T162057Z</c>.</summary>
    public const string IsoBasic = "yyyyMMdd'T'HHmmss'Z'";

    public const string Day = "yyyyMMdd";

    // RFC 9110, 5.6.7: the preferred form first, then the two obsolete ones that a recipient must also accept.
    static readonly string[] Formats =
    [
        IsoBasic,
        "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "ddd, d MMM yyyy HH:mm:ss 'GMT'",
        "dddd, dd-MMM-yy HH:mm:ss 'GMT'",
        "ddd MMM d HH:mm:ss yyyy",
        "ddd MMM dd HH:mm:ss yyyy",
    ];

    public static bool TryParse(string text, out DateTimeOffset date) =>
        DateTimeOffset.TryParseExact(
            text,
            Formats,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowInnerWhite,
            out date);

    public static string ToIsoBasic(DateTimeOffset date) =>
        date.UtcDateTime.ToString(IsoBasic, CultureInfo.InvariantCulture);

    public static string ToRfc1123(DateTimeOffset date) => date.UtcDateTime.ToString("r", CultureInfo.InvariantCulture);

    public static string ToDay(DateTimeOffset date) => date.UtcDateTime.ToString(Day, CultureInfo.InvariantCulture);

    /// <summary>As error answers write it.</summary>
    public static string ToXml(DateTimeOffset date) =>
        date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.'000Z'", CultureInfo.InvariantCulture);

    public static bool IsDay(string text) =>
        text.Length == 8 && DateTime.TryParseExact(text, Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
