using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Audit;
using Moss.Server.AccessControl.Policies;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl;

/// <summary>
/// Decides over every request by the policies of its sender, session and bucket, by ownership and by ACLs. The order is that of
/// <see cref="AccessDecision"/>; this gathers what it needs and says a refusal in the documented words.
/// </summary>
/// <param name="reader">Looks up buckets and objects.</param>
/// <param name="region">The server's region, or null when it stands for any.</param>
sealed class PolicyAuthorizer(BucketFactsReader reader, string? region) : IAuthorizer
{
    public async ValueTask AuthorizeAsync(OssContext context, CancellationToken ct)
    {
        var operation = context.Operation;
        if (operation.Access == Access.Free)
        {
            return;
        }

        // What has no owner yet belongs to whoever asks: the service as the account sees it, and a bucket to be made. (To whom a name is another's, the
        // handler says just that.)
        if (operation.Scope == Scope.Service || (operation.Name == "PutBucket" && !await IsOwnAsync(context, ct)))
        {
            await AuthorizeOwnAsync(context, ct);
            return;
        }

        var version = VersionParameter.Read(context);
        var target = new AccessTarget(context.Bucket, context.Request.Key, version, operation.PermissionFor(version is not null), RightOf(operation.Access));
        BucketFacts facts;
        try
        {
            facts = await RequireAsync(context, target, ct);
        }
        catch (OssException gone) when (operation.Name == "PutBucket" && gone.Error == OssErrors.NoSuchBucket)
        {
            // Deleted since it was looked for: it is one to be made.
            await AuthorizeOwnAsync(context, ct);
            return;
        }

        if (operation.Access == Access.Write && context.GivenHeader("x-oss-tagging") is not null && operation.Name != "CopyObject")
        {
            await RequireTaggingAsync(context, target, facts, ct);
        }
    }

    public async ValueTask AuthorizeBucketAsync(OssContext context, string permission, CancellationToken ct) =>
        await RequireAsync(context, new(context.Bucket, Key: null, Version: null, permission, AclRight.None), ct);

    public async ValueTask AuthorizeObjectAsync(
        OssContext context, Access access, string permission, BucketName bucket, ObjectKey key, VersionId? version, CancellationToken ct)
    {
        var target = new AccessTarget(bucket, key, version, permission, RightOf(access));
        var facts = await RequireAsync(context, target, ct);
        if (context.Operation.Name == "CopyObject")
        {
            await RequireTravellingTagsAsync(context, target, facts, ct);
        }
        else if (context.Operation.Name == "PostObject" && context.GivenHeader("x-oss-tagging") is not null)
        {
            await RequireTaggingAsync(context, target, facts, ct);
        }
    }

    async ValueTask AuthorizeOwnAsync(OssContext context, CancellationToken ct)
    {
        var owner = context.Caller.AccountId;
        var resource = context.Request.Bucket is { } bucket ? Arn.OfBucket(region, owner, bucket.Value) : Arn.OfService(region, owner);
        await DecideAsync(context, facts: null, resource, context.Operation.Permission, AclRight.None, Acl.Default, ct);
    }

    async ValueTask<bool> IsOwnAsync(OssContext context, CancellationToken ct) =>
        !context.Caller.IsAnonymous && await reader.OwnerAsync(context.Bucket, ct) == context.Caller.AccountId;

    async ValueTask<BucketFacts> RequireAsync(OssContext context, AccessTarget target, CancellationToken ct)
    {
        var caller = context.Caller;
        var facts = await reader.ReadAsync(target.Bucket, target.Key, target.Version, caller.Identity, NeedsOf(caller), ct);
        RequirePayer(context, facts, target.Key);
        await DecideAsync(context, facts, ArnOf(facts, target.Key), target.Action, target.Right, facts.Object?.Acl ?? Acl.Default, ct);

        // A link to an object that may not be read gives nothing away.
        if (target.Right == AclRight.Read && context.Operation.Name != "GetSymlink"
            && facts.Object is { Type: ObjectType.Symlink, Attributes.SymlinkTarget: { } link })
        {
            var behind = facts with { Object = facts.Target };
            await DecideAsync(context, behind, ArnOf(facts, ObjectKey.Parse(link)), target.Action, target.Right, facts.Target?.Acl ?? Acl.Default, ct);
        }

        return facts;
    }

