using Moss.Protocol.Names;

namespace Moss.Server.Pipeline;

/// <summary>A request as the protocol reads it: where it goes, and what it says in its query. Headers stay where they are.</summary>
sealed record OssRequest
{
    public required string Method { get; init; }

    /// <summary>The Host header without its port.</summary>
    public required string Host { get; init; }

    /// <summary>The Host header as sent, with its port.</summary>
    public required string HostAndPort { get; init; }

    public required Addressing Addressing { get; init; }

    /// <summary>The bucket; null for a request to the service.</summary>
    public BucketName? Bucket { get; init; }

    /// <summary>The key; null for a request to a bucket or the service.</summary>
    public ObjectKey? Key { get; init; }

    public required QueryParameters Query { get; init; }

    /// <summary>What else the request may mean; see <see cref="RequestParser"/>. Its signature decides.</summary>
    public IReadOnlyList<OssRequest> OtherReadings { get; init; } = [];

    public Scope Scope => Key is not null ? Scope.Object : Bucket is not null ? Scope.Bucket : Scope.Service;
}
