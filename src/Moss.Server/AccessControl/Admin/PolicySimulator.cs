using System.Collections.Frozen;
using System.Globalization;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Policies;
using Moss.Server.AccessControl.Sts;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessControl.Admin;

/// <summary>
/// Says what would be decided over a request, and why, without one: by the policies, ACLs and owners as they are now. Of condition keys it knows the values
/// that it is told and the tags that it finds; the others are absent.
/// </summary>
sealed class PolicySimulator(AccessDirectory directory, BucketFactsReader reader, string? region)
{
    // The actions that requests ask for, and the operations that ask for them. (A form is judged as the object that it writes.)
    static readonly FrozenDictionary<string, Operation[]> Actions = OperationTable.All
        .Where(row => row.Access != Access.Free)
        .SelectMany(row => row.Permission.Split('|').Select(action => (action, row)))
        .GroupBy(pair => pair.action, pair => pair.row)
        .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.OrdinalIgnoreCase);

    public async ValueTask<DecisionView> SimulateAsync(AdminRequest request, CancellationToken ct)
    {
        var action = request.Action ?? throw AccessException.Parameter("action", "action is missing.");
        var snapshot = await directory.ReadAsync(ct);
        var (caller, principal) = Who(request, snapshot);
        var values = Values(request);
        if (string.Equals(action, AssumeRole.Action, StringComparison.OrdinalIgnoreCase))
        {
            return AtRole(request, caller, snapshot, values) with { Principal = principal };
        }

        var question = new AccessQuestion
        {
            Identity = caller.Identity,
            Request = new(action, Arn.OfService(region, caller.AccountId), values),
            SessionPolicy = caller.SessionPolicy,
            IdentityPolicies = caller.Policies,
        };
        return await AtStoreAsync(request, question, ct) with { Principal = principal };
    }

    static (Caller Caller, string Principal) Who(AdminRequest request, AccessSnapshot snapshot)
    {
        if (new[] { request.User is not null, request.Role is not null, request.Anonymous }.Count(isGiven => isGiven) > 1)
        {
            throw AccessException.Parameter("user", "Give a user, a role or anonymous, not several of them.");
        }

        var account = request.Account is not { } named ? AccountRecord.RootUid
            : (snapshot.FindAccount(named) ?? throw AccessException.Missing("Account", named)).Uid;
        var caller = Holder(request, snapshot, account);
        if (request.Document is { } document)
        {
            caller = caller with { Policies = [.. caller.Policies, PolicyParser.ParseNew(document, PolicyKind.Identity)] };
        }

        if (request.SessionPolicy is { } session)
        {
            caller = request.Role is null
                ? throw AccessException.Parameter("sessionPolicy", "Only the session of a role has a policy.")
                : caller with { SessionPolicy = PolicyParser.ParseNew(session, PolicyKind.Session) };
        }

        return (caller, caller.Identity.IsAnonymous ? "anonymous" : caller.Identity.Arn);
    }

    static Caller Holder(AdminRequest request, AccessSnapshot snapshot, string account)
    {
        const string Key = "simulation";
        if (request.Anonymous)
        {
            return Caller.Anonymous;
        }

        if (request.Role is { } roleName)
        {
            var role = snapshot.FindRole(account, roleName) ?? throw AccessException.Missing("Role", roleName);
            return new(Key, Identity.OfRole(account, role.Record.Name, Key)) { Policies = role.Policies };
        }

        if (request.User is { } userName)
        {
            var user = snapshot.FindUser(account, userName) ?? throw AccessException.Missing("User", userName);
            return new(Key, Identity.OfUser(account, user.Record.Uid, user.Record.Name)) { Policies = user.Policies };
        }

        return new(Key, Identity.OfAccount(account));
    }

    static Dictionary<string, string> Values(AdminRequest request)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in request.Values ?? PolicyRequest.NoValues)
        {
            var key = ConditionKeys.Canonical(name, PolicyKind.Trust) ?? throw AccessException.Parameter("values", $"{name} is no condition key.");
            if (!values.TryAdd(key, value))
            {
                throw AccessException.Parameter("values", $"{key} is given twice.");
            }
        }

        return values;
    }

    static DecisionView AtRole(AdminRequest request, Caller caller, AccessSnapshot snapshot, Dictionary<string, string> values)
    {
        var resource = request is { Resource: { } text, Bucket: null, Key: null } ? text
            : throw AccessException.Parameter("resource", $"{AssumeRole.Action} is about a role: name it as acs:ram::UID:role/NAME.");
        var arn = RoleArn.TryParse(resource, snapshot) ?? throw AccessException.Parameter("resource", $"{resource} is no role: acs:ram::UID:role/NAME.");
        var role = snapshot.FindRole(arn.AccountUid, arn.Name) ?? throw AccessException.Missing("Role", arn.Name);
        var decision = AssumeRole.Judge(caller, arn, role, values);
        return View(decision, AssumeRole.Action, Arn.OfRole(arn.AccountUid, role.Record.Name), new()
        {
            ["session policy"] = caller.SessionPolicy is { } session ? [session] : [],
            ["policy"] = caller.Policies,
            ["trust policy"] = [role.Trust],
        });
    }

    async ValueTask<DecisionView> AtStoreAsync(AdminRequest request, AccessQuestion question, CancellationToken ct)
    {
        var rows = RowsOf(request, question.Request.Action);
        var version = request.VersionId is { } id ? new VersionId(id) : (VersionId?)null;

        // As the table spells it, and for a version as requests of versions ask.
        var action = rows[0].Permission.Split('|').First(name => name.Equals(question.Request.Action, StringComparison.OrdinalIgnoreCase));
        action = version is not null && rows[0].PermissionFor(namesVersion: false) == action ? rows[0].PermissionFor(namesVersion: true) : action;
        question = question with { Request = question.Request with { Action = action }, Right = RightOf(rows) };
        if (request.Bucket is not { } name)
        {
            return View(AccessDecision.Decide(question), question);
        }

        // A bucket to be made is its maker's, and so it is judged where another's has the name.
        var bucket = BucketName.Parse(name);
        if (action == "oss:PutBucket" && await reader.OwnerAsync(bucket, ct) != question.Identity.AccountUid)
        {
            var made = question.Request with { Resource = Arn.OfBucket(region, question.Identity.AccountUid, name) };
            return View(AccessDecision.Decide(question with { Request = made }), question with { Request = made });
        }

        ObjectKey? key = request.Key is null ? null : ObjectKey.Parse(request.Key);
        var facts = await reader.ReadAsync(bucket, key, version, question.Identity, PolicyNeeds.BucketTags | PolicyNeeds.ExistingObjectTags, ct);
        var asked = At(question, facts, key);
        var isStranger = question.Identity.IsAnonymous || question.Identity.AccountUid != facts.Bucket.OwnerId;
        if (facts.RequesterPays && isStranger && (question.Identity.IsAnonymous || !string.Equals(request.RequestPayer, "requester", StringComparison.OrdinalIgnoreCase)))
        {
            return View(new(DecisionReason.RequesterPays), asked);
        }

        var decision = AccessDecision.Decide(asked);
        if (decision.IsAllowed && asked.Right == AclRight.Read && facts.Object is { Type: ObjectType.Symlink, Attributes.SymlinkTarget: { } link })
        {
            // Reading a link is reading what it leads to.
            asked = At(question, facts with { Object = facts.Target }, ObjectKey.Parse(link));
            decision = AccessDecision.Decide(asked);
        }

        return View(decision, asked);
    }

    static Operation[] RowsOf(AdminRequest request, string action)
    {
        var rows = Actions.GetValueOrDefault(action)
            ?? throw AccessException.Parameter("action", $"No call of this server asks for {action}. (One action at a time, without wildcards.)");

        // A list of keys is judged key by key, not as the bucket.
        var scopes = rows.Select(row => row.Scope).ToHashSet();
        scopes.ExceptWith(scopes.Contains(Scope.Object) ? [Scope.Bucket] : []);
        var given = request.Key is not null ? Scope.Object : request.Bucket is not null ? Scope.Bucket : Scope.Service;
        return request.Resource is not null || !scopes.Contains(given)
            ? throw AccessException.Parameter("action", $"{action} is about {string.Join(", or ", scopes.Select(What))}.")
            : request.VersionId is not null && given != Scope.Object
                ? throw AccessException.Parameter("versionId", "Only objects have versions.")
                : rows;
    }

    static string What(Scope scope) => scope switch
    {
        Scope.Service => "the service as a whole: name no bucket",
        Scope.Bucket => "a bucket: name one, and no key",
        _ => "an object: name a bucket and a key",
    };

    AccessQuestion At(AccessQuestion question, BucketFacts facts, ObjectKey? key)
    {
        var values = new Dictionary<string, string>(question.Request.Values, StringComparer.Ordinal);
        foreach (var (name, value) in facts.Tags)
        {
            values.TryAdd(ConditionKeys.BucketTag + name, value);
        }

        foreach (var (name, value) in facts.Object?.Attributes.Tags ?? [])
        {
            values.TryAdd(ConditionKeys.ExistingObjectTag + name, value);
        }

        var (owner, bucket) = (facts.Bucket.OwnerId, facts.Bucket.Name.Value);
        return question with
        {
            Request = new(
                question.Request.Action,
                key is { } named ? Arn.OfObject(region, owner, bucket, named.Value) : Arn.OfBucket(region, owner, bucket),
                values),
            BucketPolicy = facts.Policy,
            BucketAcl = facts.Bucket.Acl,
            ObjectAcl = facts.Object?.Acl ?? Acl.Default,
            BlocksPublicAccess = facts.BlocksPublicAccess,
        };
    }

    static AclRight RightOf(Operation[] rows) =>
        Array.Find(rows, row => row.Access is Access.Read or Access.Write)?.Access switch
        {
            Access.Read => AclRight.Read,
            Access.Write => AclRight.Write,
            _ => AclRight.None,
        };

    static DecisionView View(AccessDecision decision, AccessQuestion question) =>
        View(decision, question.Request.Action, question.Request.Resource, new()
        {
            ["session policy"] = question.SessionPolicy is { } session ? [session] : [],
            ["policy"] = question.IdentityPolicies,
            ["bucket policy"] = question.BucketPolicy is { } policy ? [policy] : [],
        });

    static DecisionView View(AccessDecision decision, string action, Arn resource, Dictionary<string, IReadOnlyList<PolicyDocument>> policies) => new()
    {
        Allowed = decision.IsAllowed,
        Reason = decision.Reason.ToString(),
        Principal = "",
        Action = action,
        Resource = resource.ToString(),
        Statement = decision.Statement is { } statement ? PlaceOf(statement, policies) : null,
    };

    // The very statement: another one may say the same.
    static string PlaceOf(PolicyStatement statement, Dictionary<string, IReadOnlyList<PolicyDocument>> policies)
    {
        foreach (var (name, documents) in policies)
        {
            for (var i = 0; i < documents.Count; i++)
            {
                var index = documents[i].Statements.ToList().FindIndex(other => ReferenceEquals(other, statement));
                if (index >= 0)
                {
                    var number = name == "policy" ? string.Create(CultureInfo.InvariantCulture, $" {i + 1}") : "";
                    return string.Create(CultureInfo.InvariantCulture, $"{name}{number}, statement {index + 1}");
                }
            }
        }

        return "";
    }
}
