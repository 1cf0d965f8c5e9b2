using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Moss.Client;

namespace Moss.Cli.Frame;

/// <summary>Whose name a command is carried out in.</summary>
static class CredentialsSource
{
    // The metadata service of an ECS instance.
    const string EcsMetadata = "http://100.100.100.200/", EcsRoles = "latest/meta-data/ram/security-credentials/", EcsToken = "latest/api/token";

    static readonly TimeSpan ProcessPatience = TimeSpan.FromMinutes(1);

    public static ICredentialsProvider Choose(ParseResult parsed, Func<string, string?> environment, Profile profile, Func<string> tokenService)
    {
        // The command line counts before the environment.
        string? WithOptions(string name) => name switch
        {
            "OSS_ROLE_ARN" => parsed.GetValue(GlobalOptions.RoleArn) ?? environment(name),
            "OSS_ROLE_SESSION_NAME" => parsed.GetValue(GlobalOptions.RoleSessionName) ?? environment(name),
            _ => environment(name),
        };

        return Choose(parsed, WithOptions, profile, tokenService, parsed.GetValue(GlobalOptions.RoleArn) is not null);
    }

    static ICredentialsProvider Choose(ParseResult parsed, Func<string, string?> environment, Profile profile, Func<string> tokenService, bool isRole)
    {
        // A key and its secret come from one place: half of one source and half of another is nobody's key.
        var (id, secret, token) = (parsed.GetValue(GlobalOptions.AccessKeyId), parsed.GetValue(GlobalOptions.AccessKeySecret), parsed.GetValue(GlobalOptions.SecurityToken));
        var mode = parsed.GetValue(GlobalOptions.Mode);
        if (mode is null && (id is not null || secret is not null))
        {
            var given = Pair(id, secret ?? environment("OSS_ACCESS_KEY_SECRET"), token, "--access-key-id and --access-key-secret");
            return isRole ? OfRole(given, environment, profile, tokenService) : new StaticCredentialsProvider(given.ToCredentials());
        }

        if (mode is null && environment("OSS_ACCESS_KEY_ID") is { } ambient)
        {
            var pair = Pair(ambient, environment("OSS_ACCESS_KEY_SECRET"), token ?? environment("OSS_SESSION_TOKEN"), "OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET");
            return environment("OSS_ROLE_ARN") is null ? new StaticCredentialsProvider(pair.ToCredentials()) : OfRole(pair, environment, profile, tokenService);
        }

        mode ??= profile.Get("mode");
        switch (mode?.ToUpperInvariant())
        {
            case "ANONYMOUS":
                return StaticCredentialsProvider.Anonymous;
            case "ECSRAMROLE":
                return new RefreshingCredentialsProvider(ct => FromEcsAsync(profile.Get("ecs-role-name", "ecsAk", "ram-role-name"), profile.Get("ecs-metadata-endpoint"), ct));
            case "OIDC":
                return OfOidc(environment, profile, tokenService);
            case "PROCESS" or "EXTERNAL" when profile.Get("credential-process") is { } command:
                return new RefreshingCredentialsProvider(ct => FromProcessAsync(command, ct));
            case "URI" or "EXTERNAL" when profile.Get("credential-uri", "credentials-uri") is { } uri:
                return new RefreshingCredentialsProvider(ct => FromUriAsync(uri, ct));
            case null or "AK" or "STSTOKEN" or "RAMROLEARN":
                // The first generation has no mode for an instance: a place to ask at, and no key.
                if (mode is null && profile.Get("access-key-id", "accessid", "access-id") is null && profile.Get("ecsAk") is { } place)
                {
                    return new RefreshingCredentialsProvider(ct => FromEcsAsync(place, null, ct));
                }

                id ??= environment("OSS_ACCESS_KEY_ID") ?? profile.Get("access-key-id", "accessid", "access-id");
                secret ??= environment("OSS_ACCESS_KEY_SECRET") ?? profile.Get("access-key-secret", "accesskey", "access-key");
                if (id is null && secret is null && mode is null)
                {
                    throw new UsageException(
                        "no credentials: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, run 'moss config', or give --mode Anonymous for what is public");
                }

                var own = Pair(id, secret, token ?? environment("OSS_SESSION_TOKEN") ?? profile.Get("sts-token", "security-token"), "an access key id and its secret");
                return isRole || string.Equals(mode, "RamRoleArn", StringComparison.OrdinalIgnoreCase)
                    ? OfRole(own, environment, profile, tokenService)
                    : new StaticCredentialsProvider(own.ToCredentials());
            default:
                throw new UsageException($"the mode '{mode}' of the profile '{profile.Name}' is not known or lacks its settings");
        }
    }

