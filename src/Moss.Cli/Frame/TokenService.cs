using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Cli.Frame;

/// <summary>
/// The token service (STS): temporary credentials of a role, asked for in RPC form. Alibaba Cloud has it at <c>sts.REGION.aliyuncs.com</c>, a
/// Moss server at its own address.
/// </summary>
sealed class TokenService(string endpoint, TimeProvider time)
{
    const string Version = "2015-04-01";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>The address to ask: the one that was set, else the cloud's for an endpoint of the cloud, else the endpoint itself.</summary>
    public static string AddressOf(Profile profile, string? endpoint, string? region)
    {
        if (profile.Get("sts-endpoint") is { } own)
        {
            return own;
        }

        if (endpoint is not null && !endpoint.Contains(".aliyuncs.com", StringComparison.OrdinalIgnoreCase))
        {
            return endpoint;
        }

        return (profile.Get("sts-region") ?? region) is { } place ? $"https://sts.{place}.aliyuncs.com" : "https://sts.aliyuncs.com";
    }

    /// <summary>A role's credentials for a time, asked for with the key of somebody whom the role trusts.</summary>
    public Task<Credentials> AssumeRoleAsync(AccessKeyPair by, RoleSession session, CancellationToken ct)
    {
        var parameters = Parameters("AssumeRole", session);
        parameters["AccessKeyId"] = by.Id;
        parameters["SignatureMethod"] = "HMAC-SHA1";
        parameters["SignatureVersion"] = "1.0";
        parameters["SignatureNonce"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (by.Token is { } token)
        {
            parameters["SecurityToken"] = token;
        }

        parameters["Signature"] = Signature(parameters, by.Secret);
        return AskAsync(parameters, ct);
    }

    /// <summary>A role's credentials for a time, given for the token of an identity provider; nothing is signed.</summary>
    public async Task<Credentials> AssumeRoleWithOidcAsync(string provider, string tokenFile, RoleSession session, CancellationToken ct)
    {
        var parameters = Parameters("AssumeRoleWithOIDC", session);
        parameters["OIDCProviderArn"] = provider;
        // Read each time: whoever put it there puts a new one before the old one ends.
        parameters["OIDCToken"] = (await File.ReadAllTextAsync(tokenFile, ct)).Trim();
        return await AskAsync(parameters, ct);
    }

    SortedDictionary<string, string> Parameters(string action, RoleSession session)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["Action"] = action,
            ["Version"] = Version,
            ["Format"] = "JSON",
            ["Timestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["RoleArn"] = session.RoleArn,
            ["RoleSessionName"] = session.Name,
        };
        if (session.Duration is { } duration)
        {
            parameters["DurationSeconds"] = ((long)duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        return parameters;
    }

    static string Signature(SortedDictionary<string, string> parameters, string secret)
    {
        var query = string.Join('&', parameters.Select(static pair => $"{PercentEncoding.Encode(pair.Key)}={PercentEncoding.Encode(pair.Value)}"));
        var text = $"POST&%2F&{PercentEncoding.Encode(query)}";
#pragma warning disable CA5350 // The RPC signature of version 1.0 is HMAC-SHA1.
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret + "&"), Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    async Task<Credentials> AskAsync(SortedDictionary<string, string> parameters, CancellationToken ct)
    {
        // What is sent may be a secret of its own (an OIDC token): it goes to the service that was named and nowhere else.
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = Patience };
        var address = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : "https://" + endpoint;
        using var response = await http.PostAsync(address.TrimEnd('/') + "/", new FormUrlEncodedContent(parameters), ct);
        var answer = await response.Content.ReadAsByteArrayAsync(ct);
        using var document = Parse(answer, address);
        var root = document.RootElement;
        if (!response.IsSuccessStatusCode || !root.TryGetProperty("Credentials", out var credentials))
        {
            string Member(string name) => root.TryGetProperty(name, out var value) ? value.ToString() : "";
            throw new OssException(new OssError(Member("Code"), (int)response.StatusCode, $"{Member("Message")} (token service at {address})"))
            {
                RequestId = Member("RequestId"),
                HostId = Member("HostId"),
            };
        }

        return CredentialsSource.Read(Encoding.UTF8.GetBytes(credentials.GetRawText()));
    }

    static JsonDocument Parse(byte[] answer, string address)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException problem)
        {
            throw new IOException($"what answers at {address} is no token service", problem);
        }
    }
}

/// <summary>A key as text. It prints its id alone.</summary>
sealed record AccessKeyPair(string Id, string Secret, string? Token)
{
    public Credentials ToCredentials() => new(Id, Secret, Token);

    public override string ToString() => Id;
}

/// <summary>What is asked for: a role, a name for the session that the audit shows, and how long it is good for.</summary>
sealed record RoleSession(string RoleArn, string Name, TimeSpan? Duration);
