using System.Collections.Immutable;

namespace Moss.Server.AccessControl.Policies;

/// <summary>Where a policy stands, which decides what it may say.</summary>
enum PolicyKind
{
    /// <summary>Attached to a user or a role: no Principal, any service's actions.</summary>
    Identity,

    /// <summary>Given when a role is assumed: as <see cref="Identity"/>, and shorter.</summary>
    Session,

    /// <summary>The policy of a bucket: a Principal, and actions and resources of OSS alone.</summary>
    Bucket,

    /// <summary>Who may assume a role: a Principal of ARNs, no Resource.</summary>
    Trust,
}

enum PolicyEffect
{
    Allow,
    Deny,
}

/// <summary>Condition values that a request must look up in the store before a policy can be evaluated.</summary>
[Flags]
enum PolicyNeeds
{
    None = 0,
    BucketTags = 1,
    ExistingObjectTags = 2,
}

/// <summary>A parsed policy. Nothing in it can fail any more.</summary>
sealed record PolicyDocument
{
    /// <summary>The policy that says nothing.</summary>
    public static readonly PolicyDocument Empty = new();

    public ImmutableArray<PolicyStatement> Statements { get; init; } = [];

    public PolicyNeeds Needs { get; init; }

    /// <summary>Whether any statement has conditions, so that their values must be gathered at all.</summary>
    public bool HasConditions { get; init; }

    /// <summary>Whether any statement is public.</summary>
    public bool IsPublic => Statements.Any(statement => statement.IsPublic);
}

/// <summary>One statement of a policy.</summary>
sealed record PolicyStatement
{
    public required PolicyEffect Effect { get; init; }

    /// <summary>Null in the policies of users, roles and sessions, which are about their holder.</summary>
    public PrincipalSet? Principal { get; init; }

    /// <summary>Patterns of actions, any of which may match; with <see cref="IsNotAction"/> none of which may.</summary>
    public required ImmutableArray<WildcardPattern> Actions { get; init; }

    public bool IsNotAction { get; init; }

    /// <summary>Patterns of resources; empty in a trust policy, where there is but one.</summary>
    public required ImmutableArray<ArnPattern> Resources { get; init; }

    public bool IsNotResource { get; init; }

    /// <summary>All of them must hold.</summary>
    public ImmutableArray<PolicyCondition> Conditions { get; init; } = [];

    /// <summary>
    /// Whether it lets everybody in wherever they are: an Allow for all that no condition narrows to addresses, networks or keys it names. What is
    /// granted does not matter (the documented meaning of public access).
    /// </summary>
    public bool IsPublic => Effect == PolicyEffect.Allow && Principal is { IsOpen: true } && !Conditions.Any(condition => condition.NamesItsSource);

    public bool AppliesTo(PolicyRequest request, Identity identity, string ownerUid) =>
        (Principal is null || Principal.Includes(identity, ownerUid, hasConditions: Conditions.Length > 0))
        && MatchesAction(request.Action)
        && MatchesResource(request.Resource)
        && HoldsFor(request);

    bool MatchesAction(string action)
    {
        foreach (var pattern in Actions)
        {
            if (pattern.Matches(action))
            {
                return !IsNotAction;
            }
        }

        return IsNotAction;
    }

    bool MatchesResource(Arn resource)
    {
        if (Resources.IsEmpty)
        {
            return true;
        }

        foreach (var pattern in Resources)
        {
            if (pattern.Matches(resource))
            {
                return !IsNotResource;
            }
        }

        return IsNotResource;
    }

    bool HoldsFor(PolicyRequest request)
    {
        foreach (var condition in Conditions)
        {
            if (!condition.Holds(request.Values.GetValueOrDefault(condition.Key)))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What a policy is asked about.</summary>
/// <param name="Action">For example <c>oss:GetObject</c>; compared without case.</param>
/// <param name="Resource">What the action is done to.</param>
/// <param name="Values">The values of condition keys, by <see cref="ConditionKeys"/>; an absent key is one the request does not have.</param>
sealed record PolicyRequest(string Action, Arn Resource, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>No condition key has a value.</summary>
    public static readonly IReadOnlyDictionary<string, string> NoValues = ImmutableDictionary<string, string>.Empty;
}
