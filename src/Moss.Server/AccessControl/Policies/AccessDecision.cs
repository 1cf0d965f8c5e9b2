using System.Collections.Immutable;
using Moss.Protocol.Names;

namespace Moss.Server.AccessControl.Policies;

/// <summary>Why a request is allowed or refused. Everything up to <see cref="OwnAccount"/> is allowed.</summary>
enum DecisionReason
{
    IdentityPolicyAllows,
    BucketPolicyAllows,
    AclAllows,

    /// <summary>Assuming a role: the sender's policies allow it, and so does the trust policy of the role.</summary>
    TrustPolicyAllows,

    /// <summary>The sender is the account that owns the resource.</summary>
    OwnAccount,

    SessionPolicyDenies,
    IdentityPolicyDenies,
    BucketPolicyDenies,

    /// <summary>Both sides say Deny.</summary>
    BothDeny,

    /// <summary>Nothing allows it, and the ACL that counts is the bucket's.</summary>
    BucketAclDenies,

    /// <summary>Nothing allows it, and the ACL that counts is the object's own.</summary>
    ObjectAclDenies,

    /// <summary>A management call that nothing allows.</summary>
    NothingAllows,

    /// <summary>Assuming a role: its trust policy denies it, or does not name the sender.</summary>
    TrustPolicyDenies,

    /// <summary>Assuming a role: accounts do not, their users do.</summary>
    AccountsAssumeNoRoles,

    /// <summary>The requester pays, and did not say that it would.</summary>
    RequesterPays,
}

/// <summary>What an operation is to ACLs.</summary>
enum AclRight
{
    /// <summary>Management and listing: no ACL grants it.</summary>
    None,
    Read,
    Write,
}

/// <summary>Everything that decides over a request, gathered beforehand: deciding reads nothing.</summary>
sealed record AccessQuestion
{
    public required Identity Identity { get; init; }

    public required PolicyRequest Request { get; init; }

    /// <summary>The policy given when the role was assumed; null when none was.</summary>
    public PolicyDocument? SessionPolicy { get; init; }

    /// <summary>The policies of the user or role.</summary>
    public ImmutableArray<PolicyDocument> IdentityPolicies { get; init; } = [];

    public PolicyDocument? BucketPolicy { get; init; }

    public AclRight Right { get; init; }

    public Acl BucketAcl { get; init; } = Acl.Private;

    /// <summary>The ACL of the object that is there; <see cref="Acl.Default"/> for a new one.</summary>
    public Acl ObjectAcl { get; init; }

    /// <summary>Public access is blocked: ACLs grant nothing, and the bucket policy nothing to strangers.</summary>
    public bool BlocksPublicAccess { get; init; }

    /// <summary>The account that owns the resource.</summary>
    public string OwnerUid => Request.Resource.Owner;
}

/// <summary>The answer, with the statement that decided it when one did.</summary>
readonly record struct AccessDecision(DecisionReason Reason, PolicyStatement? Statement = null)
{
    // A conditional Deny of everybody may hit the owner as well; these three give the account itself the way back.
    static readonly string[] WayBack = ["oss:PutBucketPolicy", "oss:GetBucketPolicy", "oss:DeleteBucketPolicy"];

    public bool IsAllowed => Reason <= DecisionReason.OwnAccount;

    /// <summary>
    /// Decides in the documented order: the session's policy; then the policies of the identity together with the bucket's, where a Deny of either counts
    /// before an Allow of either; then the owner's own right; then the ACL.
    /// </summary>
    public static AccessDecision Decide(AccessQuestion question)
    {
        if (question.SessionPolicy is { } session)
        {
            var said = Ask(session, question, withoutPublic: false);
            if (said.Effect != PolicyEffect.Allow)
            {
                return new(DecisionReason.SessionPolicyDenies, said.Statement);
            }
        }

        // What an account grants its own users is worth nothing at another account's resources.
        var isAtHome = !question.Identity.IsAnonymous && question.Identity.AccountUid == question.OwnerUid;
        var isOwner = question.Identity.IsAccount(question.OwnerUid);
        var identity = AskAll(question.IdentityPolicies, question);
        var bucket = question.BucketPolicy is { } policy && !(isOwner && WayBack.Contains(question.Request.Action, StringComparer.OrdinalIgnoreCase))
            ? Ask(policy, question, withoutPublic: question.BlocksPublicAccess && !isAtHome)
            : default;
        if (identity.Effect == PolicyEffect.Deny || bucket.Effect == PolicyEffect.Deny)
        {
            return identity.Effect != PolicyEffect.Deny ? new(DecisionReason.BucketPolicyDenies, bucket.Statement)
                : bucket.Effect != PolicyEffect.Deny ? new(DecisionReason.IdentityPolicyDenies, identity.Statement)
                : new(DecisionReason.BothDeny, bucket.Statement);
        }

        if (identity.Effect == PolicyEffect.Allow && isAtHome)
        {
            return new(DecisionReason.IdentityPolicyAllows, identity.Statement);
        }

        if (bucket.Effect == PolicyEffect.Allow)
        {
            return new(DecisionReason.BucketPolicyAllows, bucket.Statement);
        }

        return isOwner ? new(DecisionReason.OwnAccount) : OfAcl(question);
    }

    static AccessDecision OfAcl(AccessQuestion question)
    {
        if (question.Right == AclRight.None)
        {
            return new(DecisionReason.NothingAllows);
        }

        var isOwn = question.ObjectAcl != Acl.Default;
        var acl = question.BlocksPublicAccess ? Acl.Private : isOwn ? question.ObjectAcl : question.BucketAcl;
        return acl == Acl.PublicReadWrite || (acl == Acl.PublicRead && question.Right == AclRight.Read)
            ? new(DecisionReason.AclAllows)
            : new(isOwn ? DecisionReason.ObjectAclDenies : DecisionReason.BucketAclDenies);
    }

    static (PolicyEffect? Effect, PolicyStatement? Statement) AskAll(ImmutableArray<PolicyDocument> policies, AccessQuestion question)
    {
        (PolicyEffect? Effect, PolicyStatement? Statement) allowed = default;
        foreach (var policy in policies)
        {
            var said = Ask(policy, question, withoutPublic: false);
            if (said.Effect == PolicyEffect.Deny)
            {
                return said;
            }

            allowed = said.Effect is null ? allowed : said;
        }

        return allowed;
    }

    /// <summary>What one policy says: the first Deny that applies, else the first Allow, else nothing.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="question">What it is asked.</param>
    /// <param name="withoutPublic">Leaves out what it grants to everybody; what it grants by name beside that still counts.</param>
    static (PolicyEffect? Effect, PolicyStatement? Statement) Ask(PolicyDocument policy, AccessQuestion question, bool withoutPublic)
    {
        PolicyStatement? allow = null;
        foreach (var statement in policy.Statements)
        {
            if ((allow is null || statement.Effect == PolicyEffect.Deny)
                && statement.AppliesTo(question.Request, question.Identity, question.OwnerUid)
                && !(withoutPublic && statement.IsPublic))
            {
                if (statement.Effect == PolicyEffect.Deny)
                {
                    return (PolicyEffect.Deny, statement);
                }

                allow = statement;
            }
        }

        return (allow?.Effect, allow);
    }
}
