using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moss.Server.AccessControl.Tokens;

/// <summary>What a security token says. It lives in the token itself, sealed; nothing is stored.</summary>
sealed record SecurityToken
{
    /// <summary>The temporary key that the token belongs to.</summary>
    public required string AccessKeyId { get; init; }

    public required string Secret { get; init; }

    public required string AccountUid { get; init; }

    public required string RoleId { get; init; }

    public required string RoleName { get; init; }

    public required string SessionName { get; init; }

    /// <summary>To the second.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The session's policy as JSON, or null.</summary>
    public string? Policy { get; init; }

    public override string ToString() => AccessKeyId;
}

/// <summary>Makes and opens tokens. One that was changed, cut or made elsewhere does not open.</summary>
sealed class SecurityTokens(MasterKey masterKey)
{
    // Real tokens begin so, and some programs tell temporary credentials by it.
    const string Lead = "CAIS";
    const string Name = "security-token";

    /// <summary>A token holds a session policy of at most 2,048 characters beside its few names.</summary>
    const int MaxLength = 16 * 1024;

    // The decoder would skip white space; a token has one spelling.
    static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    readonly SecretBox _box = masterKey.ForPurpose("security-tokens");

    public string Make(SecurityToken token) =>
        Lead + Base64Url.EncodeToString(_box.Seal(Name, JsonSerializer.SerializeToUtf8Bytes(token, TokenJson.Default.SecurityToken)));

    /// <summary>What the token says, or null when it is none of this server's.</summary>
    public SecurityToken? TryOpen(string text)
    {
        if (text.Length > MaxLength || !text.StartsWith(Lead, StringComparison.Ordinal)
            || text.AsSpan().ContainsAnyExcept(Alphabet) || !Base64Url.IsValid(text.AsSpan(Lead.Length)))
        {
            return null;
        }

        return _box.TryOpen(Name, Base64Url.DecodeFromChars(text.AsSpan(Lead.Length))) is { } json
            ? JsonSerializer.Deserialize(json, TokenJson.Default.SecurityToken)
            : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SecurityToken))]
sealed partial class TokenJson : JsonSerializerContext;
