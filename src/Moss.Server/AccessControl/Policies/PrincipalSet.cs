using System.Collections.Immutable;
using Moss.Server.AccessControl.Accounts;

namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// Whom a statement of a bucket or trust policy is about.
/// </summary>
/// <param name="Entries">In a bucket policy uids, <c>arn:sts::</c> names and <c>*</c>; in a trust policy <c>acs:ram::</c> names and <c>*</c>.</param>
/// <param name="IsNot">NotPrincipal: everybody but these.</param>
sealed record PrincipalSet(ImmutableArray<PrincipalPattern> Entries, bool IsNot)
{
    /// <summary>Whether it means all but some, or all.</summary>
    public bool IsOpen => IsNot || Entries.Any(entry => entry.IsEveryone);

    /// <summary>
    /// Whether a sender is meant. The star without a condition leaves out the identities of the bucket's owner; with one it means everybody
    /// (the documented rule of bucket policies).
    /// </summary>
    public bool Includes(Identity identity, string ownerUid, bool hasConditions)
    {
        foreach (var entry in Entries)
        {
            if (entry.IsEveryone
                ? IsNot || hasConditions || ownerUid.Length == 0 || identity.AccountUid != ownerUid
                : entry.Matches(identity))
            {
                return !IsNot;
            }
        }

        return IsNot;
    }
}

/// <summary>One entry of a Principal. Names of users and roles are matched without case, those of sessions as they stand.</summary>
readonly record struct PrincipalPattern
{
    readonly WildcardPattern _name;
    readonly WildcardPattern _session;
    readonly PrincipalForm _form;

    PrincipalPattern(string text, PrincipalForm form, string account, string name = "", string session = "")
    {
        Text = text;
        Account = account;
        _form = form;
        _name = new WildcardPattern(name, ignoreCase: true);
        _session = new WildcardPattern(session);
    }

    public string Text { get; }

    public bool IsEveryone => _form == PrincipalForm.Everyone;

    string Account { get; }

    /// <summary>
    /// <c>*</c>, the digits of an account's or user's uid, or <c>arn:sts::{account}:assumed-role/{role}/{session}</c>; null for anything else.
    /// </summary>
    public static PrincipalPattern? ParseForBucket(string text)
    {
        const string Assumed = "arn:sts::";
        if (text == "*")
        {
            return new(text, PrincipalForm.Everyone, "");
        }

        if (IsUid(text))
        {
            return new(text, PrincipalForm.Uid, text);
        }

        var (account, name) = text.StartsWith(Assumed, StringComparison.Ordinal) ? Cut(text[Assumed.Length..]) : ("", "");
        var parts = name.Split('/');
        return IsUid(account) && parts is ["assumed-role", _, _]
            ? new(text, PrincipalForm.Role, account, parts[1], parts[2])
            : null;
    }

    /// <summary>
    /// <c>acs:ram::{account}:root</c> (everybody of the account), <c>.../user/{name}</c>, <c>.../role/{name}</c>, or <c>*</c>; null for anything else.
    /// </summary>
    public static PrincipalPattern? ParseForTrust(string text)
    {
        const string Ram = "acs:ram::";
        if (text == "*")
        {
            return new(text, PrincipalForm.Everyone, "");
        }

        var (account, name) = text.StartsWith(Ram, StringComparison.Ordinal) ? Cut(text[Ram.Length..]) : ("", "");
        return !IsUid(account) ? null
            : name == "root" ? new(text, PrincipalForm.AnyOfAccount, account)
            : name.StartsWith("user/", StringComparison.Ordinal) ? new(text, PrincipalForm.User, account, name["user/".Length..])
            : name.StartsWith("role/", StringComparison.Ordinal) ? new(text, PrincipalForm.Role, account, name["role/".Length..], "*")
            : null;
    }

    /// <summary>Why it can mean nobody; null when it can mean somebody. (Whether somebody of that name is there does not matter.)</summary>
    public string? Fault =>
        _form is not (PrincipalForm.User or PrincipalForm.Role) ? null
        : !CanBeName(_name.Text) ? "no user or role has such a name"
        : _form == PrincipalForm.Role && !CanBeName(_session.Text) ? "no session has such a name"
        : null;

    public bool Matches(Identity identity) => _form switch
    {
        PrincipalForm.Everyone => true,
        PrincipalForm.Uid => identity.IsAccount(Account) || (identity.Kind == IdentityKind.User && identity.UserUid == Account),
        PrincipalForm.AnyOfAccount => !identity.IsAnonymous && (identity.AccountUid == Account || identity.UserUid == Account),
        PrincipalForm.User => identity.Kind == IdentityKind.User && identity.AccountUid == Account && _name.Matches(identity.Name),
        _ => identity.Kind == IdentityKind.AssumedRole && identity.AccountUid == Account
            && _name.Matches(identity.Name) && _session.Matches(identity.SessionName),
    };

    public override string ToString() => Text;

    static bool CanBeName(string pattern) => AccessName.IsValid(pattern.Replace('*', '-').Replace('?', '-'));

    static bool IsUid(string text) => text.Length is > 0 and <= 32 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    static (string Account, string Name) Cut(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? ("", "") : (text[..colon], text[(colon + 1)..]);
    }

    enum PrincipalForm
    {
        Everyone,
        Uid,
        AnyOfAccount,
        User,
        Role,
    }
}
