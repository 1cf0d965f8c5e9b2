namespace Moss.Client.Transfer;

/// <summary>Where a transfer stands.</summary>
public enum TransferStatus
{
    /// <summary>Data is moving, or about to.</summary>
    Running,

    /// <summary>No request is in flight and none will start until <see cref="TransferHandle{TResult}.ResumeAsync"/>.</summary>
    Paused,

    /// <summary>Done, checked, and safe on the other side.</summary>
    Completed,

    /// <summary>Given up with an exception; what <see cref="TransferHandle{TResult}.WaitAsync"/> throws.</summary>
    Failed,

    /// <summary>Stopped by the caller. What is needed to go on later was kept.</summary>
    Cancelled,
}

/// <summary>How far a transfer is. All sizes are bytes.</summary>
public readonly record struct TransferProgress
{
    /// <summary>Bytes of the whole that are on the other side or on their way.</summary>
    public long TransferredBytes { get; init; }

    /// <summary>Bytes of the whole; null while nobody knows.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>Of the transferred bytes, those that an earlier try had brought over, proven by checksum.</summary>
    public long SkippedBytes { get; init; }

    /// <summary>Bytes that went over the network in this try, those of failed and repeated requests included.</summary>
    public long NetworkBytes { get; init; }

    /// <summary>Requests that were sent again.</summary>
    public int Retries { get; init; }

    /// <summary>Parts that are done.</summary>
    public int PartsDone { get; init; }

    /// <summary>Requests in flight.</summary>
    public int InFlight { get; init; }

    /// <summary>Bytes per second over the last few seconds.</summary>
    public double BytesPerSecond { get; init; }

    /// <summary>What the transfer is at, in a word: <c>checking</c>, <c>sending</c>, <c>receiving</c>, <c>verifying</c>, <c>completing</c>, <c>following</c>.</summary>
    public string Phase { get; init; }
}

/// <summary>A running transfer. It goes on whether or not anybody holds its handle.</summary>
/// <typeparam name="TResult">What it gives in the end.</typeparam>
public sealed class TransferHandle<TResult>
{
    readonly TransferControl _control;
    readonly Task<TResult> _work;

    internal TransferHandle(TransferControl control, Func<TransferControl, Task<TResult>> run)
    {
        _control = control;
        _work = Task.Run(() => run(control));
        _ = _work.ContinueWith(
            static (done, state) =>
            {
                _ = done.Exception; // Seen here, so that a handle nobody waits for raises no UnobservedTaskException.
                ((TransferControl)state!).Dispose();
            },
            control,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Names the transfer: the same source and destination give the same id, now and in another process.</summary>
    public string Id => _control.Id;

    public TransferStatus Status => _work.Status switch
    {
        TaskStatus.RanToCompletion => TransferStatus.Completed,
        TaskStatus.Canceled => TransferStatus.Cancelled,
        TaskStatus.Faulted => TransferStatus.Failed,
        _ => _control.IsPaused ? TransferStatus.Paused : TransferStatus.Running,
    };

    /// <summary>How far it is at this moment.</summary>
    public TransferProgress Progress => _control.Progress;

    /// <summary>
    /// Starts no more requests, and returns when those in flight are done: nothing that was sent is lost. Returns at once when the transfer
    /// has ended.
    /// </summary>
    public Task PauseAsync(CancellationToken ct = default) => _control.PauseAsync(ct);

    /// <summary>Goes on after <see cref="PauseAsync"/>.</summary>
    public Task ResumeAsync()
    {
        _control.Resume();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Stops at once, breaking off the requests in flight, and returns when everything is still. What is needed to go on later is kept, if
    /// the options say so.
    /// </summary>
    public async Task CancelAsync()
    {
        await _control.CancelAsync().ConfigureAwait(false);
        await ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends a followed file: what is there now is the whole. No effect on any other transfer.</summary>
    public void Finish() => _control.Finish();

    /// <summary>Waits for the end. Cancelling the wait does not cancel the transfer.</summary>
    /// <returns>The result; the exceptions are those of the transfer.</returns>
    public Task<TResult> WaitAsync(CancellationToken ct = default) => _work.WaitAsync(ct);
}
