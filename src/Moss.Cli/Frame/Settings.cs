using System.CommandLine;
using System.Net;
using Moss.Client;
using Moss.Protocol.Signing;

namespace Moss.Cli.Frame;

/// <summary>Everything a verb needs to know about the service and the caller, from the command line, the environment and the file.</summary>
sealed class Settings
{
    readonly ParseResult _parsed;
    readonly Func<string, string?> _environment;
    readonly Lazy<ConfigFile> _file;
    readonly Lazy<Profile> _profile;

    public Settings(ParseResult parsed, Func<string, string?> environment)
    {
        _parsed = parsed;
        _environment = parsed.GetValue(GlobalOptions.IgnoreEnvironment) ? static _ => null : name => Some(environment(name));
        _file = new(() => ConfigFile.Load(ConfigFilePath));
        _profile = new(() => _file.Value.Profile(_parsed.GetValue(GlobalOptions.Profile) ?? _environment("OSSUTIL_PROFILE")));
    }

    /// <summary>The file that was named, or null for the default one.</summary>
    public string? ConfigFilePath => _parsed.GetValue(GlobalOptions.ConfigFile) ?? _environment("OSSUTIL_CONFIG_FILE");

    public Profile Profile => _profile.Value;

    public string? Region => _parsed.GetValue(GlobalOptions.Region) ?? _environment("OSS_REGION") ?? Profile.Get("region");

    public string? Endpoint => _parsed.GetValue(GlobalOptions.Endpoint) ?? _environment("OSS_ENDPOINT") ?? Profile.Get("endpoint");

    /// <summary>How to reach the service, or one bucket of it when the configuration has a place of its own for that bucket.</summary>
    /// <exception cref="UsageException">Nothing says where the service is, or a setting makes no sense.</exception>
    public OssClientOptions ClientOptions(string? bucket)
    {
        // A bucket's own place is a setting of the file: the command line and the environment count before it.
        var saidElsewhere = _parsed.GetValue(GlobalOptions.Endpoint) ?? _environment("OSS_ENDPOINT");
        var named = saidElsewhere is null && bucket is not null ? _file.Value.Bucket(Profile, bucket) : null;
        var region = _parsed.GetValue(GlobalOptions.Region) ?? named?.Region ?? Region;
        var endpoint = named?.Endpoint ?? Endpoint ?? (region is null ? null : $"https://oss-{region}.aliyuncs.com");
        if (endpoint is null)
        {
            throw new UsageException(
                "nothing says where the service is: set OSS_ENDPOINT (http://127.0.0.1:9020 for a Moss server on this machine) or OSS_REGION, "
                + "give --endpoint or --region, or run 'moss config'");
        }

        var style = _parsed.GetValue(GlobalOptions.AddressingStyle) ?? named?.AddressingStyle ?? Profile.Get("addressing-style");
        var timeout = _parsed.GetValue(GlobalOptions.ReadTimeout) ?? Duration("read-timeout", "readTimeOut") ?? TimeSpan.FromSeconds(30);
        return new()
        {
            Endpoint = endpoint,
            Region = region,
            Credentials = Credentials.Value,
            SignatureVersion = (_parsed.GetValue(GlobalOptions.SignVersion) ?? Profile.Get("sign-version"))?.ToUpperInvariant() switch
            {
                null or "V4" => SignatureVersion.V4,
                "V1" => SignatureVersion.V1,
                var other => throw new UsageException($"the signature version '{other}' is not known: v1 or v4"),
            },
            Addressing = style?.ToUpperInvariant() switch
            {
                null => AddressingStyle.Auto,
                "VIRTUAL" => AddressingStyle.VirtualHost,
                "PATH" => AddressingStyle.Path,
                "CNAME" => AddressingStyle.Cname,
                _ => throw new UsageException($"the addressing style '{style}' is not known: virtual, path or cname"),
            },
            MaxAttempts = 1 + (int)(_parsed.GetValue(GlobalOptions.RetryTimes) ?? Number("retry-times", "retryTimes") ?? 10),
            ConnectTimeout = Positive(_parsed.GetValue(GlobalOptions.ConnectTimeout) ?? Duration("connect-timeout", "connectTimeOut") ?? TimeSpan.FromSeconds(10)),
            IdleTimeout = Positive(timeout),
            Proxy = ProxyAddress is { } address && address != "none" ? ProxyOf(address) : null,
            UseProxy = ProxyAddress != "none",
            RequestPayer = _parsed.GetValue(GlobalOptions.RequestPayer)?.ToLowerInvariant(),
            UserAgent = Profile.Get("user-agent") is { } agent ? agent + " moss" : "moss",
            HttpHandler = _parsed.GetValue(GlobalOptions.SkipVerifyCertificate) ? Unverified() : null,
        };
    }

    // What the environment says is the library's own default.
    string? ProxyAddress => (_parsed.GetValue(GlobalOptions.Proxy) ?? Profile.Get("proxy", "proxyHost")) is { } address && address != "env" ? address : null;

    Lazy<ICredentialsProvider> Credentials => field ??= new(() => CredentialsSource.Choose(_parsed, _environment, Profile, () => TokenService.AddressOf(Profile, Endpoint, Region)));

    TimeSpan? Duration(params ReadOnlySpan<string> spellings)
    {
        var text = Profile.Get(spellings);
        return text is null ? null
            : Quantities.TryParseDuration(text, out var time) ? time
            : throw new UsageException($"'{text}' in the profile '{Profile.Name}' is no time: 10, 500ms, 2m");
    }

    long? Number(params ReadOnlySpan<string> spellings)
    {
        var text = Profile.Get(spellings);
        return text is null ? null
            : int.TryParse(text, out var number) && number is >= 0 and <= 500 ? number
            : throw new UsageException($"'{text}' in the profile '{Profile.Name}' is no number from 0 to 500");
    }

    static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : throw new UsageException("a timeout is longer than nothing");

    static WebProxy ProxyOf(string address) =>
        Uri.TryCreate(address.Contains("://", StringComparison.Ordinal) ? address : "http://" + address, UriKind.Absolute, out var uri)
            ? new(uri)
            : throw new UsageException($"'{address}' is no address of a proxy");

    static SocketsHttpHandler Unverified()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8,
            MaxConnectionsPerServer = int.MaxValue,
        };
#pragma warning disable CA5359 // Asked for by its own option, whose help says what it means.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return handler;
    }

    static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
