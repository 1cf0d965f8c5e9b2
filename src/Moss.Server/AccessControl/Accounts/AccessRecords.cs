using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Moss.Server.AccessControl.Accounts;

/// <summary>An account: it owns buckets, users and roles. Its own keys may do everything with what it owns.</summary>
sealed record AccountRecord
{
    /// <summary>The account of the root credential. Fixed, so that its buckets keep their owner when the credential changes.</summary>
    public const string RootUid = "1000000000000001";

    /// <summary>Sixteen digits, never used again.</summary>
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Nobody of a disabled account gets in.</summary>
    public bool IsDisabled { get; init; }
}

/// <summary>A user of an account: may do what policies grant.</summary>
sealed record UserRecord
{
    public required string AccountUid { get; init; }

    /// <summary>Sixteen digits, never used again.</summary>
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool IsDisabled { get; init; }

    public ImmutableArray<AttachedPolicy> Policies { get; init; } = [];
}

/// <summary>A role of an account: those whom its trust policy names may assume it for a time.</summary>
sealed record RoleRecord
{
    public const int MinSessionSeconds = 900;
    public const int DefaultSessionSeconds = 3600;
    public const int MaxSessionLimitSeconds = 43_200;

    public required string AccountUid { get; init; }

    /// <summary>A role that is made anew under an old name has another id, so that old tokens do not fit it.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The trust policy's JSON.</summary>
    public required string Trust { get; init; }

    public int MaxSessionSeconds { get; init; } = DefaultSessionSeconds;

    public ImmutableArray<AttachedPolicy> Policies { get; init; } = [];
}

/// <summary>A policy of a user or role.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Document">Its JSON as it was given.</param>
sealed record AttachedPolicy(string Name, string Document);

/// <summary>An access key of an account or of one of its users.</summary>
sealed record AccessKeyRecord
{
    public required string Id { get; init; }

    public required string AccountUid { get; init; }

    /// <summary>Null: the account's own.</summary>
    public string? UserName { get; init; }

    /// <summary>The secret in a <see cref="SecretBox"/> under the key's id.</summary>
    public required byte[] SealedSecret { get; init; }

    public required DateTimeOffset Created { get; init; }

    public bool IsDisabled { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AccountRecord))]
[JsonSerializable(typeof(UserRecord))]
[JsonSerializable(typeof(RoleRecord))]
[JsonSerializable(typeof(AccessKeyRecord))]
sealed partial class AccessJson : JsonSerializerContext;
