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

    /// <summary>By account and folded name (<see cref="AccessName"/>).</summary>
    public required FrozenDictionary<(string AccountUid, string FoldedName), AccessUser> Users { get; init; }

    /// <summary>By account and folded name.</summary>
    public required FrozenDictionary<(string AccountUid, string FoldedName), AccessRole> Roles { get; init; }

    public required FrozenDictionary<string, AccessKeyEntry> Keys { get; init; }

    /// <summary>Users by their own uid.</summary>
    public required FrozenDictionary<string, AccessUser> UsersByUid { get; init; }

    /// <summary>An account by its uid or, where none has it, by its name; written just so, if older builds made two.</summary>
    public AccountRecord? FindAccount(string uidOrName) =>
        Accounts.GetValueOrDefault(uidOrName)
        ?? Accounts.Values.FirstOrDefault(account => account.Name == uidOrName)
        ?? Accounts.Values.FirstOrDefault(account => AccessName.AreSame(account.Name, uidOrName));

    public AccessUser? FindUser(string accountUid, string name) =>
        AccessName.Fold(name) is { } folded ? Users.GetValueOrDefault((accountUid, folded)) : null;

    public AccessRole? FindRole(string accountUid, string name) =>
        AccessName.Fold(name) is { } folded ? Roles.GetValueOrDefault((accountUid, folded)) : null;
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
