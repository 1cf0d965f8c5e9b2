using System.Buffers;
using System.Globalization;
using System.Text;

namespace Moss.Server.Pipeline;

/// <summary>Header values are bytes, one character each (Latin-1). Nothing that could end a header line may get into one.</summary>
static class HeaderText
{
    static readonly SearchValues<char> Controls = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u000a\u000b\u000c\u000d\u000e\u000f\u0010\u0011\u0012\u0013"
        + "\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f");

    /// <summary>Whether a value can go out in a header: no control character but the tab, nothing beyond Latin-1.</summary>
    public static bool IsSafe(string value) => !value.AsSpan().ContainsAny(Controls) && !value.AsSpan().ContainsAnyExceptInRange('\0', 'ÿ');

    /// <summary>A text as the bytes of its UTF-8, one character each.</summary>
    public static string FromUtf8(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>A text made fit for a header: its UTF-8, control characters replaced.</summary>
    public static string Safe(string text)
    {
        var latin = FromUtf8(text);
        return !latin.AsSpan().ContainsAny(Controls) ? latin : string.Create(latin.Length, latin, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = Controls.Contains(source[i]) ? '_' : source[i];
            }
        });
    }

    /// <summary>A time as headers carry it (RFC 1123).</summary>
    public static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Reads a time as headers carry it; null for anything else, which the service ignores.</summary>
    public static DateTimeOffset? ParseDate(string? text) =>
        DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    static readonly string[] Formats =
        ["r", "ddd, d MMM yyyy HH:mm:ss 'GMT'", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];
}
