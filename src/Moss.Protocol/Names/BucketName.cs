using Moss.Protocol.Errors;
using Moss.Protocol.Limits;

namespace Moss.Protocol.Names;

/// <summary>A bucket's name: 3 to 63 of <c>a-z 0-9 -</c>, beginning and ending with a letter or digit (PutBucket).</summary>
public readonly record struct BucketName
{
    readonly string? _value;

    BucketName(string value) => _value = value;

    /// <summary>The name as it stands in hosts, paths and XML.</summary>
    public string Value => _value ?? "";

    /// <summary>Parses a name; false when it breaks a rule.</summary>
    public static bool TryParse(string? text, out BucketName name)
    {
        name = default;
        if (text is null || text.Length is < OssLimits.MinBucketNameLength or > OssLimits.MaxBucketNameLength
            || text[0] == '-' || text[^1] == '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        name = new(text);
        return true;
    }

    /// <summary>Parses a name, or refuses with <c>InvalidBucketName</c>.</summary>
    public static BucketName Parse(string text) =>
        TryParse(text, out var name)
            ? name
            : throw new OssException(OssErrors.InvalidBucketName, details: [new("BucketName", text)]);

    public override string ToString() => Value;
}
