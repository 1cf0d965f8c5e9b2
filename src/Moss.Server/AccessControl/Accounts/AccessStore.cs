using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Policies;
using Moss.Storage.Buckets;
using Moss.Storage.Metadata;

namespace Moss.Server.AccessControl.Accounts;

/// <summary>
/// Accounts, users, roles and keys in the catalogue, and the snapshot of them that requests are judged by. A change through this store is in the
/// snapshot when its task completes; a change by another process is there within <see cref="Staleness"/>, because every change counts a version up
/// in the same transaction, and that one row is read again when it was not read for so long.
/// </summary>
sealed class AccessStore(IMetadataStore metadata, MasterKey masterKey, TimeProvider time) : IDisposable
{
    /// <summary>How old the knowledge of the version may be.</summary>
    public static readonly TimeSpan Staleness = TimeSpan.FromMilliseconds(500);

    const string Prefix = "access/";
    const string VersionName = Prefix + "version";
    const string CheckName = Prefix + "check";
    internal const string AccountPrefix = Prefix + "account/";
    internal const string UserPrefix = Prefix + "user/";
    internal const string RolePrefix = Prefix + "role/";
    internal const string KeyPrefix = Prefix + "key/";

    const string LockName = "access";

    static readonly MetadataLock Lock = MetadataLock.Named(LockName);

    readonly SecretBox _box = masterKey.ForPurpose("access-keys");
    readonly SemaphoreSlim _refreshing = new(1, 1);
    AccessSnapshot? _snapshot;
    long _checked;

