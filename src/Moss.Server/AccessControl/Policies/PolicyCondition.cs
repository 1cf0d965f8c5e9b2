using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// One operator over one key. Its values are alternatives; a negated operator holds when none of them matches, and so also when the request does
/// not have the key at all.
/// </summary>
/// <param name="Operator">Its name as the policy wrote it.</param>
/// <param name="Key">See <see cref="ConditionKeys"/>.</param>
/// <param name="IsNegated">Whether it is one of the Not operators.</param>
/// <param name="Values">What the policy wrote.</param>
/// <param name="Tests">What each value asks of the request's value.</param>
sealed record PolicyCondition(string Operator, string Key, bool IsNegated, ImmutableArray<string> Values, ImmutableArray<Func<string, bool>> Tests)
{
    const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF.:*");

    static readonly string[] DateFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
        "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd",
    ];

    /// <summary>The condition, or null and what is wrong with it.</summary>
    public static PolicyCondition? Create(string name, string key, IReadOnlyList<string> values, out string problem)
    {
        problem = "";
        var isNegated = name.StartsWith("Not", StringComparison.Ordinal)
            || (name.Contains("Not", StringComparison.Ordinal) && !name.StartsWith("Bool", StringComparison.Ordinal));
        var positive = isNegated ? name.Replace("Not", "", StringComparison.Ordinal) : name;
        if (!IsKnown(name))
        {
            problem = $"unknown condition operator {name}";
            return null;
        }

        var tests = ImmutableArray.CreateBuilder<Func<string, bool>>(values.Count);
        foreach (var value in values)
        {
            if (Test(positive, value) is not { } test)
            {
                problem = $"the value {value} does not suit {name}";
                return null;
            }

            tests.Add(test);
        }

        return new(name, key, isNegated, [.. values], tests.DrainToImmutable());
    }

    /// <summary>
    /// Whether it holds only for senders at addresses, in networks or with keys that it names: every value of it, without wildcards, and ranges of
    /// addresses only where all of them together are not a great part of all.
    /// </summary>
    public bool NamesItsSource => !IsNegated && Key switch
    {
        ConditionKeys.SourceIp => NamesAddresses(),
        ConditionKeys.SourceVpc or ConditionKeys.AccessId => Values.All(value => value.AsSpan().IndexOfAny('*', '?') < 0),
        _ => false,
    };

    /// <summary>Whether it holds for the request's value of the key, null when it has none.</summary>
    public bool Holds(string? actual)
    {
        if (actual is not null)
        {
            foreach (var test in Tests)
            {
                if (test(actual))
                {
                    return !IsNegated;
                }
            }
        }

        return IsNegated;
    }

    bool NamesAddresses()
    {
        var ranges = new List<CidrRange>(Values.Length);
        foreach (var value in Values.Distinct())
        {
            if (!CidrRange.TryParse(value, out var range))
            {
                return false;
            }

            ranges.Add(range);
        }

        return !CidrRange.AreBroad(ranges);
    }

    static bool IsKnown(string name) => name is
        "StringEquals" or "StringNotEquals" or "StringEqualsIgnoreCase" or "StringNotEqualsIgnoreCase" or "StringLike" or "StringNotLike"
        or "NumericEquals" or "NumericNotEquals" or "NumericLessThan" or "NumericLessThanEquals" or "NumericGreaterThan"
        or "NumericGreaterThanEquals" or "DateEquals" or "DateNotEquals" or "DateLessThan" or "DateLessThanEquals" or "DateGreaterThan"
        or "DateGreaterThanEquals" or "Bool" or "IpAddress" or "NotIpAddress" or "IpAddressIncludeBorder";

    static Func<string, bool>? Test(string name, string value)
    {
        switch (name)
        {
            case "StringEquals":
                return actual => string.Equals(actual, value, StringComparison.Ordinal);
            case "StringEqualsIgnoreCase":
                return actual => string.Equals(actual, value, StringComparison.OrdinalIgnoreCase);
            case "StringLike":
                var pattern = new WildcardPattern(value);
                return actual => pattern.Matches(actual);
            case "Bool":
                return value is "true" or "false" ? actual => string.Equals(actual, value, StringComparison.OrdinalIgnoreCase) : null;
            case "IpAddress" or "IpAddressIncludeBorder":
                return IpTest(value);
            case var numeric when numeric.StartsWith("Numeric", StringComparison.Ordinal):
                return TryNumber(value, out var number)
                    ? actual => TryNumber(actual, out var given) && IsOrdered(numeric["Numeric".Length..], given.CompareTo(number))
                    : null;
            default:
                return TryDate(value, out var date)
                    ? actual => TryDate(actual, out var given) && IsOrdered(name["Date".Length..], given.CompareTo(date))
                    : null;
        }
    }

    static bool IsOrdered(string relation, int sign) => relation switch
    {
        "Equals" => sign == 0,
        "LessThan" => sign < 0,
        "LessThanEquals" => sign <= 0,
        "GreaterThan" => sign > 0,
        _ => sign >= 0,
    };

    static Func<string, bool>? IpTest(string value)
    {
        if (value.Contains('*', StringComparison.Ordinal))
        {
            // 10.0.*.* and the bare star: a pattern over the address as text.
            var isAddress = !value.AsSpan().ContainsAnyExcept(AddressCharacters);
            var pattern = new WildcardPattern(value, ignoreCase: true);
            return isAddress ? actual => TryAddress(actual, out var address) && pattern.Matches(address.ToString()) : null;
        }

        if (value.Contains('/', StringComparison.Ordinal))
        {
            return CidrRange.TryParse(value, out var range)
                ? actual => TryAddress(actual, out var address) && range.Contains(address)
                : null;
        }

        return TryAddress(value, out var single)
            ? actual => TryAddress(actual, out var address) && address.Equals(single)
            : null;
    }

    static bool TryAddress(string text, out IPAddress address)
    {
        // IPAddress also reads "1" and "0x7f.1"; a policy that says so is a mistake.
        var isFull = text.Count('.') == 3 || text.Contains(':', StringComparison.Ordinal);
        var isAddress = IPAddress.TryParse(text, out var parsed) && isFull;
        address = parsed is { IsIPv4MappedToIPv6: true } ? parsed.MapToIPv4() : parsed ?? IPAddress.None;
        return isAddress;
    }

    static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(text, Number, CultureInfo.InvariantCulture, out number);

    static bool TryDate(string text, out DateTimeOffset date) =>
        DateTimeOffset.TryParseExact(
            text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out date);
}
