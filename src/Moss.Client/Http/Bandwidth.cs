namespace Moss.Client.Http;

/// <summary>A token bucket that many bodies share: bytes per second, with a quarter of a second of slack.</summary>
sealed class Bandwidth(long bytesPerSecond, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly double _slackSeconds = 0.25;
    double _paidUntil = double.NegativeInfinity;

    /// <summary>Waits until these bytes may pass.</summary>
    public async ValueTask TakeAsync(int bytes, CancellationToken ct)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = (double)time.GetTimestamp() / time.TimestampFrequency;
            var start = Math.Max(_paidUntil, now - _slackSeconds);
            _paidUntil = start + (bytes / (double)bytesPerSecond);
            wait = TimeSpan.FromSeconds(Math.Max(0, start - now));
        }

        if (wait > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(wait, time, ct).ConfigureAwait(false);
        }
    }
}