    /// <summary>The snapshot for a request.</summary>
    public async ValueTask<AccessSnapshot> ReadAsync(CancellationToken ct)
    {
        var snapshot = Volatile.Read(ref _snapshot);
        if (snapshot is not null && time.GetElapsedTime(Interlocked.Read(ref _checked)) < Staleness)
        {
            return snapshot;
        }

        await _refreshing.WaitAsync(ct);
        try
        {
            snapshot = _snapshot;
            return snapshot is not null && time.GetElapsedTime(Interlocked.Read(ref _checked)) < Staleness
                ? snapshot
                : await RefreshAsync(snapshot, ct);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Makes a change and the snapshot that has it.</summary>
    /// <param name="change">Runs in a transaction, maybe more than once; changes nothing but rows.</param>
    public async ValueTask<T> ChangeAsync<T>(Func<AccessRows, ValueTask<T>> change, CancellationToken ct)
    {
        var result = await metadata.WriteAsync(
            [Lock],
            async tx =>
            {
                var result = await change(new AccessRows(tx, _box));
                var version = ReadVersion(await tx.Settings.FindAsync(VersionName));
                var next = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64BigEndian(next, version + 1);
                await tx.Settings.PutAsync(VersionName, next);
                if (version == 0)
                {
                    await tx.Settings.PutAsync(CheckName, _box.Seal(CheckName, Encoding.ASCII.GetBytes(CheckName)));
                }

                return result;
            },
            ct);

        // The change is made: whoever asked for it is told so even when it went away meanwhile.
        await _refreshing.WaitAsync(CancellationToken.None);
        try
        {
            await RefreshAsync(current: null, CancellationToken.None);
        }
        finally
        {
            _refreshing.Release();
        }

        return result;
    }

    /// <summary>Lets an account have new buckets for as long as it is there: it is not removed while one is being made.</summary>
    public static OwnerGuard GuardOf(string accountUid) => new(
        MetadataLock.Named(LockName, shared: true),
        async tx =>
        {
            if (accountUid != AccountRecord.RootUid && await tx.Settings.FindAsync(AccountPrefix + accountUid) is null)
            {
                throw new OssException(OssErrors.InvalidAccessKeyId);
            }
        });

    /// <summary>Reads everything once, so that a wrong master key is found at the start.</summary>
    /// <exception cref="InvalidDataException">The secrets were sealed with another master key.</exception>
    public ValueTask<AccessSnapshot> StartAsync(CancellationToken ct) => ReadAsync(ct);

    public void Dispose() => _refreshing.Dispose();

    async ValueTask<AccessSnapshot> RefreshAsync(AccessSnapshot? current, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var snapshot = await metadata.ReadAsync(
            async tx =>
            {
                var version = ReadVersion(await tx.Settings.FindAsync(VersionName));
                return current is not null && current.Version == version ? current : Build(version, await tx.Settings.ListAsync(Prefix));
            },
            ct);
        Volatile.Write(ref _snapshot, snapshot);
        Interlocked.Exchange(ref _checked, began);
        return snapshot;
    }

    static long ReadVersion(byte[]? row) => row is null ? 0 : BinaryPrimitives.ReadInt64BigEndian(row);

    AccessSnapshot Build(long version, IReadOnlyList<KeyValuePair<string, byte[]>> rows)
    {
        if (rows.FirstOrDefault(row => row.Key == CheckName).Value is { } check && _box.TryOpen(CheckName, check) is null)
        {
            throw new InvalidDataException(
                $"The secrets in the catalogue were sealed with another master key. Give the right one in {MasterKey.Variable} or in {MasterKey.FileName}.");
        }

        var accounts = All(rows, AccountPrefix, AccessJson.Default.AccountRecord).ToDictionary(account => account.Uid);
        accounts[AccountRecord.RootUid] = new() { Uid = AccountRecord.RootUid, Name = "root", Created = DateTimeOffset.UnixEpoch };

        // Older builds made users whose names differ by case alone; the name belongs to the first of them, and the others' keys to nobody.
        var users = All(rows, UserPrefix, AccessJson.Default.UserRecord)
            .OrderBy(user => user.Created)
            .DistinctBy(user => (user.AccountUid, user.Name.ToLowerInvariant()))
            .Select(user => new AccessUser(user, Parse(user.Policies)))
            .ToFrozenDictionary(user => (user.Record.AccountUid, user.Record.Name.ToLowerInvariant()));
        return new()
        {
            Version = version,
            Accounts = accounts.ToFrozenDictionary(),
            Users = users,
            UsersByUid = users.Values.ToFrozenDictionary(user => user.Record.Uid),
            Roles = All(rows, RolePrefix, AccessJson.Default.RoleRecord)
                .Select(role => new AccessRole(
                    role, PolicyParser.Parse(Encoding.UTF8.GetBytes(role.Trust), PolicyKind.Trust), Parse(role.Policies)))
                .ToFrozenDictionary(role => (role.Record.AccountUid, role.Record.Name.ToLowerInvariant())),
            Keys = All(rows, KeyPrefix, AccessJson.Default.AccessKeyRecord)
                .Select(key => Entry(key, accounts, users))
                .ToFrozenDictionary(key => key.Record.Id),
        };
    }

    AccessKeyEntry Entry(
        AccessKeyRecord key, Dictionary<string, AccountRecord> accounts, FrozenDictionary<(string, string), AccessUser> users)
    {
        var secret = _box.TryOpen(key.Id, key.SealedSecret)
            ?? throw new InvalidDataException($"The secret of access key {key.Id} is damaged or was sealed with another master key.");
        var user = key.UserName is null ? null : users.GetValueOrDefault((key.AccountUid, key.UserName.ToLowerInvariant()));
        user = user?.Record.Name == key.UserName ? user : null;

        // A key whose owner is gone would be a hole: it counts as disabled.
        var isDisabled = key.IsDisabled || (key.UserName is not null && user is null or { Record.IsDisabled: true })
            || accounts.GetValueOrDefault(key.AccountUid) is null or { IsDisabled: true };
        return new(new AccessKey(key.Id, new AccessKeySecret(Encoding.UTF8.GetString(secret)), isDisabled), key, user);
    }

    static ImmutableArray<PolicyDocument> Parse(ImmutableArray<AttachedPolicy> policies) =>
        [.. policies.Select(policy => PolicyParser.Parse(Encoding.UTF8.GetBytes(policy.Document), PolicyKind.Identity))];

    static IEnumerable<T> All<T>(IReadOnlyList<KeyValuePair<string, byte[]>> rows, string prefix, JsonTypeInfo<T> type) =>
        rows.Where(row => row.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(row => JsonSerializer.Deserialize(row.Value, type)!);
}

/// <summary>The rows of accounts, users, roles and keys inside a transaction.</summary>
sealed class AccessRows(IMetadataTransaction tx, SecretBox box)
{
    ISettingRows Settings => tx.Settings;

    /// <summary>The names of the buckets that an account owns, by name.</summary>
    public async ValueTask<IReadOnlyList<BucketName>> BucketsAsync(string accountUid)
    {
        var owned = new List<BucketName>();
        var after = "";
        while (true)
        {
            var page = await tx.Buckets.ListAsync(prefix: "", after, OssLimits.MaxListPage);
            owned.AddRange(page.Where(bucket => bucket.OwnerId == accountUid).Select(bucket => bucket.Name));
            if (page.Count < OssLimits.MaxListPage)
            {
                return owned;
            }

            after = page[^1].Name.Value;
        }
    }

    public ValueTask<AccountRecord?> FindAccountAsync(string uid) => FindAsync(AccessStore.AccountPrefix + uid, AccessJson.Default.AccountRecord);

    /// <summary>The user whose the name is; as in the snapshot the first of them, if older builds made two.</summary>
    public async ValueTask<UserRecord?> FindUserAsync(string accountUid, string name) =>
        await NamesakesAsync(accountUid, name) is [var first, ..] ? first : null;

    /// <summary>All users of that name, the first that was made first: one, but for what older builds made.</summary>
    public async ValueTask<IReadOnlyList<UserRecord>> NamesakesAsync(string accountUid, string name) =>
        [.. (await UsersAsync()).Where(user => user.AccountUid == accountUid && AccessName.AreSame(user.Name, name)).OrderBy(user => user.Created)];

    public async ValueTask<RoleRecord?> FindRoleAsync(string accountUid, string name) =>
        AccessName.IsValid(name) ? await FindAsync(RoleName(accountUid, name), AccessJson.Default.RoleRecord) : null;

    public ValueTask<AccessKeyRecord?> FindKeyAsync(string id) => FindAsync(AccessStore.KeyPrefix + id, AccessJson.Default.AccessKeyRecord);

    public async ValueTask<IReadOnlyList<AccountRecord>> AccountsAsync() => await AllAsync(AccessStore.AccountPrefix, AccessJson.Default.AccountRecord);

    public async ValueTask<IReadOnlyList<UserRecord>> UsersAsync() => await AllAsync(AccessStore.UserPrefix, AccessJson.Default.UserRecord);

    public async ValueTask<IReadOnlyList<RoleRecord>> RolesAsync() => await AllAsync(AccessStore.RolePrefix, AccessJson.Default.RoleRecord);

    public async ValueTask<IReadOnlyList<AccessKeyRecord>> KeysAsync() => await AllAsync(AccessStore.KeyPrefix, AccessJson.Default.AccessKeyRecord);

    public ValueTask PutAsync(AccountRecord account) => PutAsync(AccessStore.AccountPrefix + account.Uid, account, AccessJson.Default.AccountRecord);

    public ValueTask PutAsync(UserRecord user) => PutAsync(UserName(user.AccountUid, user.Name), user, AccessJson.Default.UserRecord);

    public ValueTask PutAsync(RoleRecord role) => PutAsync(RoleName(role.AccountUid, role.Name), role, AccessJson.Default.RoleRecord);

    public ValueTask PutAsync(AccessKeyRecord key) => PutAsync(AccessStore.KeyPrefix + key.Id, key, AccessJson.Default.AccessKeyRecord);

    public ValueTask RemoveAsync(AccountRecord account) => Settings.PutAsync(AccessStore.AccountPrefix + account.Uid, value: null);

    public ValueTask RemoveAsync(UserRecord user) => Settings.PutAsync(UserName(user.AccountUid, user.Name), value: null);

    public ValueTask RemoveAsync(RoleRecord role) => Settings.PutAsync(RoleName(role.AccountUid, role.Name), value: null);

    public ValueTask RemoveAsync(AccessKeyRecord key) => Settings.PutAsync(AccessStore.KeyPrefix + key.Id, value: null);

    /// <summary>A secret as a key's record holds it.</summary>
    public byte[] Seal(string accessKeyId, AccessKeySecret secret) => box.Seal(accessKeyId, Encoding.UTF8.GetBytes(secret.Reveal()));

    static string UserName(string accountUid, string name) => $"{AccessStore.UserPrefix}{accountUid}/{name}";

    static string RoleName(string accountUid, string name) => $"{AccessStore.RolePrefix}{accountUid}/{name.ToLowerInvariant()}";

    async ValueTask<T?> FindAsync<T>(string name, JsonTypeInfo<T> type)
        where T : class =>
        await Settings.FindAsync(name) is { } row ? JsonSerializer.Deserialize(row, type) : null;

    async ValueTask<IReadOnlyList<T>> AllAsync<T>(string prefix, JsonTypeInfo<T> type) =>
        [.. (await Settings.ListAsync(prefix)).Select(row => JsonSerializer.Deserialize(row.Value, type)!)];

    ValueTask PutAsync<T>(string name, T record, JsonTypeInfo<T> type) => Settings.PutAsync(name, JsonSerializer.SerializeToUtf8Bytes(record, type));
}