    // Whoever sets tags with a write must be allowed to set tags.
    ValueTask RequireTaggingAsync(OssContext context, AccessTarget target, BucketFacts facts, CancellationToken ct) =>
        DecideAsync(context, facts, ArnOf(facts, target.Key), "oss:PutObjectTagging", target.Right, facts.Object?.Acl ?? Acl.Default, ct);

    // Tags that travel with a copy are read there and set here.
    async ValueTask RequireTravellingTagsAsync(OssContext context, AccessTarget source, BucketFacts facts, CancellationToken ct)
    {
        var isReplaced = string.Equals(context.GivenHeader("x-oss-tagging-directive"), "REPLACE", StringComparison.OrdinalIgnoreCase);
        var hasTags = isReplaced
            ? context.GivenHeader("x-oss-tagging") is not null
            : (await reader.ObjectAsync(facts, source.Key!.Value, source.Version, ct))?.Attributes.Tags.Count > 0;
        if (!hasTags)
        {
            return;
        }

        if (!isReplaced)
        {
            var action = source.Version is null ? "oss:GetObjectTagging" : "oss:GetObjectVersionTagging";
            await DecideAsync(context, facts, ArnOf(facts, source.Key), action, AclRight.Read, facts.Object?.Acl ?? Acl.Default, ct);
        }

        var destination = new AccessTarget(context.Bucket, context.Key, Version: null, "oss:PutObjectTagging", AclRight.Write);
        await RequireAsync(context, destination, ct);
    }

    static async ValueTask DecideAsync(
        OssContext context, BucketFacts? facts, Arn resource, string action, AclRight right, Acl objectAcl, CancellationToken ct)
    {
        var caller = context.Caller;
        var hasConditions = facts?.Policy is { HasConditions: true } || caller.SessionPolicy is { HasConditions: true }
            || caller.Policies.Any(policy => policy.HasConditions);
        var question = new AccessQuestion
        {
            Identity = caller.Identity,
            Request = new(action, resource, hasConditions ? await ConditionValues.GatherAsync(context, facts, ct) : PolicyRequest.NoValues),
            SessionPolicy = caller.SessionPolicy,
            IdentityPolicies = caller.Policies,
            BucketPolicy = facts?.Policy,
            Right = right,
            BucketAcl = facts?.Bucket.Acl ?? Acl.Private,
            ObjectAcl = objectAcl,
            BlocksPublicAccess = facts?.BlocksPublicAccess ?? false,
        };
        var decision = AccessDecision.Decide(question);
        if (!decision.IsAllowed)
        {
            var slash = resource.Path.IndexOf('/', StringComparison.Ordinal);
            context.RefusedResource = resource.Path == "*" ? Auditing.NameOf(null, null)
                : slash < 0 ? Auditing.NameOf(resource.Path, null)
                : Auditing.NameOf(resource.Path[..slash], resource.Path[(slash + 1)..]);
            throw Refusals.Of(context, question, decision.Reason);
        }
    }

    static void RequirePayer(OssContext context, BucketFacts facts, ObjectKey? key)
    {
        if (!facts.RequesterPays || (!context.Caller.IsAnonymous && context.Caller.AccountId == facts.Bucket.OwnerId))
        {
            return;
        }

        const string name = "x-oss-request-payer";
        var payer = context.GivenHeader(name) ?? context.Query.Given(name);
        if (context.Caller.IsAnonymous || !string.Equals(payer, "requester", StringComparison.OrdinalIgnoreCase))
        {
            context.RefusedResource = Auditing.NameOf(facts.Bucket.Name.Value, key?.Value);
            throw Refusals.Payment();
        }

        context.SetHeader("x-oss-request-charged", "requester");
    }

    static PolicyNeeds NeedsOf(Caller caller)
    {
        var needs = caller.SessionPolicy?.Needs ?? PolicyNeeds.None;
        foreach (var policy in caller.Policies)
        {
            needs |= policy.Needs;
        }

        return needs;
    }

    Arn ArnOf(BucketFacts facts, ObjectKey? key) =>
        key is { } named
            ? Arn.OfObject(region, facts.Bucket.OwnerId, facts.Bucket.Name.Value, named.Value)
            : Arn.OfBucket(region, facts.Bucket.OwnerId, facts.Bucket.Name.Value);

    static AclRight RightOf(Access access) => access switch
    {
        Access.Read => AclRight.Read,
        Access.Write => AclRight.Write,
        _ => AclRight.None,
    };

    readonly record struct AccessTarget(BucketName Bucket, ObjectKey? Key, VersionId? Version, string Action, AclRight Right);
}
