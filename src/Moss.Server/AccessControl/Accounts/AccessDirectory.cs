using System.Collections.Immutable;
using System.Security.Cryptography;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.AccessControl.Accounts;

/// <summary>A key with its secret in the open: shown once, to whoever made it.</summary>
sealed record FreshKey(AccessKeyRecord Record, AccessKeySecret Secret);

/// <summary>Everything an administrator does with accounts, users, keys, roles and their policies. Each method is one transaction.</summary>
sealed class AccessDirectory(AccessStore store, TimeProvider time)
{
    /// <summary>RAM's own limit.</summary>
    public const int MaxKeysPerOwner = 10;

    const int MaxPolicies = 20;

    /// <summary>A message is to be read.</summary>
    const int MaxBucketsNamed = 5;

    const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public ValueTask<AccessSnapshot> ReadAsync(CancellationToken ct) => store.ReadAsync(ct);

    /// <summary>A new account with its first key.</summary>
    public ValueTask<(AccountRecord Account, FreshKey Key)> AddAccountAsync(string name, CancellationToken ct)
    {
        RequireName(name, "AccountName");
        if (name.All(char.IsAsciiDigit))
        {
            // Accounts are looked up by uid or name: a name must not be mistaken for another's uid.
            throw AccessException.Parameter("AccountName", "AccountName must not be digits alone.");
        }

        return store.ChangeAsync(
            async rows =>
            {
                var accounts = await rows.AccountsAsync();
                if (AccessName.AreSame(name, "root") || accounts.Any(account => AccessName.AreSame(account.Name, name)))
                {
                    throw AccessException.Exists("Account", name);
                }

                var account = new AccountRecord { Uid = NewUid('1', accounts.Select(item => item.Uid)), Name = name, Created = time.GetUtcNow() };
                await rows.PutAsync(account);
                return (account, await AddKeyAsync(rows, account.Uid, userName: null));
            },
            ct);
    }

