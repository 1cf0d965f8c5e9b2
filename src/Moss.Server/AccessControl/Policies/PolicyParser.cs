using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Moss.Protocol.Errors;

namespace Moss.Server.AccessControl.Policies;

/// <summary>
/// Reads policies, strictly: an element, operator or key that is not known is refused and named, because a policy that is half understood
/// grants or denies something that nobody wrote. Trailing commas are allowed, since the documentation's own samples have them.
/// </summary>
static class PolicyParser
{
    /// <summary>The longest policy in bytes: the documented 16 KB of a bucket policy, taken for all of them.</summary>
    public const int MaxBytes = 16 * 1024;

    /// <summary>AssumeRole: the longest session policy in characters.</summary>
    public const int MaxSessionLength = 2048;

    const string Lead = "Invalid Policy: ";

    static readonly JsonDocumentOptions Options = new()
    {
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
    };

    /// <summary>A policy that is given now, to be stored or to cut a session: also refused is what could never match anything.</summary>
    /// <remarks>One that was stored before a rule was there is still read by <see cref="Parse"/>: a bucket whose policy is not read could not be used.</remarks>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>.</exception>
    public static PolicyDocument ParseNew(string json, PolicyKind kind) => Checked(Parse(Encoding.UTF8.GetBytes(json), kind), bucket: null);

    /// <summary>As <see cref="ParseNew"/>, the policy of a bucket, of which every Resource must be able to name something.</summary>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>.</exception>
    public static PolicyDocument ParseForBucket(ReadOnlyMemory<byte> utf8, Arn bucket) => Checked(Parse(utf8, PolicyKind.Bucket), bucket);

    /// <summary>The policy.</summary>
    /// <exception cref="OssException"><c>InvalidPolicyDocument</c>, saying what is wrong and where; nothing else is thrown, whatever the bytes are.</exception>
    public static PolicyDocument Parse(ReadOnlyMemory<byte> utf8, PolicyKind kind)
    {
        if (utf8.Length > MaxBytes)
        {
            throw Invalid($"The policy is longer than {MaxBytes} bytes.");
        }

        if (utf8.Span.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        try
        {
            return Read(utf8, kind);
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for a string that is not UTF-8 or has half of a surrogate pair.
            throw Invalid("Invalid JSON: a string is not Unicode text.");
        }
    }

    static PolicyDocument Read(ReadOnlyMemory<byte> utf8, PolicyKind kind)
    {
        try
        {
            using var json = JsonDocument.Parse(utf8, Options);
            return Document(json.RootElement, kind);
        }
        catch (JsonException exception) when (exception.LineNumber is { } line)
        {
            throw Invalid($"Invalid JSON: line {line + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        catch (JsonException)
        {
            throw Invalid(Repeated(utf8.Span)); // The one fault that the reader gives no place.
        }
    }

    static PolicyDocument Checked(PolicyDocument policy, Arn? bucket)
    {
        for (var i = 0; i < policy.Statements.Length; i++)
        {
            var statement = policy.Statements[i];
            var fault = statement.Resources.Select(resource => Fault(resource, statement, bucket) is { } why ? $"Resource {resource.Text}: {why}" : null)
                .Concat((statement.Principal?.Entries ?? []).Select(entry => entry.Fault is { } why ? $"Principal {entry.Text}: {why}" : null))
                .FirstOrDefault(fault => fault is not null);
            if (fault is not null)
            {
                throw Invalid($"Statement {i + 1}: Invalid {fault}.");
            }
        }

        return policy;
    }

    static string? Fault(ArnPattern resource, PolicyStatement statement, Arn? bucket) =>
        resource.Fault
        ?? (statement.IsNotResource ? null
            : bucket is { } own && !resource.CanMatchIn(own) ? $"it names nothing of the bucket {own.Path}"
            : IsAllOf(statement, "oss:") && !resource.IsOf("oss") ? "actions of oss are done to resources of oss"
            : IsAllOf(statement, "sts:AssumeRole") && !resource.IsOf("ram") ? "roles are resources of ram"
            : null);

    static bool IsAllOf(PolicyStatement statement, string lead) =>
        !statement.IsNotAction && statement.Actions.All(action => action.Text.StartsWith(lead, StringComparison.OrdinalIgnoreCase));

    static string Repeated(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowTrailingCommas = true, MaxDepth = Options.MaxDepth });
        var open = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                open.Push(new(StringComparer.Ordinal));
            }
            else if (reader.TokenType == JsonTokenType.EndObject)
            {
                open.Pop();
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && !open.Peek().Add(reader.GetString()!))
            {
                var before = utf8[..(int)reader.TokenStartIndex];
                return $"Invalid JSON: {reader.GetString()} is given twice, line {before.Count((byte)'\n') + 1}, byte {before.Length - before.LastIndexOf((byte)'\n')}.";
            }
        }

