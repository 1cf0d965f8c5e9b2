using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Moss.Protocol.Signing;
using Moss.Server;
using Moss.Server.Hosting;

namespace Moss.Cli.Commands;

/// <summary>The settings of <c>moss serve</c> from their three sources, and what they mean.</summary>
sealed class ServeSettings
{
    /// <summary>Name on the command line, value and meaning. In the environment: <c>MOSS_</c> and the name in capitals, <c>_</c> for <c>-</c>.</summary>
    public static readonly ImmutableArray<(string Name, string Value, string Description)> Known =
    [
        ("data", "DIR", "Where everything is kept (./moss-data)."),
        ("listen", "HOST:PORT", "The address to listen on (127.0.0.1:9020)."),
        ("domain", "NAME", "Buckets are also hosts below it: bucket.NAME (localhost). Repeatable."),
        ("region", "ID", "The region that V4 signatures must name (any)."),
        ("durability", "durable|ci", "durable: acknowledged is on disk. ci: nothing is forced to disk, for throw-away data only."),
        ("metadata", "sqlite|postgres://...", "Where names are kept (sqlite)."),
        ("blobs", "files", "Where bytes are kept (files)."),
        ("extranet-endpoint", "HOST:PORT", "The ExtranetEndpoint of answers (the one the request came to)."),
        ("intranet-endpoint", "HOST:PORT", "The IntranetEndpoint of answers (the one the request came to)."),
        ("cname-allow", "NAME", "A domain name that may be bound to a bucket, or *.NAME for those below it (none but by root). Repeatable."),
        ("callback-allow", "CIDR", "A range of addresses that callbacks may go to although it is loopback, link-local or private. Repeatable."),
        ("callback-key", "FILE", "The RSA private key (PEM) that signs callbacks (one is made)."),
        ("callback-key-url", "URL", "Where callbacks say the public half of their key is (this server, /-/callback-key.pem)."),
        ("tls-cert", "FILE", "The certificate and its chain (PEM): the server speaks HTTPS. Read again when it changes."),
        ("tls-key", "FILE", "The private key of --tls-cert (PEM, without a password)."),
        ("drain", "SECONDS", "How long a stopping server waits for requests in flight (30)."),
        ("log-requests", "true|false", "Whether a line is logged for each request (true)."),
    ];

    readonly Func<string, string[]?> _flags;
    readonly Func<string, string?> _environment;
    readonly IReadOnlyDictionary<string, string[]> _file;

    /// <param name="flags">The values of a name on the command line, or null.</param>
    /// <param name="environment">The value of a variable, or null.</param>
    /// <param name="configFile">The path of the file, or null for none.</param>
    /// <exception cref="StartException">The file cannot be read, or holds what is no setting.</exception>
    public ServeSettings(Func<string, string[]?> flags, Func<string, string?> environment, string? configFile)
    {
        _flags = flags;
        _environment = environment;
        _file = configFile is null ? ImmutableDictionary<string, string[]>.Empty : ReadFile(configFile);
    }