    public ValueTask<AccountRecord> ChangeAccountAsync(string uid, bool isDisabled, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var account = await AccountAsync(rows, uid) with { IsDisabled = isDisabled };
                await (uid == AccountRecord.RootUid ? throw RootStays() : rows.PutAsync(account));
                return account;
            },
            ct);

    /// <summary>Removes an account without users, roles and buckets, and its keys. No bucket of it is made meanwhile (<see cref="AccessStore.GuardOf"/>).</summary>
    public ValueTask<AccountRecord> RemoveAccountAsync(string uid, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var account = await AccountAsync(rows, uid);
                if (uid == AccountRecord.RootUid)
                {
                    throw RootStays();
                }

                if ((await rows.UsersAsync()).Any(user => user.AccountUid == uid) || (await rows.RolesAsync()).Any(role => role.AccountUid == uid))
                {
                    throw AccessException.InUse("Account", "The account has users or roles. Delete them first.");
                }

                RequireNoBuckets(await rows.BucketsAsync(uid));
                await RemoveKeysAsync(rows, uid, userName: null);
                await rows.RemoveAsync(account);
                return account;
            },
            ct);

    /// <summary>A new user with its first key.</summary>
    public ValueTask<(UserRecord User, FreshKey Key)> AddUserAsync(string accountUid, string name, CancellationToken ct)
    {
        RequireName(name, "UserName");
        return store.ChangeAsync(
            async rows =>
            {
                await AccountAsync(rows, accountUid);
                if (await rows.FindUserAsync(accountUid, name) is not null)
                {
                    throw AccessException.Exists("User", name);
                }

                var user = new UserRecord
                {
                    AccountUid = accountUid,
                    Uid = NewUid('2', (await rows.UsersAsync()).Select(item => item.Uid)),
                    Name = name,
                    Created = time.GetUtcNow(),
                };
                await rows.PutAsync(user);
                return (user, await AddKeyAsync(rows, accountUid, name));
            },
            ct);
    }

    public ValueTask<UserRecord> ChangeUserAsync(string accountUid, string name, Func<UserRecord, UserRecord> change, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var user = change(await UserAsync(rows, accountUid, name));
                await rows.PutAsync(user);
                return user;
            },
            ct);

    /// <summary>
    /// Removes a user and its keys. Of namesakes that older builds made it is the one that is written just so, and the first only as the last: without it
    /// the others' keys and policies would be in force.
    /// </summary>
    public ValueTask<UserRecord> RemoveUserAsync(string accountUid, string name, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var namesakes = await rows.NamesakesAsync(accountUid, name);
                var user = namesakes.FirstOrDefault(user => user.Name == name) ?? await UserAsync(rows, accountUid, name);
                if (namesakes.Count > 1 && user == namesakes[0])
                {
                    throw AccessException.InUse(
                        "User", $"Without {user.Name} the keys and policies of {namesakes[1].Name} would be in force. Delete {namesakes[1].Name}, written just so, first.");
                }

                await RemoveKeysAsync(rows, accountUid, user.Name);
                await rows.RemoveAsync(user);
                return user;
            },
            ct);

    /// <summary>One more key of a user, or of the account itself.</summary>
    public ValueTask<FreshKey> AddKeyAsync(string accountUid, string? userName, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                await AccountAsync(rows, accountUid);
                return await AddKeyAsync(rows, accountUid, userName is null ? null : (await UserAsync(rows, accountUid, userName)).Name);
            },
            ct);

    public ValueTask<AccessKeyRecord> ChangeKeyAsync(string id, bool isDisabled, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var key = await KeyAsync(rows, id) with { IsDisabled = isDisabled };
                await rows.PutAsync(key);
                return key;
            },
            ct);

    public ValueTask<AccessKeyRecord> RemoveKeyAsync(string id, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var key = await KeyAsync(rows, id);
                await rows.RemoveAsync(key);
                return key;
            },
            ct);

    /// <summary>A new role.</summary>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>.</exception>
    public ValueTask<RoleRecord> AddRoleAsync(
        string accountUid, string name, string trust, IReadOnlyList<AttachedPolicy> policies, int maxSessionSeconds, CancellationToken ct)
    {
        RequireName(name, "RoleName");
        PolicyParser.ParseNew(trust, PolicyKind.Trust);
        var checkedPolicies = policies.Aggregate(ImmutableArray<AttachedPolicy>.Empty, With);
        if (maxSessionSeconds is < RoleRecord.DefaultSessionSeconds or > RoleRecord.MaxSessionLimitSeconds)
        {
            throw AccessException.Parameter("MaxSessionDuration", "MaxSessionDuration must be from 3600 to 43200 seconds.");
        }

        return store.ChangeAsync(
            async rows =>
            {
                await AccountAsync(rows, accountUid);
                if (await rows.FindRoleAsync(accountUid, name) is not null)
                {
                    throw AccessException.Exists("Role", name);
                }

                var role = new RoleRecord
                {
                    AccountUid = accountUid,
                    Id = NewUid('3', (await rows.RolesAsync()).Select(item => item.Id)),
                    Name = name,
                    Created = time.GetUtcNow(),
                    Trust = trust,
                    MaxSessionSeconds = maxSessionSeconds,
                    Policies = checkedPolicies,
                };
                await rows.PutAsync(role);
                return role;
            },
            ct);
    }

    public ValueTask<RoleRecord> ChangeRoleAsync(string accountUid, string name, Func<RoleRecord, RoleRecord> change, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var before = await RoleAsync(rows, accountUid, name);
                var role = change(before);
                if (role.Trust != before.Trust)
                {
                    PolicyParser.ParseNew(role.Trust, PolicyKind.Trust);
                }

                await rows.PutAsync(role);
                return role;
            },
            ct);

    public ValueTask<RoleRecord> RemoveRoleAsync(string accountUid, string name, CancellationToken ct) =>
        store.ChangeAsync(
            async rows =>
            {
                var role = await RoleAsync(rows, accountUid, name);
                await rows.RemoveAsync(role);
                return role;
            },
            ct);

    /// <summary>Policies with one more, or with another document under its name.</summary>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>.</exception>
    public static ImmutableArray<AttachedPolicy> With(ImmutableArray<AttachedPolicy> policies, AttachedPolicy policy)
    {
        RequireName(policy.Name, "PolicyName");
        PolicyParser.ParseNew(policy.Document, PolicyKind.Identity);
        ImmutableArray<AttachedPolicy> changed = [.. policies.Where(other => other.Name != policy.Name), policy];
        return changed.Length <= MaxPolicies
            ? changed
            : throw AccessException.Parameter("PolicyName", $"At most {MaxPolicies} policies can be attached.");
    }

    /// <summary>Policies without the one of that name.</summary>
    public static ImmutableArray<AttachedPolicy> Without(ImmutableArray<AttachedPolicy> policies, string name) =>
        policies.Any(policy => policy.Name == name)
            ? [.. policies.Where(policy => policy.Name != name)]
            : throw AccessException.Missing("Policy", name);

    async ValueTask<FreshKey> AddKeyAsync(AccessRows rows, string accountUid, string? userName)
    {
        var keys = (await rows.KeysAsync()).Count(key => key.AccountUid == accountUid && key.UserName == userName);
        if (keys >= MaxKeysPerOwner)
        {
            throw AccessException.Parameter("AccessKey", $"At most {MaxKeysPerOwner} access keys can be made. Delete one first.");
        }

        var id = "LTAI" + RandomNumberGenerator.GetString(Letters, 20);
        var secret = new AccessKeySecret(RandomNumberGenerator.GetString(Letters, 30));
        var key = new AccessKeyRecord
        {
            Id = id,
            AccountUid = accountUid,
            UserName = userName,
            SealedSecret = rows.Seal(id, secret),
            Created = time.GetUtcNow(),
        };
        await rows.PutAsync(key);
        return new(key, secret);
    }

    static async ValueTask RemoveKeysAsync(AccessRows rows, string accountUid, string? userName)
    {
        foreach (var key in (await rows.KeysAsync()).Where(key => key.AccountUid == accountUid && key.UserName == userName))
        {
            await rows.RemoveAsync(key);
        }
    }

    static async ValueTask<AccountRecord> AccountAsync(AccessRows rows, string uid) =>
        uid == AccountRecord.RootUid
            ? new() { Uid = uid, Name = "root", Created = DateTimeOffset.UnixEpoch }
            : await rows.FindAccountAsync(uid) ?? throw AccessException.Missing("Account", uid);

    static async ValueTask<UserRecord> UserAsync(AccessRows rows, string accountUid, string name) =>
        await rows.FindUserAsync(accountUid, name) ?? throw AccessException.Missing("User", name);

    static async ValueTask<RoleRecord> RoleAsync(AccessRows rows, string accountUid, string name) =>
        await rows.FindRoleAsync(accountUid, name) ?? throw AccessException.Missing("Role", name);

    static async ValueTask<AccessKeyRecord> KeyAsync(AccessRows rows, string id) =>
        await rows.FindKeyAsync(id) ?? throw AccessException.Missing("AccessKey", id);

    // Nobody could ever use or delete them again: the root account has no rights over the buckets of others.
    static void RequireNoBuckets(IReadOnlyList<BucketName> owned)
    {
        if (owned.Count > 0)
        {
            var named = string.Join(", ", owned.Take(MaxBucketsNamed));
            var more = owned.Count > MaxBucketsNamed ? $" and {owned.Count - MaxBucketsNamed} more" : "";
            throw AccessException.InUse("Account", $"The account owns {owned.Count} bucket{(owned.Count == 1 ? "" : "s")}: {named}{more}. Delete them first.");
        }
    }

    static AccessException RootStays() => AccessException.Parameter("AccountUid", "The root account can be neither disabled nor deleted.");

    static string NewUid(char first, IEnumerable<string> taken)
    {
        var known = taken.ToHashSet(StringComparer.Ordinal);
        string uid;
        do
        {
            uid = first + RandomNumberGenerator.GetString("0123456789", 15);
        }
        while (uid == AccountRecord.RootUid || known.Contains(uid));

        return uid;
    }

    static void RequireName(string name, string parameter)
    {
        if (!AccessName.IsValid(name))
        {
            throw AccessException.Parameter(parameter, $"{parameter} must be 1 to 64 letters, digits and . - _ @ characters.");
        }
    }
}
