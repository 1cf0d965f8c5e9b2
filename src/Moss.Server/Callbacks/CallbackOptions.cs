using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;

namespace Moss.Server.Callbacks;

/// <summary>What an upload asks to be told to an application's server, checked before the body is read.</summary>
sealed record CallbackOptions
{
    /// <summary>Each of the two values in base64.</summary>
    public const int MaxLength = 5 * 1024;

    // The spelling is the service's.
    const string NotJson = "The callback var is not expecten json.";

    const int MaxUrls = 5;

    /// <summary>More variables than there are to tell of; each may stand for some kilobytes.</summary>
    const int MaxBodyVariables = 100;

    public required ImmutableArray<CallbackUrl> Urls { get; init; }

    /// <summary>The Host header; null for the host of the URL.</summary>
    public string? Host { get; init; }

    /// <summary>The template of the body.</summary>
    public required string Body { get; init; }

    public bool IsJson { get; init; }

    /// <summary>Whether a TLS handshake names the host.</summary>
    public bool SendsSni { get; init; }

    /// <summary>The custom variables, <c>x:</c> included.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>What the headers or the query ask for; null when they ask for nothing.</summary>
    /// <exception cref="OssException"><c>InvalidArgument</c> with the documented message.</exception>
    public static CallbackOptions? OfRequest(OssContext context)
    {
        var (header, query) = (context.GivenHeader("x-oss-callback"), context.Query.Given("callback"));
        var (headerVar, queryVar) = (context.GivenHeader("x-oss-callback-var"), context.Query.Given("callback-var"));
        if ((header ?? headerVar) is not null && (query ?? queryVar) is not null)
        {
            throw Invalid(
                header ?? headerVar!, "Either the callback query string parameter or the x-oss-callback header should be specified, not both.", "0007-00000001");
        }

        return (header ?? query) is { } text ? Parse(text, ParseVariables(headerVar ?? queryVar)) : null;
    }

    /// <summary>What the fields of a form ask for; null when they ask for nothing.</summary>
    /// <param name="callback">The field <c>callback</c>.</param>
    /// <param name="variables">The fields whose names begin with <c>x:</c>; together no longer than those that come in a header.</param>
    public static CallbackOptions? OfForm(string? callback, IEnumerable<KeyValuePair<string, string>> variables)
    {
        if (string.IsNullOrEmpty(callback))
        {
            return null;
        }

        // Two names may differ for a form and be the same in lower case: of those, too, the first one counts.
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            named.TryAdd(name.ToLowerInvariant(), value);
        }

