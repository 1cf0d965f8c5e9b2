using System.Collections.Immutable;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.Pipeline;

/// <summary>Who sent a request, and what was granted to it.</summary>
/// <param name="AccessKeyId">The key that signed it; null for nobody.</param>
/// <param name="Identity">Whose key it is.</param>
sealed record Caller(string? AccessKeyId, Identity Identity)
{
    public static readonly Caller Anonymous = new(null, Identity.Anonymous);

    public bool IsAnonymous => AccessKeyId is null;

    /// <summary>The account that the key belongs to, whose are the buckets that the caller makes; empty for nobody.</summary>
    public string AccountId => Identity.AccountUid;

    /// <summary>Whether the request is signed by the root credential, which administers the server.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether the signature is in the URL, so that whoever has the URL is the signer.</summary>
    public bool IsUrlSigned { get; init; }

    /// <summary>The policies of the user or role.</summary>
    public ImmutableArray<PolicyDocument> Policies { get; init; } = [];

    /// <summary>The policy that was given when the role was assumed.</summary>
    public PolicyDocument? SessionPolicy { get; init; }
}
