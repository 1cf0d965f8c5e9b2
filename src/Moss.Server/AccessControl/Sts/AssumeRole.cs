using System.Globalization;
using System.Security.Cryptography;
using Moss.Protocol.Errors;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Policies;
using Moss.Server.AccessControl.Tokens;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Sts;

/// <summary>A grant for a time.</summary>
/// <param name="Token">What was granted.</param>
/// <param name="Text">The token as the client sends it along.</param>
/// <param name="RoleArn">Of the session.</param>
/// <param name="RoleId">The role's id and the session's name.</param>
sealed record Grant(SecurityToken Token, string Text, string RoleArn, string RoleId);

/// <summary>
/// AssumeRole: a user (or a role) that its own policies allow it, and that the role's trust policy names, gets a temporary key. Its rights are those of the role,
/// cut by the session's policy when one is given.
/// </summary>
sealed class AssumeRole(SecurityTokens tokens, TimeProvider time)
{
    const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>What the sender's policies must allow.</summary>
    public const string Action = "sts:AssumeRole";


    public Grant Run(RpcRequest request, Caller caller, AccessSnapshot snapshot, Dictionary<string, string> values)
    {
        var arn = RoleArn.Parse(request["RoleArn"] ?? throw StsException.Missing("RoleArn"), snapshot);
        var session = request["RoleSessionName"] ?? throw StsException.Missing("RoleSessionName");
        RequireSessionName(session);
        var policy = SessionPolicy(request["Policy"]);
        if (ExternalId(request["ExternalId"]) is { } externalId)
        {
            values[ConditionKeys.ExternalId] = externalId;
        }

        var role = snapshot.FindRole(arn.AccountUid, arn.Name);
        var decision = Judge(caller, arn, role, values);
        if (!decision.IsAllowed)
        {
            throw StsException.NoPermission(decision.Reason switch
            {
                DecisionReason.AccountsAssumeNoRoles => "Roles may not be assumed by root accounts.",
                DecisionReason.TrustPolicyDenies => "You are not authorized to do this action. The trust policy of the role does not name you.",
                _ => "You are not authorized to do this action. You should be authorized by RAM.",
            });
        }

        return role is null
            ? throw new StsException("EntityNotExist.Role", 404, $"The role not exists: {arn.Name}.")
            : Make(role.Record, session, Duration(request["DurationSeconds"], role.Record), policy);
    }

    /// <summary>
    /// Whether a sender may assume a role: by its own policies, judged with the name that the role has, however the client wrote it; then by the trust policy.
    /// Of a role that is not there only the first is asked: whoever may not assume a role does not learn whether it is there.
    /// </summary>
    public static AccessDecision Judge(Caller caller, RoleArn arn, AccessRole? role, IReadOnlyDictionary<string, string> values)
    {
        if (caller.Identity.Kind == IdentityKind.Account)
        {
            return new(DecisionReason.AccountsAssumeNoRoles);
        }

        var request = new PolicyRequest(Action, Arn.OfRole(arn.AccountUid, role?.Record.Name ?? arn.Name), values);
        var own = AccessDecision.Decide(new()
        {
            // At home whatever the role's account is: a role of another account is guarded by its trust policy.
            Identity = caller.Identity with { AccountUid = arn.AccountUid },
            Request = request,
            SessionPolicy = caller.SessionPolicy,
            IdentityPolicies = caller.Policies,
        });
        if (!own.IsAllowed || role is null)
        {
            return own;
        }

        var applying = role.Trust.Statements.Where(statement => statement.AppliesTo(request, caller.Identity, ownerUid: "")).ToList();
        var denying = applying.Find(statement => statement.Effect == PolicyEffect.Deny);
        return denying is not null || applying.Count == 0
            ? new(DecisionReason.TrustPolicyDenies, denying)
            : new(DecisionReason.TrustPolicyAllows, applying[0]);
    }

    Grant Make(RoleRecord role, string session, int seconds, string? policy)
    {
        var expires = time.GetUtcNow().AddSeconds(seconds);
        var token = new SecurityToken
        {
            AccessKeyId = KeyRingView.TemporaryLead + RandomNumberGenerator.GetString(Letters, 25),
            Secret = RandomNumberGenerator.GetString(Letters, 44),
            AccountUid = role.AccountUid,
            RoleId = role.Id,
            RoleName = role.Name,
            SessionName = session,
            Expires = expires.AddTicks(-(expires.Ticks % TimeSpan.TicksPerSecond)),
            Policy = policy,
        };
        return new(token, tokens.Make(token), $"acs:ram::{role.AccountUid}:role/{role.Name.ToLowerInvariant()}/{session}", $"{role.Id}:{session}");
    }

    static int Duration(string? text, RoleRecord role) =>
        text is null ? RoleRecord.DefaultSessionSeconds
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= RoleRecord.MinSessionSeconds && seconds <= role.MaxSessionSeconds
            ? seconds
            : throw StsException.Invalid(
                "DurationSeconds", $"The Min/Max value of DurationSeconds is {RoleRecord.MinSessionSeconds}s/{role.MaxSessionSeconds}s.");

    static void RequireSessionName(string name)
    {
        if (name.Length is < 2 or > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '@' or '-' or '_'))
        {
            throw StsException.Invalid("RoleSessionName", "The parameter RoleSessionName is wrongly formed.");
        }
    }

    static string? ExternalId(string? text) =>
        text is null or { Length: >= 2 and <= 1224 } ? text : throw StsException.Invalid("ExternalId", "The parameter ExternalId is wrongly formed.");

    static string? SessionPolicy(string? json)
    {
        if (json is null)
        {
            return null;
        }

        if (json.Length > PolicyParser.MaxSessionLength)
        {
            throw StsException.Invalid("PolicySize", $"The size of Policy must be smaller than {PolicyParser.MaxSessionLength} characters.");
        }

        try
        {
            PolicyParser.ParseNew(json, PolicyKind.Session);
            return json;
        }
        catch (OssException invalid)
        {
            throw StsException.Invalid("PolicyGrammar", $"The parameter Policy has not passed grammar check. {invalid.Message}");
        }
    }
}

/// <summary><c>acs:ram::{account}:role/{name}</c>.</summary>
readonly record struct RoleArn(string AccountUid, string Name)
{
    /// <exception cref="StsException">It is none.</exception>
    public static RoleArn Parse(string text, AccessSnapshot snapshot) =>
        TryParse(text, snapshot) ?? throw StsException.Invalid("RoleArn", "The parameter RoleArn is wrongly formed.");

    /// <summary>The role that a text names, there or not; null when it names none.</summary>
    public static RoleArn? TryParse(string text, AccessSnapshot snapshot)
    {
        const string Lead = "acs:ram::", Middle = ":role/";
        var middle = text.IndexOf(Middle, StringComparison.OrdinalIgnoreCase);
        if (!text.StartsWith(Lead, StringComparison.OrdinalIgnoreCase) || middle <= Lead.Length || middle + Middle.Length == text.Length)
        {
            return null;
        }

        // Whoever has only a user's uid at hand means its account.
        var uid = text[Lead.Length..middle];
        return new(snapshot.UsersByUid.GetValueOrDefault(uid)?.Record.AccountUid ?? uid, text[(middle + Middle.Length)..]);
    }
}
