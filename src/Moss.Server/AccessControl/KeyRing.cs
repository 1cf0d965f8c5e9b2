using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Policies;
using Moss.Server.AccessControl.Tokens;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl;

/// <summary>Every key that may sign: the root's, those of accounts and users, and the temporary ones that live in their tokens.</summary>
sealed class KeyRing(RootCredential root, AccessStore store, SecurityTokens tokens, TimeProvider time)
{
    /// <summary>The keys as they are now, for one request.</summary>
    public async ValueTask<KeyRingView> OpenAsync(CancellationToken ct) => new(root, await store.ReadAsync(ct), tokens, time);
}

/// <summary>
/// The keys at one instant, so that a request is found, checked and judged by one and the same state.
/// </summary>
sealed class KeyRingView(RootCredential root, AccessSnapshot snapshot, SecurityTokens tokens, TimeProvider time) : IAccessKeySource
{
    /// <summary>How the ids of temporary keys begin.</summary>
    public const string TemporaryLead = "STS.";

    // The token that was opened while its key was looked up.
    SecurityToken? _token;

    public ValueTask<AccessKey?> FindAsync(string accessKeyId, string? securityToken, CancellationToken ct) =>
        ValueTask.FromResult(securityToken is null ? FindPermanent(accessKeyId) : FindTemporary(accessKeyId, securityToken));

    /// <summary>Whoever signed with a key that <see cref="FindAsync"/> found; the last check of a token, and so of authentication.</summary>
    /// <exception cref="OssException"><c>SecurityTokenExpired</c>, <c>InvalidSecurityToken</c> or <c>UserDisable</c>.</exception>
    public Caller CallerOf(string accessKeyId) =>
        _token is { } token ? CallerOf(token)
        : accessKeyId == root.AccessKeyId ? new Caller(accessKeyId, Identity.OfAccount(AccountRecord.RootUid)) { IsRoot = true }
        : CallerOf(snapshot.Keys[accessKeyId]);

    AccessKey? FindPermanent(string id) =>
        id == root.AccessKeyId ? new(id, root.Secret) : snapshot.Keys.GetValueOrDefault(id)?.Key;

    AccessKey? FindTemporary(string id, string securityToken)
    {
        var isKnown = id.StartsWith(TemporaryLead, StringComparison.Ordinal) || FindPermanent(id) is not null;
        _token = tokens.TryOpen(securityToken);
        if (_token is null)
        {
            return isKnown ? throw new OssException(OssErrors.InvalidSecurityToken) : null;
        }

        return _token.AccessKeyId == id
            ? new(id, new AccessKeySecret(_token.Secret))
            : throw new OssException(OssErrors.AccessKeyIdAndSecurityTokenNotMatch);
    }

    Caller CallerOf(SecurityToken token)
    {
        if (time.GetUtcNow() >= token.Expires)
        {
            throw new OssException(OssErrors.SecurityTokenExpired);
        }

        // What the role may do now counts, not what it could when the token was made.
        if (snapshot.FindRole(token.AccountUid, token.RoleName) is not { } role || role.Record.Id != token.RoleId)
        {
            throw new OssException(OssErrors.InvalidSecurityToken);
        }

        if (snapshot.Accounts.GetValueOrDefault(token.AccountUid) is null or { IsDisabled: true })
        {
            throw new OssException(OssErrors.UserDisable);
        }

        return new(token.AccessKeyId, Identity.OfRole(token.AccountUid, token.RoleName, token.SessionName))
        {
            Policies = role.Policies,
            SessionPolicy = token.Policy is null ? null : PolicyParser.Parse(Encoding.UTF8.GetBytes(token.Policy), PolicyKind.Session),
        };
    }

    static Caller CallerOf(AccessKeyEntry key) =>
        key.User is { } user
            ? new(key.Record.Id, Identity.OfUser(user.Record.AccountUid, user.Record.Uid, user.Record.Name)) { Policies = user.Policies }
            : new(key.Record.Id, Identity.OfAccount(key.Record.AccountUid));
}