        return "Invalid JSON: a member is given twice.";
    }

    static PolicyDocument Document(JsonElement root, PolicyKind kind)
    {
        RequireObject(root, "The policy");
        var statements = ImmutableArray.CreateBuilder<PolicyStatement>();
        var hasVersion = false;
        foreach (var property in root.EnumerateObject())
        {
            switch (property.Name)
            {
                case "Version":
                    hasVersion = property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() == "1";
                    break;
                case "Statement":
                    AddStatements(property.Value, kind, statements);
                    break;
                default:
                    throw Invalid($"Unknown element {property.Name}.");
            }
        }

        return !hasVersion ? throw Invalid("Version must be \"1\".")
            : statements.Count == 0 ? throw Invalid("Statement is missing or empty.")
            : new()
            {
                Statements = statements.ToImmutable(),
                HasConditions = statements.Any(statement => statement.Conditions.Length > 0),
                Needs = statements.SelectMany(statement => statement.Conditions)
                    .Aggregate(PolicyNeeds.None, (needs, condition) => needs | ConditionKeys.Needs(condition.Key)),
            };
    }

    static void AddStatements(JsonElement element, PolicyKind kind, ImmutableArray<PolicyStatement>.Builder statements)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            statements.Add(Statement(element, kind));
            return;
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Invalid("Statement must be a list.");
        }

        foreach (var item in element.EnumerateArray())
        {
            try
            {
                statements.Add(Statement(item, kind));
            }
            catch (OssException fault)
            {
                throw Invalid($"Statement {statements.Count + 1}: {fault.Message[Lead.Length..]}");
            }
        }
    }

    static PolicyStatement Statement(JsonElement element, PolicyKind kind)
    {
        RequireObject(element, "A Statement");
        PolicyEffect? effect = null;
        PrincipalSet? principal = null;
        (ImmutableArray<string> Items, bool IsNot)? actions = null;
        (ImmutableArray<string> Items, bool IsNot)? resources = null;
        ImmutableArray<PolicyCondition> conditions = [];
        foreach (var property in element.EnumerateObject())
        {
            switch (property.Name)
            {
                case "Effect":
                    effect = Effect(property.Value);
                    break;
                case "Action" or "NotAction":
                    RequireOnce(actions is null, "Action");
                    actions = (Texts(property.Value, property.Name), property.Name == "NotAction");
                    break;
                case "Resource" or "NotResource":
                    RequireOnce(resources is null, "Resource");
                    resources = (Texts(property.Value, property.Name), property.Name == "NotResource");
                    break;
                case "Principal" or "NotPrincipal":
                    RequireOnce(principal is null, "Principal");
                    principal = Principal(property.Value, property.Name == "NotPrincipal", kind);
                    break;
                case "Condition":
                    conditions = Conditions(property.Value, kind);
                    break;
                case "Sid" when property.Value.ValueKind == JsonValueKind.String:
                    break;
                default:
                    throw Invalid($"Unknown element {property.Name}.");
            }
        }

        RequirePrincipal(principal, kind);
        return new()
        {
            Effect = effect ?? throw Invalid("Effect is missing."),
            Principal = principal,
            Actions = Actions(actions ?? throw Invalid("Action is missing."), kind),
            IsNotAction = actions.Value.IsNot,
            Resources = Resources(resources, kind),
            IsNotResource = resources?.IsNot ?? false,
            Conditions = conditions,
        };
    }

    static PolicyEffect Effect(JsonElement element) =>
        element.ValueKind != JsonValueKind.String ? throw Invalid("Effect must be Allow or Deny.")
        : element.GetString() switch
        {
            "Allow" => PolicyEffect.Allow,
            "Deny" => PolicyEffect.Deny,
            _ => throw Invalid("Effect must be Allow or Deny."),
        };

    static ImmutableArray<WildcardPattern> Actions((ImmutableArray<string> Items, bool IsNot) actions, PolicyKind kind)
    {
        foreach (var action in actions.Items)
        {
            var colon = action.IndexOf(':', StringComparison.Ordinal);
            var service = colon < 0 ? action : action[..colon];
            var isKnown = action == "*" || kind switch
            {
                PolicyKind.Bucket => service.Equals("oss", StringComparison.OrdinalIgnoreCase),
                PolicyKind.Trust => action.Equals("sts:AssumeRole", StringComparison.OrdinalIgnoreCase),
                _ => true,
            };
            if (!isKnown || (action != "*" && (colon <= 0 || colon == action.Length - 1)))
            {
                throw Invalid($"Invalid Action {action}.");
            }
        }

        return [.. actions.Items.Select(action => new WildcardPattern(action, ignoreCase: true))];
    }

    static ImmutableArray<ArnPattern> Resources((ImmutableArray<string> Items, bool IsNot)? resources, PolicyKind kind)
    {
        if (kind == PolicyKind.Trust)
        {
            return resources is null ? [] : throw Invalid("A trust policy has no Resource.");
        }

        var patterns = ImmutableArray.CreateBuilder<ArnPattern>();
        foreach (var text in (resources ?? throw Invalid("Resource is missing.")).Items)
        {
            var pattern = ArnPattern.Parse(text);
            patterns.Add(pattern is not null && (kind != PolicyKind.Bucket || pattern.Service is "oss" or "*")
                ? pattern
                : throw Invalid($"Invalid Resource {text}."));
        }

        return patterns.ToImmutable();
    }

    static void RequirePrincipal(PrincipalSet? principal, PolicyKind kind)
    {
        var hasPrincipal = kind is PolicyKind.Bucket or PolicyKind.Trust;
        if (hasPrincipal != principal is not null)
        {
            throw Invalid(hasPrincipal ? "Principal is missing." : "Principal is not allowed here.");
        }
    }

    static PrincipalSet Principal(JsonElement element, bool isNot, PolicyKind kind)
    {
        List<string> names = [];
        if (kind == PolicyKind.Trust && element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                // Services and identity providers cannot call here; their entries are kept out, and so match nobody.
                var entries = Texts(property.Value, "Principal");
                names.AddRange(property.Name switch
                {
                    "RAM" => entries,
                    "Service" or "Federated" => [],
                    _ => throw Invalid($"Unknown Principal {property.Name}."),
                });
            }
        }
        else if (kind == PolicyKind.Trust)
        {
            throw Invalid("The Principal of a trust policy must be an object.");
        }
        else if (element is { ValueKind: JsonValueKind.Array } && element.GetArrayLength() == 0)
        {
            names.Add("*"); // The documented meaning of an empty list.
        }
        else
        {
            names.AddRange(Texts(element, "Principal"));
        }

        return new([.. names.Select(name => ParsePrincipal(name, kind))], isNot);
    }

    static PrincipalPattern ParsePrincipal(string text, PolicyKind kind) =>
        (kind == PolicyKind.Trust ? PrincipalPattern.ParseForTrust(text) : PrincipalPattern.ParseForBucket(text))
        ?? throw Invalid($"Invalid Principal {text}.");

    static ImmutableArray<PolicyCondition> Conditions(JsonElement element, PolicyKind kind)
    {
        RequireObject(element, "Condition");
        var conditions = ImmutableArray.CreateBuilder<PolicyCondition>();
        foreach (var operation in element.EnumerateObject())
        {
            RequireObject(operation.Value, $"Condition {operation.Name}");
            foreach (var test in operation.Value.EnumerateObject())
            {
                var key = ConditionKeys.Canonical(test.Name, kind) ?? throw Invalid($"Unknown condition key {test.Name}.");
                conditions.Add(
                    PolicyCondition.Create(operation.Name, key, Texts(test.Value, test.Name), out var problem)
                    ?? throw Invalid($"Invalid Condition: {problem}."));
            }
        }

        return conditions.ToImmutable();
    }

    /// <summary>A text or a list of texts; numbers and booleans count as their texts, since conditions are written with them.</summary>
    static ImmutableArray<string> Texts(JsonElement element, string name)
    {
        ImmutableArray<string> texts = element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select(item => Text(item, name))]
            : [Text(element, name)];
        return texts.IsEmpty ? throw Invalid($"{name} is empty.") : texts;
    }

    static string Text(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => element.GetRawText(),
        _ => throw Invalid($"{name} must be a string or a list of strings."),
    };

    static void RequireObject(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"{name} must be an object.");
        }
    }

    static void RequireOnce(bool isFirst, string name)
    {
        if (!isFirst)
        {
            throw Invalid($"{name} is given twice.");
        }
    }

    static OssException Invalid(string reason) => new(OssErrors.InvalidPolicyDocument, Lead + reason);
}
