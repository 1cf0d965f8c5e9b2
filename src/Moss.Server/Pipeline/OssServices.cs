using Microsoft.Extensions.Logging;
using Moss.Server.AccessControl;
using Moss.Server.BucketRules;
using Moss.Server.Callbacks;
using Moss.Server.Observability;
using Moss.Server.PostObject;
using Moss.Storage;

namespace Moss.Server.Pipeline;

/// <summary>What every request needs beside itself; made once, in the composition root.</summary>
sealed record OssServices(
    ObjectService Storage,
    OssServerOptions Options,
    TimeProvider Time,
    IdGenerator Ids,
    RequestParser Parser,
    Authenticator Authenticator,
    IAuthorizer Authorizer,
    ServerMetrics Metrics,
    AccessServices Access,
    CallbackService Callbacks,
    BucketServices Buckets,
    ILogger Log)
{
    /// <summary>The memory that forms share while their fields are read.</summary>
    public FairShare Forms { get; } = new(FormLimits.MaxMemory);
}
