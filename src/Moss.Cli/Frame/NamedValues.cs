namespace Moss.Cli.Frame;

/// <summary>Names and values as options take them.</summary>
static class NamedValues
{
    /// <summary><c>name=value</c>, or <c>name</c> alone.</summary>
    public static List<KeyValuePair<string, string?>> OfQuery(IEnumerable<string> items) =>
        [.. items.Select(static item => item.IndexOf('=', StringComparison.Ordinal) is var at and >= 0
            ? new KeyValuePair<string, string?>(item[..at], item[(at + 1)..])
            : new(item, null))];

    /// <summary><c>name:value</c></summary>
    public static List<KeyValuePair<string, string>> OfHeaders(IEnumerable<string> items) =>
        [.. items.Select(static item => item.IndexOf(':', StringComparison.Ordinal) is var at and > 0
            ? new KeyValuePair<string, string>(item[..at].Trim(), item[(at + 1)..].Trim())
            : throw new UsageException($"'{item}' is not valid: a header is NAME:VALUE"))];
}
