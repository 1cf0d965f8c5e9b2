namespace Moss.Server.Pipeline;

/// <summary>Who sent a request.</summary>
/// <param name="AccessKeyId">The key that signed it; null for nobody.</param>
/// <param name="AccountId">The account that the key belongs to; empty for nobody.</param>
/// <param name="IsRoot">Whether it is the account that owns the server.</param>
sealed record Caller(string? AccessKeyId, string AccountId, bool IsRoot)
{
    public static readonly Caller Anonymous = new(null, "", IsRoot: false);

    public bool IsAnonymous => AccessKeyId is null;
}
