using Moss.Protocol.Errors;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl;

/// <summary>What a refused request is told: message, error code detail, and for users and roles which action lacks.</summary>
static class Refusals
{
    public static OssException Of(OssContext context, AccessQuestion question, DecisionReason reason)
    {
        var (message, ec) = reason switch
        {
            DecisionReason.SessionPolicyDenies => ("Access denied by session policy.", "0003-00000301"),
            DecisionReason.IdentityPolicyDenies => ("Access denied by authorizer's policy.", "0003-00000201"),
            DecisionReason.BucketPolicyDenies => ("Access denied by bucket policy.", "0003-00000101"),
            DecisionReason.BothDeny => ("Access denied by bucket policy and authorizer's policy.", "0003-00000203"),
            DecisionReason.ObjectAclDenies => (
                question.Right == AclRight.Read ? "You do not have read permission on this object." : "You do not have write permission on this object.",
                "0003-00000001"),
            DecisionReason.BucketAclDenies => ("You have no right to access this object because of bucket acl.", "0003-00000001"),
            _ => Management(question),
        };
        return new(OssErrors.AccessDenied, message, ec, Details(context.Caller.Identity, question, reason));
    }

    /// <summary>A stranger at a bucket whose readers pay.</summary>
    public static OssException Payment() =>
        new(OssErrors.AccessDenied, "Access denied for requester pay bucket", "0003-00000703");

    static (string Message, string? EC) Management(AccessQuestion question)
    {
        var identity = question.Identity;
        return identity.IsAnonymous
            ? (question.Request.Resource.Path == "*" ? OssErrors.AccessDenied.Message : "Anonymous access is forbidden for this operation.", null)
            : identity.AccountUid != question.OwnerUid ? ("The bucket you access does not belong to you.", null)
            : ("You have no right to access this object.", "0003-00000202");
    }

    static KeyValuePair<string, string>[] Details(Identity identity, AccessQuestion question, DecisionReason reason)
    {
        if (identity.Kind is not (IdentityKind.User or IdentityKind.AssumedRole))
        {
            return [];
        }

        var isUser = identity.Kind == IdentityKind.User;
        return
        [
            new("AuthAction", question.Request.Action),
            new("AuthPrincipalType", isUser ? "SubUser" : "AssumedRoleUser"),
            new("AuthPrincipalOwnerId", identity.AccountUid),
            new("AuthPrincipalDisplayName", isUser ? identity.UserUid : $"{identity.Name}:{identity.SessionName}"),
            new("PolicyType", reason switch
            {
                DecisionReason.SessionPolicyDenies => "SessionPolicy",
                DecisionReason.BucketPolicyDenies or DecisionReason.BothDeny => "BucketPolicy",
                _ => "AccountLevelIdentityBasedPolicy",
            }),
            new("NoPermissionType", reason is DecisionReason.IdentityPolicyDenies or DecisionReason.BucketPolicyDenies or DecisionReason.BothDeny
                ? "ExplicitDeny"
                : "ImplicitDeny"),
        ];
    }
}
