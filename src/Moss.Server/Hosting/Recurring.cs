namespace Moss.Server.Hosting;

/// <summary>
/// Work that is looked at once, and again and again until the server stops. What is due when is the work's own business, by the clock it is given; so a test moves the clock and
/// looks itself. A failure is told and the next look comes all the same.
/// </summary>
sealed class Recurring : IAsyncDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly Task _running;

    /// <param name="interval">How often to look: at each whole multiple of it on the clock, so that what is due at an hour is not late by up to an interval.</param>
    /// <param name="time">The clock.</param>
    /// <param name="look">Does what is due; asked to give up when the server stops.</param>
    /// <param name="failed">Told of a failure.</param>
    public Recurring(TimeSpan interval, TimeProvider time, Func<CancellationToken, Task> look, Action<Exception> failed) =>
        _running = Task.Run(() => RunAsync(interval, time, look, failed));

    /// <summary>Looks no more, and waits for the look that is under way to give up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    async Task RunAsync(TimeSpan interval, TimeProvider time, Func<CancellationToken, Task> look, Action<Exception> failed)
    {
        do
        {
            try
            {
                await look(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failed(exception);
            }
        }
        while (await WaitAsync(interval, time));
    }

    async ValueTask<bool> WaitAsync(TimeSpan interval, TimeProvider time)
    {
        var wait = TimeSpan.FromTicks(interval.Ticks - (time.GetUtcNow().UtcTicks % interval.Ticks));
        await Task.Delay(wait, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_stopping.IsCancellationRequested;
    }
}