        return named.Sum(pair => (long)pair.Key.Length + pair.Value.Length) > MaxLength
            ? throw Invalid("", "The length of callback var exceed max value.")
            : Parse(callback, named);
    }

    static CallbackOptions Parse(string base64, IReadOnlyDictionary<string, string> variables) => base64.Length > MaxLength
        ? throw Invalid(base64[..64], "The length of callback exceed max value.")
        : FromJson(base64, "The callback configuration is not base64 encoded.", "The callback configuration is not json format.", root => Read(base64, root, variables));

    static CallbackOptions Read(string base64, JsonElement root, IReadOnlyDictionary<string, string> variables)
    {
        var type = Text(root, "callbackBodyType") ?? "application/x-www-form-urlencoded";
        var body = Text(root, "callbackBody");
        return new()
        {
            Urls = ParseUrls(base64, Text(root, "callbackUrl")),
            Host = ParseHost(base64, Text(root, "callbackHost")),
            Body = string.IsNullOrEmpty(body) ? throw Invalid(base64, "The callback body is empty.", "0007-00000011")
                : body.AsSpan().Count("${") > MaxBodyVariables ? throw Invalid(base64, "The callback body is invalid.")
                : body,
            IsJson = type switch
            {
                "application/json" => true,
                "application/x-www-form-urlencoded" => false,
                _ => throw Invalid(base64, "The callback body type configuration is invalid."),
            },
            SendsSni = root.TryGetProperty("callbackSNI", out var sni)
                && (sni.ValueKind == JsonValueKind.True || (sni.ValueKind == JsonValueKind.String && sni.GetString() == "true")),
            Variables = variables,
        };
    }

    static IReadOnlyDictionary<string, string> ParseVariables(string? base64) => base64 is null ? FrozenDictionary<string, string>.Empty
        : base64.Length > MaxLength ? throw Invalid(base64[..64], "The length of callback var exceed max value.")
        : FromJson(base64, "The callback var is not base64 encoded.", NotJson, root => ReadVariables(base64, root));

    static Dictionary<string, string> ReadVariables(string base64, JsonElement root)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            var (name, value) = (member.Name, member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString()!,
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => member.Value.GetRawText(),
                _ => throw Invalid(base64, NotJson),
            });
            if (!name.StartsWith("x:", StringComparison.Ordinal) || name.Any(char.IsAsciiLetterUpper) || !variables.TryAdd(name, value))
            {
                throw Invalid(base64, NotJson);
            }
        }

        return variables;
    }

    static ImmutableArray<CallbackUrl> ParseUrls(string argument, string? list)
    {
        var texts = (list ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return texts.Length == 0 ? throw Invalid(argument, "The callback url configuration is invalid.", "0007-00000004")
            : texts.Length > MaxUrls ? throw Invalid(argument, "The number of callback url exceed max value.", "0007-00000005")
            : [.. texts.Select(text => CallbackUrl.Parse(text) ?? throw Invalid(argument, "The callback url configuration is invalid.", "0007-00000004"))];
    }

    static string? ParseHost(string argument, string? host) =>
        string.IsNullOrEmpty(host) ? null
        : Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var uri) && uri.AbsolutePath == "/" && uri.Query.Length == 0 && uri.UserInfo.Length == 0
            && !host.AsSpan().ContainsAnyExceptInRange('!', '~') && IsHeader(host) ? host
        : throw Invalid(argument, "The callback host configuration is invalid.");

    // The platform's own opinion, which it would give when the header is set.
    static bool IsHeader(string host)
    {
        using var probe = new HttpRequestMessage();
        try
        {
            probe.Headers.Host = host;
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    static T FromJson<T>(string base64, string notBase64, string notJson, Func<JsonElement, T> read)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
        {
            throw Invalid(base64, notBase64, "0007-00000002");
        }

        try
        {
            using var json = JsonDocument.Parse(bytes.AsMemory(0, length), new() { AllowTrailingCommas = true, MaxDepth = 4 });
            return json.RootElement.ValueKind == JsonValueKind.Object ? read(json.RootElement) : throw Invalid(base64, notJson);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is of names and texts that are no Unicode, half a surrogate, which is found out when they are read.
            throw Invalid(base64, notJson);
        }
    }

    static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    static OssException Invalid(string value, string message, string? ec = null) => OssErrors.Argument("callback", value, message, ec);
}

/// <summary>Where a callback goes. Path and query are kept as they were written, for the signature is over them.</summary>
sealed record CallbackUrl(bool IsHttps, string Host, int Port, string Path, string Query)
{
    /// <summary>The host as a header names it: with its port, unless that is the scheme's own.</summary>
    public string Authority => Port == (IsHttps ? 443 : 80) ? Host : $"{Host}:{Port}";

    /// <summary>Parses <c>[http://|https://]host[:port][/path][?query]</c>; null for anything else.</summary>
    public static CallbackUrl? Parse(string text)
    {
        const string Http = "http://", Https = "https://";
        if (text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null; // Blanks, control characters, or what should have been percent-encoded.
        }

        var isHttps = text.StartsWith(Https, StringComparison.OrdinalIgnoreCase);
        var rest = isHttps ? text[Https.Length..] : text.StartsWith(Http, StringComparison.OrdinalIgnoreCase) ? text[Http.Length..] : text;
        if (rest.Contains("://", StringComparison.Ordinal) && rest.IndexOf("://", StringComparison.Ordinal) < rest.AsSpan().IndexOfAny('/', '?'))
        {
            return null;
        }

        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        rest = hash < 0 ? rest : rest[..hash];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        var authority = end < 0 ? rest : rest[..end];
        var target = end < 0 ? "/" : rest[end] == '?' ? $"/{rest[end..]}" : rest[end..];
        if (!Uri.TryCreate($"http://{authority}/", UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.HostNameType == UriHostNameType.IPv6
            || authority.Contains('@', StringComparison.Ordinal) || uri.IdnHost.Length == 0)
        {
            return null;
        }

        var question = target.IndexOf('?', StringComparison.Ordinal);
        var hasPort = authority.Contains(':', StringComparison.Ordinal);
        return new(
            isHttps,
            uri.IdnHost,
            hasPort ? uri.Port : isHttps ? 443 : 80,
            question < 0 ? target : target[..question],
            question < 0 ? "" : target[question..]);
    }
}