    static RefreshingCredentialsProvider OfRole(AccessKeyPair by, Func<string, string?> environment, Profile profile, Func<string> tokenService)
    {
        var session = Session(environment, profile);
        var service = new TokenService(tokenService(), Invocation.Time);
        return new(ct => service.AssumeRoleAsync(by, session, ct));
    }

    static RefreshingCredentialsProvider OfOidc(Func<string, string?> environment, Profile profile, Func<string> tokenService)
    {
        var session = Session(environment, profile);
        var provider = environment("ALIBABA_CLOUD_OIDC_PROVIDER_ARN") ?? profile.Get("oidc-provider-arn");
        var file = environment("ALIBABA_CLOUD_OIDC_TOKEN_FILE") ?? profile.Get("oidc-token-file", "oidc-token-file-path");
        if (provider is null || file is null)
        {
            throw new UsageException("the mode OIDC needs oidc-provider-arn and oidc-token-file in the profile");
        }

        var service = new TokenService(tokenService(), Invocation.Time);
        return new(ct => service.AssumeRoleWithOidcAsync(provider, file, session, ct));
    }

    static RoleSession Session(Func<string, string?> environment, Profile profile)
    {
        var role = environment("OSS_ROLE_ARN") ?? profile.Get("role-arn", "ramRoleArn")
            ?? throw new UsageException($"which role? Set role-arn in the profile '{profile.Name}', or OSS_ROLE_ARN");
        TimeSpan? duration = profile.Get("token-timeout", "role-session-expiration", "duration-seconds") is not { } text ? null
            : Quantities.TryParseDuration(text, out var time) && time >= TimeSpan.FromSeconds(900) ? time
            : throw new UsageException($"'{text}' in the profile '{profile.Name}' is no time of 15 minutes at least");
        return new(role, environment("OSS_ROLE_SESSION_NAME") ?? profile.Get("role-session-name") ?? "moss", duration);
    }

    static AccessKeyPair Pair(string? id, string? secret, string? token, string pair) =>
        string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret)
            ? throw new UsageException($"{pair} go together; one of them is missing")
            : new(id, secret, token);

    // A role's name, or as the first generation has it the whole address to ask at; nothing takes the instance's own role.
    // The service answers on the instance alone: no proxy can ask it, and none should see what it says.
    static async Task<Credentials> FromEcsAsync(string? role, string? endpoint, CancellationToken ct)
    {
        using var http = new HttpClient(new HttpClientHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        if (role?.Contains("://", StringComparison.Ordinal) == true)
        {
            return Read(await http.GetByteArrayAsync(role, ct));
        }

        var service = (endpoint ?? EcsMetadata).TrimEnd('/') + "/";
        await AddMetadataTokenAsync(http, service, ct);
        var name = role ?? (await http.GetStringAsync(service + EcsRoles, ct)).Trim().Split('\n')[0].Trim();
        return Read(await http.GetByteArrayAsync(service + EcsRoles + Uri.EscapeDataString(name), ct));
    }

    // Instances may be set to answer only who has asked for a token before; the older ones know of none.
    static async Task AddMetadataTokenAsync(HttpClient http, string service, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, service + EcsToken);
        request.Headers.Add("X-aliyun-ecs-metadata-token-ttl-seconds", "300");
        using var response = await http.SendAsync(request, ct);
        if (response.IsSuccessStatusCode)
        {
            http.DefaultRequestHeaders.Add("X-aliyun-ecs-metadata-token", (await response.Content.ReadAsStringAsync(ct)).Trim());
        }
    }

    static async Task<Credentials> FromUriAsync(string uri, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return Read(await http.GetByteArrayAsync(uri, ct));
    }

    static async Task<Credentials> FromProcessAsync(string command, CancellationToken ct)
    {
        var words = Shell.Split(command);
        using var process = Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new IOException($"'{words[0]}' did not start");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(ProcessPatience);
        var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output, patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode == 0 ? Read(output.ToArray()) : throw new IOException($"'{words[0]}' gave no credentials: exit code {process.ExitCode}");
    }

    /// <summary>The one shape that metadata services, STS proxies and credential processes share.</summary>
    public static Credentials Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            string? Get(params ReadOnlySpan<string> names)
            {
                foreach (var name in names)
                {
                    if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                    {
                        return value.GetString();
                    }
                }

                return null;
            }

            var expires = Get("Expiration", "expiration") is { } text
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : (DateTimeOffset?)null;
            return new(
                Get("AccessKeyId", "access_key_id") ?? throw new IOException("the credentials have no AccessKeyId"),
                Get("AccessKeySecret", "access_key_secret") ?? throw new IOException("the credentials have no AccessKeySecret"),
                Get("SecurityToken", "security_token", "sts_token"),
                expires);
        }
        catch (JsonException problem)
        {
            throw new IOException("the credentials are no JSON", problem);
        }
    }
}
