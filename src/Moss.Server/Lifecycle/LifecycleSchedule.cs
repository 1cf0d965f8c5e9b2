using System.Globalization;
using Microsoft.Extensions.Logging;
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
    static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    readonly CancellationTokenSource _stopping = new();
    Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(() => RunAsync(_stopping.Token), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var totals = await runner.RunIfDueAsync((bucket, failure) => Log.LifecycleFailed(log, bucket.Value, failure), ct);
                if (totals is not null)
                {
                    Log.LifecycleRan(log, Text(totals));
                }

                var now = time.GetUtcNow();
                var wait = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(1) - now;
                await Task.Delay(wait < MaxWait ? wait : MaxWait, time, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Log.BackgroundFailed(log, exception);
                await Task.Delay(MaxWait, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    static string Text(LifecycleTotals totals) => string.Create(
        CultureInfo.InvariantCulture,
        $"buckets={totals.Buckets} failed={totals.BucketsFailed} expired={totals.Expired} hidden={totals.Hidden} versions={totals.VersionsRemoved} markers={totals.MarkersRemoved} transitioned={totals.Transitioned} uploads={totals.UploadsAborted} bytes={totals.Bytes}");
}
