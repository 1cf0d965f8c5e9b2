namespace Moss.Storage.Sweeping;

/// <summary>Wakes the sweeper; many calls before it looks are one.</summary>
sealed class SweepSignal : IDisposable
{
    readonly SemaphoreSlim _semaphore = new(0, 1);

    public void Raise()
    {
        if (_semaphore.CurrentCount == 0)
        {
            try
            {
                _semaphore.Release();
            }
            catch (SemaphoreFullException)
            {
                // Someone else raised it between the look and the call: it is raised, which is all that was wanted.
            }
        }
    }

    /// <summary>Completes with true when raised, with false after the interval.</summary>
    public Task<bool> WaitAsync(TimeSpan interval, CancellationToken ct) => _semaphore.WaitAsync(interval, ct);

    public void Dispose() => _semaphore.Dispose();
}
