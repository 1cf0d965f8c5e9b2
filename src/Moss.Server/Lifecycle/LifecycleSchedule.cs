using System.Globalization;
using Microsoft.Extensions.Logging;
using Moss.Server.Hosting;
using Moss.Server.Observability;
using Moss.Storage.Lifecycle;

namespace Moss.Server.Lifecycle;

/// <summary>
/// Has the lifecycle rules carried out once a day at 00:00 UTC (08:00 in UTC+8, when the service does), and at the start when that was missed. A run that
/// failed is tried again.
/// </summary>
sealed class LifecycleSchedule(LifecycleRunner runner, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>A clock may jump and a run may fail: it is looked so often.</summary>
    static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    Recurring? _looking;

    public void Start() => _looking = new(LookInterval, time, LookAsync, exception => Log.BackgroundFailed(log, exception));

    public ValueTask DisposeAsync() => _looking?.DisposeAsync() ?? ValueTask.CompletedTask;

    async Task LookAsync(CancellationToken ct)
    {
        var totals = await runner.RunIfDueAsync((bucket, failure) => Log.LifecycleFailed(log, bucket.Value, failure), ct);
        if (totals is not null)
        {
            Log.LifecycleRan(log, Text(totals));
        }
    }

    static string Text(LifecycleTotals totals) => string.Create(
        CultureInfo.InvariantCulture,
        $"buckets={totals.Buckets} failed={totals.BucketsFailed} expired={totals.Expired} hidden={totals.Hidden} versions={totals.VersionsRemoved} markers={totals.MarkersRemoved} transitioned={totals.Transitioned} uploads={totals.UploadsAborted} bytes={totals.Bytes}");
}
