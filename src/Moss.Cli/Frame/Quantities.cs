using System.Globalization;

namespace Moss.Cli.Frame;

/// <summary>Sizes, durations and times as people write and read them.</summary>
static class Quantities
{
    /// <summary>The last second of the year 9999, the last one there is.</summary>
    const long MaxUnixSeconds = 253_402_300_799;

    static readonly string[] Moments = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss"];

    static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Bytes: <c>1048576</c>, <c>1M</c>, <c>1Mi</c>, <c>1MiB</c>, <c>1MB</c>. Every unit counts in 1,024, as in ossutil.</summary>
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var factor = text[digits..].ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KI" or "KB" or "KIB" => 10,
            "M" or "MI" or "MB" or "MIB" => 20,
            "G" or "GI" or "GB" or "GIB" => 30,
            "T" or "TI" or "TB" or "TIB" => 40,
            "P" or "PI" or "PB" or "PIB" => 50,
            _ => -1,
        };
        if (factor < 0 || digits == 0
            || !decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > 1_000_000_000_000_000)
        {
            return false;
        }

        var scaled = number * (1L << factor);
        if (scaled > long.MaxValue || scaled != decimal.Truncate(scaled))
        {
            return false;
        }

        bytes = (long)scaled;
        return true;
    }

    /// <summary>
    /// A duration: <c>90</c> (seconds), <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c>, <c>7d</c>, <c>1h30m</c>; <c>M</c> is 30 days, <c>y</c> 365.
    /// </summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var total = 0m;
        if (rest.IsEmpty)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
            {
                digits++;
            }

            var letters = digits;
            while (letters < rest.Length && char.IsAsciiLetter(rest[letters]))
            {
                letters++;
            }

            if (digits == 0 || letters == 0
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || SecondsOf(rest[digits..letters]) is not { } unit || number > 1_000_000_000)
            {
                return false;
            }

            total += number * unit;
            rest = rest[letters..];
        }

        if (total > 3_155_760_000)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)(total * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>
    /// A moment: <c>2026-11-22</c>, <c>2026-11-22T17:08:00</c> with or without <c>Z</c> or <c>+08:00</c> (without, UTC), or seconds since 1970.
    /// </summary>
    public static bool TryParseTime(string text, out DateTimeOffset time)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxUnixSeconds)
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        return DateTimeOffset.TryParseExact(text, Moments, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }

    /// <summary><c>1.50 GiB</c>; three digits that count, in a width that stays.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        while (Math.Abs(bytes) >= 1000 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        var format = unit == 0 ? "0" : bytes < 9.995 ? "0.00" : bytes < 99.95 ? "0.0" : "0";
        return bytes.ToString(format, CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    public static string Speed(double bytesPerSecond) => Size(bytesPerSecond) + "/s";

    /// <summary><c>0:07</c>, <c>12:34</c>, <c>1:02:03</c>, <c>3d 04:00</c>.</summary>
    public static string Clock(TimeSpan time) =>
        time.TotalDays >= 1 ? time.ToString(@"d\d\ hh\:mm", CultureInfo.InvariantCulture)
        : time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    /// <summary><c>2026-11-22 17:08:00 +0000 UTC</c>: four words, as ossutil's listings have them.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    static decimal? SecondsOf(ReadOnlySpan<char> unit) => unit switch
    {
        "" or "s" or "sec" => 1,
        "ms" => 0.001m,
        "m" or "min" => 60,
        "h" => 3600,
        "d" => 86400,
        "w" => 604800,
        "M" => 2592000,
        "y" => 31536000,
        _ => null,
    };
}
