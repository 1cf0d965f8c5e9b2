using System.Text.Json.Serialization;

namespace Moss.Server.AccessControl.Admin;

/// <summary>What an administrator asks: each call reads the members it needs. One that no call knows is refused: it would be a target that was misspelled.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record AdminRequest
{
    /// <summary>The name of what is made, changed or removed.</summary>
    public string? Name { get; init; }

    /// <summary>The uid or name of an account; the root account when it is not said.</summary>
    public string? Account { get; init; }

    /// <summary>The name of a user.</summary>
    public string? User { get; init; }

    /// <summary>The name of a role.</summary>
    public string? Role { get; init; }

    public string? AccessKeyId { get; init; }

    /// <summary>A policy as text.</summary>
    public string? Document { get; init; }

    /// <summary>A trust policy as text.</summary>
    public string? Trust { get; init; }

    public int? MaxSessionSeconds { get; init; }

    // policy simulate
    public string? Action { get; init; }

    public string? Bucket { get; init; }

    public string? Key { get; init; }

    public string? VersionId { get; init; }

    /// <summary>The ARN of a role.</summary>
    public string? Resource { get; init; }

    public bool Anonymous { get; init; }

    /// <summary>The policy of a role's session, as text.</summary>
    public string? SessionPolicy { get; init; }

    /// <summary><c>requester</c>, as the header says it.</summary>
    public string? RequestPayer { get; init; }

    /// <summary>Values of condition keys.</summary>
    public IReadOnlyDictionary<string, string>? Values { get; init; }

    // lifecycle run
    public DateTimeOffset? At { get; init; }

    // audit list
    public int? Limit { get; init; }

    public DateTimeOffset? Since { get; init; }

    public string? Code { get; init; }
}

sealed record AccountView
{
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool Disabled { get; init; }

    public string? AccessKeyId { get; init; }

    /// <summary>Shown once, when the key is made.</summary>
    public string? AccessKeySecret { get; init; }
}

sealed record UserView
{
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required string AccountUid { get; init; }

    public required string Arn { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool Disabled { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }

    public string? AccessKeyId { get; init; }

    /// <summary>Shown once, when the key is made.</summary>
    public string? AccessKeySecret { get; init; }
}

sealed record KeyView
{
    public required string AccessKeyId { get; init; }

    public required string AccountUid { get; init; }

    /// <summary>Null: the account's own key.</summary>
    public string? UserName { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool Disabled { get; init; }

    /// <summary>Shown once, when the key is made.</summary>
    public string? AccessKeySecret { get; init; }
}

sealed record RoleView
{
    public required string Arn { get; init; }

    public required string Name { get; init; }

    public required string RoleId { get; init; }

    public required string AccountUid { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string Trust { get; init; }

    public required int MaxSessionSeconds { get; init; }

    public required IReadOnlyList<string> Policies { get; init; }
}

sealed record PolicyView(string Name, string Document);

sealed record DecisionView
{
    public required bool Allowed { get; init; }

    public required string Reason { get; init; }

    public required string Principal { get; init; }

    public required string Action { get; init; }

    public required string Resource { get; init; }

    /// <summary>The statement that decided, by its place among those of its policy; null when none did.</summary>
    public string? Statement { get; init; }
}

sealed record AdminError(string Code, string Message, string RequestId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(AdminRequest))]
[JsonSerializable(typeof(AccountView))]
[JsonSerializable(typeof(IReadOnlyList<AccountView>))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(IReadOnlyList<UserView>))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(IReadOnlyList<KeyView>))]
[JsonSerializable(typeof(RoleView))]
[JsonSerializable(typeof(IReadOnlyList<RoleView>))]
[JsonSerializable(typeof(IReadOnlyList<PolicyView>))]
[JsonSerializable(typeof(DecisionView))]
[JsonSerializable(typeof(AdminError))]
sealed partial class AdminJson : JsonSerializerContext;
