using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Moss.Protocol.Errors;

namespace Moss.Server.PostObject;

/// <summary>One condition on a field of the form.</summary>
/// <param name="Operator"><c>eq</c>, <c>starts-with</c>, <c>in</c> or <c>not-in</c>.</param>
/// <param name="Field">Without the dollar; compared without case.</param>
/// <param name="Values">What it is compared to; one but for the lists.</param>
sealed record PostCondition(string Operator, string Field, ImmutableArray<string> Values)
{
    public bool Holds(string? actual) => actual is not null && Operator switch
    {
        "eq" => actual == Values[0],
        "starts-with" => actual.StartsWith(Values[0], StringComparison.Ordinal),
        "in" => Values.Contains(actual),
        _ => !Values.Contains(actual),
    };

    /// <summary>As the refusal names it.</summary>
    public override string ToString()
    {
        var values = Operator is "in" or "not-in" ? $"[{string.Join(", ", Values.Select(Quoted))}]" : Quoted(Values[0]);
        return $"[{Quoted(Operator)}, {Quoted("$" + Field)}, {values}]";
    }

    static string Quoted(string text) => $"\"{text}\"";
}

/// <summary>
/// The policy of a form: until when it holds, and what the fields must be. Fields without a condition are free; a condition on a field that is not there
/// fails. Values are compared as they were sent, before <c>${filename}</c> stands for anything.
/// </summary>
sealed record PostPolicy(DateTimeOffset Expiration, ImmutableArray<PostCondition> Conditions, long MinLength, long MaxLength)
{
    static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    const int MaxMessage = 2048;

    static readonly JsonDocumentOptions Options = new() { AllowTrailingCommas = true, MaxDepth = 8 };

    /// <summary>Reads a policy out of its form field.</summary>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>; nothing else is thrown, whatever the text is.</exception>
    public static PostPolicy Parse(string base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
        {
            throw Invalid("The policy is not base64 encoded.", "0006-00000201");
        }

        try
        {
            using var json = JsonDocument.Parse(WithLiteralDollars(bytes.AsSpan(0, length)), Options);
            return Read(json.RootElement);
        }
        catch (JsonException exception)
        {
            throw Invalid($"Invalid Policy: Invalid JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.", "0006-00000216");
        }
        catch (InvalidOperationException)
        {
            throw Invalid("Invalid Policy: Invalid JSON: a string is not Unicode text.", "0006-00000216");
        }
    }

    /// <summary>Holds the form against the policy.</summary>
    /// <param name="form">The fields as sent.</param>
    /// <param name="bucket">The bucket that was addressed.</param>
    /// <param name="now">The server's time.</param>
    /// <exception cref="OssException"><c>AccessDenied</c>, naming the first condition that fails.</exception>
    public void Check(PostForm form, string bucket, DateTimeOffset now)
    {
        if (now > Expiration)
        {
            throw new OssException(OssErrors.AccessDenied, "Invalid according to Policy: Policy expired.", "0006-00000213");
        }

        foreach (var condition in Conditions)
        {
            var actual = condition.Field.Equals("bucket", StringComparison.OrdinalIgnoreCase) ? bucket : form[condition.Field];
            if (!condition.Holds(actual))
            {
                throw new OssException(OssErrors.AccessDenied, Shown($"Invalid according to Policy: Policy Condition failed: {condition}"));
            }
        }
    }

    static PostPolicy Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("Invalid Policy: Invalid JSON: expecting {.", "0006-00000216");
        }

        DateTimeOffset? expiration = null;
        var conditions = ImmutableArray.CreateBuilder<PostCondition>();
        var (min, max) = (0L, long.MaxValue);
        foreach (var member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case "expiration":
                    expiration = Time(member.Value);
                    break;
                case "conditions" when member.Value.ValueKind == JsonValueKind.Array:
                    foreach (var item in member.Value.EnumerateArray())
                    {
                        Add(item, conditions, ref min, ref max);
                    }

                    break;
                default:
                    throw Invalid($"Invalid Policy: Invalid Policy: unexpected: {member.Name}.");
            }
        }

        return new(expiration ?? throw Invalid("Invalid Policy: Policy missing expiration.", "0006-00000208"), conditions.ToImmutable(), min, max);
    }

    static void Add(JsonElement item, ImmutableArray<PostCondition>.Builder conditions, ref long min, ref long max)
    {
        if (item.ValueKind == JsonValueKind.Object)
        {
            var members = item.EnumerateObject().ToList();
            conditions.Add(members.Count == 1
                ? new("eq", members[0].Name, [Text(members[0].Value)])
                : throw Invalid("Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."));
            return;
        }

        if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 3 || item[0].ValueKind != JsonValueKind.String)
        {
            throw Invalid("Invalid Policy: Invalid Condition: a condition has an operator and two operands.");
        }

        var name = item[0].GetString()!.ToLowerInvariant();
        if (name == "content-length-range")
        {
            min = Math.Max(min, Number(item[1]));
            max = Math.Min(max, Number(item[2]));
            return;
        }

        var field = Text(item[1]);
        conditions.Add(field.Length > 1 && field[0] == '$'
            ? new(name, field[1..], Values(name, item[2]))
            : throw Invalid("Invalid Policy: Invalid Condition: a field begins with $."));
    }

    static ImmutableArray<string> Values(string name, JsonElement element)
    {
        if (name is "in" or "not-in")
        {
            return element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0
                ? [.. element.EnumerateArray().Select(Text)]
                : throw Invalid($"Invalid Policy: Invalid Condition: {name} takes a list.");
        }

        return name is "eq" or "starts-with" ? [Text(element)] : throw Invalid($"Invalid Policy: Invalid Condition: unknown operator {name}.");
    }

    static DateTimeOffset Time(JsonElement element) =>
        element.ValueKind == JsonValueKind.String && DateTimeOffset.TryParseExact(
            element.GetString(), TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw Invalid("Invalid Policy: Invalid 'expiration' value: it must be ISO 8601 in GMT.");

    static long Number(JsonElement element) =>
        long.TryParse(Text(element), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Invalid("Invalid Policy: Invalid content-length-range: its bounds must be numbers.");

    static string Text(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw Invalid("Invalid Policy: Invalid Condition: a text is expected."),
    };

    // \$ is a plain dollar by the documentation, and no escape that JSON knows.
    static byte[] WithLiteralDollars(ReadOnlySpan<byte> json)
    {
        var result = new List<byte>(json.Length);
        for (var at = 0; at < json.Length; at++)
        {
            if (json[at] != '\\' || at + 1 == json.Length)
            {
                result.Add(json[at]);
            }
            else if (json[++at] == '$')
            {
                result.Add((byte)'$');
            }
            else
            {
                result.Add((byte)'\\');
                result.Add(json[at]);
            }
        }

        return [.. result];
    }

    static OssException Invalid(string message, string? ec = null) => new(OssErrors.InvalidPolicyDocument, Shown(message), ec);

    // Names and values may be as long as the policy is.
    static string Shown(string text) => text.Length <= MaxMessage ? text : $"{text[..MaxMessage]}...";
}
