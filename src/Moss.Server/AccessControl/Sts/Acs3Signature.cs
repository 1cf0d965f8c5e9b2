using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Moss.Server.AccessControl.Sts;

/// <summary>
/// Signature V3, <c>ACS3-HMAC-SHA256</c>, in the header: lower-hex(HMAC-SHA256(secret, algorithm LF hash of the canonical request)). The newer SDKs
/// call with it.
/// </summary>
static class Acs3Signature
{
    const string Algorithm = "ACS3-HMAC-SHA256";
    const string Date = "x-acs-date";
    const string Nonce = "x-acs-signature-nonce";
    const string ContentHash = "x-acs-content-sha256";

    // Unsigned, one of these could be changed on its way.
    static readonly string[] Required = ["host", "x-acs-action", "x-acs-version", Date, Nonce, ContentHash];

    public static bool IsOn(HttpRequest http) => http.Headers.Authorization.ToString().StartsWith(Algorithm, StringComparison.Ordinal);

    /// <exception cref="StsException">The header is malformed, or the body is not the one that was signed.</exception>
    public static RpcSignature Read(RpcRequest request, HttpRequest http)
    {
        var items = Items(http.Headers.Authorization.ToString()[Algorithm.Length..]);
        var id = items.GetValueOrDefault("Credential") ?? throw StsException.Missing("Credential");
        var signature = items.GetValueOrDefault("Signature") ?? throw StsException.Missing("Signature");
        var signed = (items.GetValueOrDefault("SignedHeaders") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        if (Required.FirstOrDefault(name => !signed.Contains(name, StringComparer.Ordinal)) is { } unsigned)
        {
            throw StsException.Invalid("SignedHeaders", $"The header {unsigned} must be signed.");
        }

        var hash = Hex(SHA256.HashData(request.Body));
        if (!RpcSignature.AreSame(hash, http.Headers[ContentHash].ToString()))
        {
            throw StsException.Invalid("ContentSha256", $"{ContentHash} is not the hash of the body.");
        }

        var text = $"{Algorithm}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalRequest(request, http, signed, hash))))}";
        return new(
            id,
            http.Headers["x-acs-security-token"].ToString() is { Length: > 0 } token ? token : null,
            RpcSignature.ParseTime(http.Headers[Date].ToString()),
            http.Headers[Nonce].ToString(),
            text,
            signature,
            secret => RpcSignature.AreSame(Hex(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret.Reveal()), Encoding.UTF8.GetBytes(text))), signature));
    }

    static string CanonicalRequest(RpcRequest request, HttpRequest http, string[] signed, string hash)
    {
        var text = new StringBuilder(request.Method).Append("\n/\n");
        text.AppendJoin('&', Query(request.RawQuery)).Append('\n');
        foreach (var name in signed)
        {
            text.Append(name).Append(':').AppendJoin(',', http.Headers[name].Select(value => value?.Trim())).Append('\n');
        }

        return text.Append('\n').AppendJoin(';', signed).Append('\n').Append(hash).ToString();
    }

    static IEnumerable<string> Query(string raw) =>
        raw.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Name: Decoded(pair[0]), Value: pair.Length == 2 ? Decoded(pair[1]) : ""))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal)
            .Select(pair => $"{RpcSignature.Encode(pair.Name)}={RpcSignature.Encode(pair.Value)}");

    static string Decoded(string text) =>
        Protocol.Xml.UrlEncoding.TryDecode(text, plusIsSpace: true, out var decoded) ? decoded : throw StsException.Mismatch("");

    static Dictionary<string, string> Items(string header)
    {
        var items = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !items.TryAdd(item[..equals], item[(equals + 1)..]))
            {
                throw StsException.Invalid("Authorization", "The header Authorization is malformed.");
            }
        }

        return items;
    }

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
