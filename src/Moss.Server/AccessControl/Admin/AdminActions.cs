using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Audit;

namespace Moss.Server.AccessControl.Admin;

/// <summary>Carries out one call of the admin API and answers its JSON; null for an empty answer.</summary>
delegate ValueTask<byte[]?> AdminAction(AdminRequest request, CancellationToken ct);

/// <summary>The calls about accounts, users, keys, roles and policies, by <c>noun/verb</c> as the command line spells them.</summary>
sealed class AdminActions(AccessDirectory directory, PolicySimulator simulator, AuditTrail audit)
{
    const int DefaultAuditPage = 100;

    /// <summary>The calls by name.</summary>
    public FrozenDictionary<string, AdminAction> All => field ??= new Dictionary<string, AdminAction>(StringComparer.Ordinal)
    {
        ["account/add"] = AddAccountAsync,
        ["account/list"] = ListAccountsAsync,
        ["account/disable"] = (request, ct) => ChangeAccountAsync(request, isDisabled: true, ct),
        ["account/enable"] = (request, ct) => ChangeAccountAsync(request, isDisabled: false, ct),
        ["account/remove"] = RemoveAccountAsync,
        ["user/add"] = AddUserAsync,
        ["user/list"] = ListUsersAsync,
        ["user/show"] = ShowUserAsync,
        ["user/disable"] = (request, ct) => ChangeUserAsync(request, user => user with { IsDisabled = true }, ct),
        ["user/enable"] = (request, ct) => ChangeUserAsync(request, user => user with { IsDisabled = false }, ct),
        ["user/remove"] = RemoveUserAsync,
        ["key/add"] = AddKeyAsync,
        ["key/list"] = ListKeysAsync,
        ["key/disable"] = (request, ct) => ChangeKeyAsync(request, isDisabled: true, ct),
        ["key/enable"] = (request, ct) => ChangeKeyAsync(request, isDisabled: false, ct),
        ["key/remove"] = RemoveKeyAsync,
        ["role/add"] = AddRoleAsync,
        ["role/list"] = ListRolesAsync,
        ["role/show"] = ShowRoleAsync,
        ["role/trust"] = TrustRoleAsync,
        ["role/remove"] = RemoveRoleAsync,
        ["policy/attach"] = AttachAsync,
        ["policy/detach"] = DetachAsync,
        ["policy/list"] = ListPoliciesAsync,
        ["policy/simulate"] = async (request, ct) => Json(await simulator.SimulateAsync(request, ct), AdminJson.Default.DecisionView),
        ["audit/list"] = async (request, ct) => Json(
            await audit.ReadAsync(request.Limit ?? DefaultAuditPage, request.Since, request.Code, ct), AuditJson.Default.IReadOnlyListAuditRecord),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    async ValueTask<byte[]?> AddAccountAsync(AdminRequest request, CancellationToken ct)
    {
        var (account, key) = await directory.AddAccountAsync(Need(request.Name, "name"), ct);
        return Json(View(account) with { AccessKeyId = key.Record.Id, AccessKeySecret = key.Secret.Reveal() }, AdminJson.Default.AccountView);
    }

    async ValueTask<byte[]?> ListAccountsAsync(AdminRequest request, CancellationToken ct)
    {
        var snapshot = await directory.ReadAsync(ct);
        return Json([.. snapshot.Accounts.Values.OrderBy(account => account.Uid, StringComparer.Ordinal).Select(View)], AdminJson.Default.IReadOnlyListAccountView);
    }

    async ValueTask<byte[]?> ChangeAccountAsync(AdminRequest request, bool isDisabled, CancellationToken ct)
    {
        var account = await directory.ChangeAccountAsync(await NamedAccountAsync(Need(request.Name, "name"), ct), isDisabled, ct);
        return Json(View(account), AdminJson.Default.AccountView);
    }

    async ValueTask<byte[]?> RemoveAccountAsync(AdminRequest request, CancellationToken ct)
    {
        await directory.RemoveAccountAsync(await NamedAccountAsync(Need(request.Name, "name"), ct), ct);
        return null;
    }

    async ValueTask<byte[]?> AddUserAsync(AdminRequest request, CancellationToken ct)
    {
        var (user, key) = await directory.AddUserAsync(await AccountAsync(request, ct), Need(request.Name, "name"), ct);
        return Json(View(user) with { AccessKeyId = key.Record.Id, AccessKeySecret = key.Secret.Reveal() }, AdminJson.Default.UserView);
    }

    async ValueTask<byte[]?> ListUsersAsync(AdminRequest request, CancellationToken ct)
    {
        var account = request.Account is null ? null : await AccountAsync(request, ct);
        var users = (await directory.ReadAsync(ct)).Users.Values
            .Where(user => account is null || user.Record.AccountUid == account)
            .OrderBy(user => (user.Record.AccountUid, user.Record.Name))
            .Select(user => View(user.Record));
        return Json([.. users], AdminJson.Default.IReadOnlyListUserView);
    }

    async ValueTask<byte[]?> ShowUserAsync(AdminRequest request, CancellationToken ct)
    {
        var (account, name) = (await AccountAsync(request, ct), Need(request.Name, "name"));
        var user = (await directory.ReadAsync(ct)).FindUser(account, name) ?? throw AccessException.Missing("User", name);
        return Json(View(user.Record), AdminJson.Default.UserView);
    }

    async ValueTask<byte[]?> ChangeUserAsync(AdminRequest request, Func<UserRecord, UserRecord> change, CancellationToken ct)
    {
        var user = await directory.ChangeUserAsync(await AccountAsync(request, ct), Need(request.Name, "name"), change, ct);
        return Json(View(user), AdminJson.Default.UserView);
    }

    async ValueTask<byte[]?> RemoveUserAsync(AdminRequest request, CancellationToken ct)
    {
        await directory.RemoveUserAsync(await AccountAsync(request, ct), Need(request.Name, "name"), ct);
        return null;
    }

    async ValueTask<byte[]?> AddKeyAsync(AdminRequest request, CancellationToken ct)
    {
        if (request.User is null && request.Account is null)
        {
            throw AccessException.Parameter("user", "Say whose key it is: a user, or an account for a key of the account itself.");
        }

        var key = await directory.AddKeyAsync(await AccountAsync(request, ct), request.User, ct);
        return Json(View(key.Record) with { AccessKeySecret = key.Secret.Reveal() }, AdminJson.Default.KeyView);
    }

    async ValueTask<byte[]?> ListKeysAsync(AdminRequest request, CancellationToken ct)
    {
        var account = request.Account is null ? null : await AccountAsync(request, ct);
        var keys = (await directory.ReadAsync(ct)).Keys.Values
            .Select(key => key.Record)
            .Where(key => (account is null || key.AccountUid == account) && (request.User is null || (key.UserName is { } name && AccessName.AreSame(name, request.User))))
            .OrderBy(key => (key.AccountUid, key.UserName, key.Created))
            .Select(View);
        return Json([.. keys], AdminJson.Default.IReadOnlyListKeyView);
    }

    async ValueTask<byte[]?> ChangeKeyAsync(AdminRequest request, bool isDisabled, CancellationToken ct) =>
        Json(View(await directory.ChangeKeyAsync(Need(request.AccessKeyId, "accessKeyId"), isDisabled, ct)), AdminJson.Default.KeyView);

    async ValueTask<byte[]?> RemoveKeyAsync(AdminRequest request, CancellationToken ct)
    {
        await directory.RemoveKeyAsync(Need(request.AccessKeyId, "accessKeyId"), ct);
        return null;
    }

    async ValueTask<byte[]?> AddRoleAsync(AdminRequest request, CancellationToken ct)
    {
        var role = await directory.AddRoleAsync(
            await AccountAsync(request, ct),
            Need(request.Name, "name"),
            Need(request.Trust, "trust"),
            request.Document is null ? [] : [new(DefaultPolicyName, request.Document)],
            request.MaxSessionSeconds ?? RoleRecord.DefaultSessionSeconds,
            ct);
        return Json(View(role), AdminJson.Default.RoleView);
    }

    async ValueTask<byte[]?> ListRolesAsync(AdminRequest request, CancellationToken ct)
    {
        var account = request.Account is null ? null : await AccountAsync(request, ct);
        var roles = (await directory.ReadAsync(ct)).Roles.Values
            .Where(role => account is null || role.Record.AccountUid == account)
            .OrderBy(role => (role.Record.AccountUid, role.Record.Name))
            .Select(role => View(role.Record));
        return Json([.. roles], AdminJson.Default.IReadOnlyListRoleView);
    }

    async ValueTask<byte[]?> ShowRoleAsync(AdminRequest request, CancellationToken ct)
    {
        var (account, name) = (await AccountAsync(request, ct), Need(request.Name, "name"));
        var role = (await directory.ReadAsync(ct)).FindRole(account, name) ?? throw AccessException.Missing("Role", name);
        return Json(View(role.Record), AdminJson.Default.RoleView);
    }

    async ValueTask<byte[]?> TrustRoleAsync(AdminRequest request, CancellationToken ct)
    {
        var trust = Need(request.Trust, "trust");
        var role = await directory.ChangeRoleAsync(await AccountAsync(request, ct), Need(request.Name, "name"), role => role with { Trust = trust }, ct);
        return Json(View(role), AdminJson.Default.RoleView);
    }

    async ValueTask<byte[]?> RemoveRoleAsync(AdminRequest request, CancellationToken ct)
    {
        await directory.RemoveRoleAsync(await AccountAsync(request, ct), Need(request.Name, "name"), ct);
        return null;
    }

    async ValueTask<byte[]?> AttachAsync(AdminRequest request, CancellationToken ct)
    {
        var policy = new AttachedPolicy(request.Name ?? DefaultPolicyName, Need(request.Document, "document"));
        return await ChangePoliciesAsync(request, policies => AccessDirectory.With([.. policies], policy), ct);
    }

    ValueTask<byte[]?> DetachAsync(AdminRequest request, CancellationToken ct) =>
        ChangePoliciesAsync(request, policies => AccessDirectory.Without([.. policies], request.Name ?? DefaultPolicyName), ct);

    async ValueTask<byte[]?> ChangePoliciesAsync(
        AdminRequest request, Func<IEnumerable<AttachedPolicy>, IEnumerable<AttachedPolicy>> change, CancellationToken ct)
    {
        var account = await AccountAsync(request, ct);
        RequireOneHolder(request);
        if (request.Role is { } roleName)
        {
            var role = await directory.ChangeRoleAsync(account, roleName, role => role with { Policies = [.. change(role.Policies)] }, ct);
            return Json(View(role), AdminJson.Default.RoleView);
        }

        var user = await directory.ChangeUserAsync(
            account, Need(request.User, "user"), user => user with { Policies = [.. change(user.Policies)] }, ct);
        return Json(View(user), AdminJson.Default.UserView);
    }

    async ValueTask<byte[]?> ListPoliciesAsync(AdminRequest request, CancellationToken ct)
    {
        var account = await AccountAsync(request, ct);
        RequireOneHolder(request);
        var snapshot = await directory.ReadAsync(ct);
        var policies = request.Role is { } roleName
            ? (snapshot.FindRole(account, roleName) ?? throw AccessException.Missing("Role", roleName)).Record.Policies
            : (snapshot.FindUser(account, Need(request.User, "user")) ?? throw AccessException.Missing("User", request.User!)).Record.Policies;
        return Json([.. policies.Select(policy => new PolicyView(policy.Name, policy.Document))], AdminJson.Default.IReadOnlyListPolicyView);
    }

    /// <summary>The name of a policy that was given none: a user or role then has one policy, and attaching replaces it.</summary>
    const string DefaultPolicyName = "inline";

    async ValueTask<string> AccountAsync(AdminRequest request, CancellationToken ct) =>
        request.Account is null ? AccountRecord.RootUid : await NamedAccountAsync(request.Account, ct);

    async ValueTask<string> NamedAccountAsync(string uidOrName, CancellationToken ct) =>
        ((await directory.ReadAsync(ct)).FindAccount(uidOrName) ?? throw AccessException.Missing("Account", uidOrName)).Uid;

    static void RequireOneHolder(AdminRequest request)
    {
        if (request is { User: not null, Role: not null })
        {
            throw AccessException.Parameter("user", "Give a user or a role, not both.");
        }
    }

    static string Need(string? value, string name) =>
        string.IsNullOrEmpty(value) ? throw AccessException.Parameter(name, $"{name} is missing.") : value;

    static byte[] Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    static AccountView View(AccountRecord account) => new() { Uid = account.Uid, Name = account.Name, Created = account.Created, Disabled = account.IsDisabled };

    static UserView View(UserRecord user) => new()
    {
        Uid = user.Uid,
        Name = user.Name,
        AccountUid = user.AccountUid,
        Arn = $"acs:ram::{user.AccountUid}:user/{user.Name}",
        Created = user.Created,
        Disabled = user.IsDisabled,
        Policies = [.. user.Policies.Select(policy => policy.Name)],
    };

    static KeyView View(AccessKeyRecord key) =>
        new() { AccessKeyId = key.Id, AccountUid = key.AccountUid, UserName = key.UserName, Created = key.Created, Disabled = key.IsDisabled };

    static RoleView View(RoleRecord role) => new()
    {
        Arn = $"acs:ram::{role.AccountUid}:role/{role.Name}",
        Name = role.Name,
        RoleId = role.Id,
        AccountUid = role.AccountUid,
        Created = role.Created,
        Trust = role.Trust,
        MaxSessionSeconds = role.MaxSessionSeconds,
        Policies = [.. role.Policies.Select(policy => policy.Name)],
    };
}
