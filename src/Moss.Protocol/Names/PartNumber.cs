using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Names;

/// <summary>The number of a part, 1 to 10,000 (UploadPart).</summary>
public readonly record struct PartNumber : IComparable<PartNumber>
{
    PartNumber(int value) => Value = value;

    /// <summary>The number.</summary>
    public int Value { get; }

    /// <summary>The number, or <c>InvalidArgument</c> when it is not within 1 to 10,000.</summary>
    public static PartNumber Of(int value) =>
        value is >= OssLimits.MinPartNumber and <= OssLimits.MaxPartNumber
            ? new(value)
            : throw Invalid(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Parses plain decimal digits, or refuses with the documented <c>InvalidArgument</c>.</summary>
    public static PartNumber Parse(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value is >= OssLimits.MinPartNumber and <= OssLimits.MaxPartNumber
            ? new(value)
            : throw Invalid(text);

    public int CompareTo(PartNumber other) => Value.CompareTo(other.Value);

    public static bool operator <(PartNumber left, PartNumber right) => left.Value < right.Value;

    public static bool operator >(PartNumber left, PartNumber right) => left.Value > right.Value;

    public static bool operator <=(PartNumber left, PartNumber right) => left.Value <= right.Value;

    public static bool operator >=(PartNumber left, PartNumber right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    static OssException Invalid(string text) => OssErrors.Argument(
        "PartNumber", text, "Part number must be an integer between 1 and 10000, inclusive.", "0017-00000220");
}
