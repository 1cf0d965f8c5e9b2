using System.Globalization;
using System.Text;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.AccessControl.Admin;

/// <summary>Says what would be decided over a request, and why, without one: by the policies, ACLs and owners as they are now.</summary>
sealed class PolicySimulator(AccessDirectory directory, BucketFactsReader reader, string? region)
{
    public async ValueTask<DecisionView> SimulateAsync(AdminRequest request, CancellationToken ct)
    {
        var action = request.Action ?? throw AccessException.Parameter("action", "action is missing.");
        var (identity, policies) = await WhoAsync(request, ct);
        if (request.Document is { } document)
        {
            policies = [.. policies, PolicyParser.Parse(Encoding.UTF8.GetBytes(document), PolicyKind.Identity)];
        }

        var values = (request.Values ?? PolicyRequest.NoValues).ToDictionary(
            pair => ConditionKeys.Canonical(pair.Key, PolicyKind.Identity)
                ?? throw AccessException.Parameter("values", $"{pair.Key} is no condition key."),
            pair => pair.Value,
            StringComparer.Ordinal);
        var question = new AccessQuestion
        {
            Identity = identity,
            Request = new(action, Arn.OfService(region, identity.AccountUid), values),
            IdentityPolicies = [.. policies],
            Right = RightOf(action, request.Key),
        };
        if (request.Bucket is { } bucket)
        {
            question = await AtBucketAsync(question, BucketName.Parse(bucket), request.Key is null ? null : ObjectKey.Parse(request.Key), ct);
        }

        var decision = AccessDecision.Decide(question);
        return new()
        {
            Allowed = decision.IsAllowed,
            Reason = decision.Reason.ToString(),
            Principal = identity.IsAnonymous ? "anonymous" : identity.Arn,
            Action = action,
            Resource = question.Request.Resource.ToString(),
            Statement = decision.Statement is null ? null : PlaceOf(question, decision.Statement),
        };
    }

    async ValueTask<(Identity Identity, IReadOnlyList<PolicyDocument> Policies)> WhoAsync(AdminRequest request, CancellationToken ct)
    {
        var snapshot = await directory.ReadAsync(ct);
        var account = request.Account is not { } named ? AccountRecord.RootUid
            : (snapshot.FindAccount(named) ?? throw AccessException.Missing("Account", named)).Uid;
        if (request.Anonymous)
        {
            return (Identity.Anonymous, []);
        }

        if (request.Role is { } roleName)
        {
            var role = snapshot.FindRole(account, roleName) ?? throw AccessException.Missing("Role", roleName);
            return (Identity.OfRole(account, role.Record.Name, "simulation"), role.Policies);
        }

        if (request.User is { } userName)
        {
            var user = snapshot.FindUser(account, userName) ?? throw AccessException.Missing("User", userName);
            return (Identity.OfUser(account, user.Record.Uid, user.Record.Name), user.Policies);
        }

        return (Identity.OfAccount(account), []);
    }

    async ValueTask<AccessQuestion> AtBucketAsync(AccessQuestion question, BucketName bucket, ObjectKey? key, CancellationToken ct)
    {
        var facts = await reader.ReadAsync(bucket, key, version: null, question.Identity, PolicyNeeds.BucketTags | PolicyNeeds.ExistingObjectTags, ct);
        var values = new Dictionary<string, string>(question.Request.Values, StringComparer.Ordinal);
        foreach (var (name, value) in facts.Tags)
        {
            values.TryAdd(ConditionKeys.BucketTag + name, value);
        }

        foreach (var (name, value) in facts.Object?.Attributes.Tags ?? [])
        {
            values.TryAdd(ConditionKeys.ExistingObjectTag + name, value);
        }

        var owner = facts.Bucket.OwnerId;
        return question with
        {
            Request = new(
                question.Request.Action,
                key is { } named ? Arn.OfObject(region, owner, bucket.Value, named.Value) : Arn.OfBucket(region, owner, bucket.Value),
                values),
            BucketPolicy = facts.Policy,
            BucketAcl = facts.Bucket.Acl,
            ObjectAcl = facts.Object?.Acl ?? Acl.Default,
            BlocksPublicAccess = facts.BlocksPublicAccess,
        };
    }

    // As the operations of the table that need this action have it.
    static AclRight RightOf(string action, string? key)
    {
        if (key is null)
        {
            return AclRight.None;
        }

        var operation = OperationTable.All.FirstOrDefault(
            row => row.Permission.Split('|').Contains(action, StringComparer.OrdinalIgnoreCase) && row.Access is Access.Read or Access.Write);
        return operation?.Access switch
        {
            Access.Read => AclRight.Read,
            Access.Write => AclRight.Write,
            _ => AclRight.None,
        };
    }

    static string PlaceOf(AccessQuestion question, PolicyStatement statement)
    {
        var inBucket = question.BucketPolicy?.Statements.IndexOf(statement) ?? -1;
        if (inBucket >= 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"bucket policy, statement {inBucket + 1}");
        }

        for (var policy = 0; policy < question.IdentityPolicies.Length; policy++)
        {
            var index = question.IdentityPolicies[policy].Statements.IndexOf(statement);
            if (index >= 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"policy {policy + 1}, statement {index + 1}");
            }
        }

        return "";
    }
}
