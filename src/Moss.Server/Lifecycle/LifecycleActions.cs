using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Moss.Server.AccessControl.Admin;
using Moss.Server.Observability;
using Moss.Storage.Lifecycle;

namespace Moss.Server.Lifecycle;

/// <summary>The admin API's calls about lifecycle rules.</summary>
static class LifecycleActions
{
    /// <summary><c>lifecycle/run</c>: carries out the rules of all buckets now and waits; <c>at</c> measures ages to another instant.</summary>
    public static AdminAction Run(LifecycleRunner runner, TimeProvider time, ILogger log) => async (request, ct) =>
    {
        var at = request.At ?? time.GetUtcNow();
        var totals = await runner.RunAsync(at, (bucket, failure) => Log.LifecycleFailed(log, bucket.Value, failure), ct);
        return JsonSerializer.SerializeToUtf8Bytes(
            new LifecycleRunView
            {
                At = at.ToUniversalTime(),
                Buckets = totals.Buckets,
                BucketsChanged = totals.BucketsChanged,
                BucketsFailed = totals.BucketsFailed,
                Examined = totals.Examined,
                Expired = totals.Expired,
                Hidden = totals.Hidden,
                VersionsRemoved = totals.VersionsRemoved,
                MarkersRemoved = totals.MarkersRemoved,
                Transitioned = totals.Transitioned,
                UploadsAborted = totals.UploadsAborted,
                Bytes = totals.Bytes,
            },
            LifecycleJson.Default.LifecycleRunView);
    };
}

/// <summary>What a run did; see <see cref="LifecycleTotals"/>.</summary>
sealed record LifecycleRunView
{
    public required DateTimeOffset At { get; init; }

    public long Buckets { get; init; }

    public long BucketsChanged { get; init; }

    public long BucketsFailed { get; init; }

    public long Examined { get; init; }

    public long Expired { get; init; }

    public long Hidden { get; init; }

    public long VersionsRemoved { get; init; }

    public long MarkersRemoved { get; init; }

    public long Transitioned { get; init; }

    public long UploadsAborted { get; init; }

    public long Bytes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LifecycleRunView))]
sealed partial class LifecycleJson : JsonSerializerContext;
