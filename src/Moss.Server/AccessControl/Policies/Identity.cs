namespace Moss.Server.AccessControl.Policies;

/// <summary>What kind of somebody sent a request.</summary>
enum IdentityKind
{
    /// <summary>Nobody: the request is not signed.</summary>
    Anonymous,

    /// <summary>The account itself, by its own key.</summary>
    Account,

    /// <summary>A user of an account.</summary>
    User,

    /// <summary>A role of an account, assumed with a temporary key.</summary>
    AssumedRole,
}

/// <summary>Who sent a request, as policies know senders.</summary>
sealed record Identity
{
    public static readonly Identity Anonymous = new();

    public IdentityKind Kind { get; init; }

    /// <summary>The uid of the account that the sender belongs to; empty for nobody.</summary>
    public string AccountUid { get; init; } = "";

    /// <summary>The uid of a user; empty for everybody else.</summary>
    public string UserUid { get; init; } = "";

    /// <summary>The name of a user or role.</summary>
    public string Name { get; init; } = "";

    /// <summary>The session of an assumed role.</summary>
    public string SessionName { get; init; } = "";

    /// <summary>Whether nobody signed.</summary>
    public bool IsAnonymous => Kind == IdentityKind.Anonymous;

    /// <summary>Whether the sender is this account itself, not one of its users or roles.</summary>
    public bool IsAccount(string uid) => Kind == IdentityKind.Account && AccountUid == uid;

    /// <summary>The sender's ARN as trust policies, audit records and STS answers write it.</summary>
    public string Arn => Kind switch
    {
        IdentityKind.Account => $"acs:ram::{AccountUid}:root",
        IdentityKind.User => $"acs:ram::{AccountUid}:user/{Name}",
        IdentityKind.AssumedRole => $"acs:ram::{AccountUid}:assumed-role/{Name}/{SessionName}",
        _ => "",
    };

    /// <summary>Whom the administrator knows: the account, the user, or the role whatever its session.</summary>
    public string Principal => Kind == IdentityKind.AssumedRole ? $"acs:ram::{AccountUid}:role/{Name}" : Arn;

    public static Identity OfAccount(string uid) => new() { Kind = IdentityKind.Account, AccountUid = uid };

    public static Identity OfUser(string accountUid, string userUid, string name) =>
        new() { Kind = IdentityKind.User, AccountUid = accountUid, UserUid = userUid, Name = name };

    public static Identity OfRole(string accountUid, string role, string session) =>
        new() { Kind = IdentityKind.AssumedRole, AccountUid = accountUid, Name = role, SessionName = session };
}
