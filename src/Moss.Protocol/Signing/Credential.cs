namespace Moss.Protocol.Signing;

/// <summary>What a client signs with. It prints its id alone.</summary>
public sealed class Credential(string accessKeyId, AccessKeySecret secret, string? securityToken = null)
{
    /// <summary>The public half of the key.</summary>
    public string AccessKeyId { get; } = accessKeyId;

    /// <summary>The secret half of the key.</summary>
    public AccessKeySecret Secret { get; } = secret;

    /// <summary>The token of a temporary key (STS), or null.</summary>
    public string? SecurityToken { get; } = string.IsNullOrEmpty(securityToken) ? null : securityToken;

    public override string ToString() => AccessKeyId;
}