    /// <exception cref="StartException">A value that is not valid; the message names its setting.</exception>
    public OssServerOptions ToOptions()
    {
        var defaults = new OssServerOptions();
        return new()
        {
            DataDirectory = One("data") ?? defaults.DataDirectory,
            Listen = One("listen") is { } listen ? Endpoint(listen) : defaults.Listen,
            Domains = All("domain") is { } domains ? [.. domains] : defaults.Domains,
            Region = Region(One("region") ?? ""),
            Durability = One("durability") switch
            {
                null or "durable" => Durability.Durable,
                "ci" => Durability.Ci,
                var other => throw Invalid("durability", other, "durable or ci"),
            },
            Metadata = One("metadata") ?? defaults.Metadata,
            Blobs = One("blobs") ?? defaults.Blobs,
            ExtranetEndpoint = One("extranet-endpoint"),
            IntranetEndpoint = One("intranet-endpoint"),
            DrainTimeout = One("drain") is { } drain ? Seconds(drain) : defaults.DrainTimeout,
            LogRequests = One("log-requests") switch
            {
                null or "true" => true,
                "false" => false,
                var other => throw Invalid("log-requests", other, "true or false"),
            },
            Root = Root(),
            CnameAllow = [.. (All("cname-allow") ?? []).Select(DomainName)],
            CallbackAllow = [.. All("callback-allow") ?? []],
            CallbackKeyPem = One("callback-key") is { } keyFile ? new AccessKeySecret(ReadText(keyFile)) : null,
            TlsCertificateFile = One("tls-cert"),
            TlsKeyFile = One("tls-key"),
            CallbackKeyUrl = One("callback-key-url"),
            MasterKey = _environment("MOSS_MASTER_KEY") is { Length: > 0 } key ? new AccessKeySecret(key) : null,
        };
    }

    string? One(string name) => All(name) is not { } values ? null
        : values is [var value] ? value
        : throw new StartException($"--{name} is given {values.Length} times");

    string[]? All(string name)
    {
        if (_flags(name) is { } flags)
        {
            return flags;
        }

        var variable = _environment("MOSS_" + name.ToUpperInvariant().Replace('-', '_'));
        return string.IsNullOrEmpty(variable) ? _file.GetValueOrDefault(name)
            : name is "domain" or "callback-allow" or "cname-allow" ? variable.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [variable];
    }

    RootCredential? Root()
    {
        // From the environment alone: a process's arguments are readable by everybody on the machine.
        const string idName = "MOSS_ROOT_ACCESS_KEY_ID", secretName = "MOSS_ROOT_ACCESS_KEY_SECRET";
        var id = _environment(idName);
        var secret = _environment(secretName);
        if (string.IsNullOrEmpty(id) && string.IsNullOrEmpty(secret))
        {
            return null;
        }

        return string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret)
            ? throw new StartException($"{idName} and {secretName} must be set together")
            : AccessKey.IsValidId(id) ? new(id, new AccessKeySecret(secret))
            : throw new StartException($"{idName} may hold letters, digits and . _ - @ only");
    }

    static IPEndPoint Endpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            var host = text[..colon].Trim('[', ']');
            if (host == "localhost")
            {
                return new(IPAddress.Loopback, port);
            }

            if (IPAddress.TryParse(host == "*" ? "0.0.0.0" : host, out var address))
            {
                return new(address, port);
            }
        }

        throw Invalid("listen", text, "an address and a port, such as 127.0.0.1:9020");
    }

    static string Region(string text) =>
        text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? text.StartsWith("oss-", StringComparison.Ordinal) ? text[4..] : text
            : throw Invalid("region", text, "an id such as cn-hangzhou");

    static string DomainName(string text) =>
        Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) == UriHostNameType.Dns
            ? text
            : throw Invalid("cname-allow", text, "a domain name or *. and one, such as *.example.com");

    static TimeSpan Seconds(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 3600
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid("drain", text, "seconds, at most 3600");

    static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot read {path}: {exception.Message}", exception);
        }
    }

    static StartException Invalid(string name, string value, string wanted) => new($"--{name} '{value}' is not valid: it takes {wanted}");

    static Dictionary<string, string[]> ReadFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var settings = new Dictionary<string, string[]>(StringComparer.Ordinal);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (Known.All(known => known.Name != member.Name))
                {
                    throw new StartException($"{path}: unknown setting '{member.Name}'");
                }

                settings[member.Name] = member.Value.ValueKind == JsonValueKind.Array
                    ? [.. member.Value.EnumerateArray().Select(item => item.ToString())]
                    : [member.Value.ToString() is var text && member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? text.ToLowerInvariant() : text];
            }

            return settings;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new StartException($"cannot read the configuration {path}: {exception.Message}", exception);
        }
    }
}
