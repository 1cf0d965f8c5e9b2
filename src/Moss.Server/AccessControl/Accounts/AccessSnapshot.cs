using System.Collections.Frozen;
using System.Collections.Immutable;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.AccessControl.Accounts;

/// <summary>Everything about accounts, users, keys and roles at one instant, with its policies parsed. Never changes.</summary>
sealed class AccessSnapshot
{
    /// <summary>Counts the changes; 0 while there never was one.</summary>
    public required long Version { get; init; }

    /// <summary>By uid. The root account is always there.</summary>
    public required FrozenDictionary<string, AccountRecord> Accounts { get; init; }

    public required FrozenDictionary<(string AccountUid, string Name), AccessUser> Users { get; init; }

    /// <summary>Role names compare without case: clients write them in either.</summary>
    public required FrozenDictionary<(string AccountUid, string LowerName), AccessRole> Roles { get; init; }

    public required FrozenDictionary<string, AccessKeyEntry> Keys { get; init; }

    /// <summary>Users by their own uid.</summary>
    public required FrozenDictionary<string, AccessUser> UsersByUid { get; init; }

    public AccessRole? FindRole(string accountUid, string name) => Roles.GetValueOrDefault((accountUid, name.ToLowerInvariant()));
}

/// <summary>A user with its policies.</summary>
sealed record AccessUser(UserRecord Record, ImmutableArray<PolicyDocument> Policies);

/// <summary>A role with its policies.</summary>
sealed record AccessRole(RoleRecord Record, PolicyDocument Trust, ImmutableArray<PolicyDocument> Policies);

/// <summary>A key and whose it is.</summary>
/// <param name="Key">Disabled as well when its user or account is.</param>
/// <param name="Record">As it is stored.</param>
/// <param name="User">Null: the account's own key.</param>
sealed record AccessKeyEntry(AccessKey Key, AccessKeyRecord Record, AccessUser? User);
