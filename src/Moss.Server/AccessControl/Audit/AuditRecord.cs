using System.Text.Json.Serialization;

namespace Moss.Server.AccessControl.Audit;

/// <summary>Why a request is on record.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AuditKind>))]
enum AuditKind
{
    /// <summary>It was not let in, or not let do what it asked; or it would have been <see cref="Privileged"/>, and failed.</summary>
    Refused,

    /// <summary>It changed who may do what or how a bucket is kept; or it got a grant.</summary>
    Privileged,
}

/// <summary>One request on record. It holds no secret, signature or token.</summary>
sealed record AuditRecord
{
    public required DateTimeOffset Time { get; init; }

    public required AuditKind Kind { get; init; }

    public required string RequestId { get; init; }

    /// <summary>The operation's name; <c>admin:noun/verb</c> for the admin API, <c>sts:AssumeRole</c> for a grant.</summary>
    public required string Operation { get; init; }

    /// <summary>Bucket and key, or what else was acted on.</summary>
    public required string Resource { get; init; }

    /// <summary>What was refused where that is something else: a copy's source, a key of a list, the target of a link.</summary>
    public string? RefusedResource { get; init; }

    public required int Status { get; init; }

    /// <summary>The wire's code of the refusal; null for a success.</summary>
    public string? Code { get; init; }

    public string? EC { get; init; }

    public string? Message { get; init; }

    /// <summary>The sender's ARN; null for nobody, or for somebody who could not be believed.</summary>
    public string? Principal { get; init; }

    /// <summary>The key that signed, or that the request claimed to be signed with.</summary>
    public string? AccessKeyId { get; init; }

    public required string SourceIp { get; init; }

    public string? UserAgent { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(IReadOnlyList<AuditRecord>))]
sealed partial class AuditJson : JsonSerializerContext;
