namespace Moss.Client.Http;

/// <summary>Cancels a request that stands still: each sign of life gives it the whole idle time again.</summary>
sealed class IdleWatch : IDisposable
{
    readonly CancellationTokenSource _idle;
    readonly CancellationTokenSource _linked;
    readonly CancellationToken _caller;
    readonly TimeSpan _limit;
    readonly TimeProvider _time;
    long _armedAt;

    public IdleWatch(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _limit = limit;
        _time = time;
        _caller = caller;
        _idle = new(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_idle.Token, caller);
        _armedAt = time.GetTimestamp();
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Whether it was standing still, and not the caller, that cancelled.</summary>
    public bool TimedOut => _idle.IsCancellationRequested && !_caller.IsCancellationRequested;

    public TimeSpan Limit => _limit;

    public void Alive()
    {
        // Arming a timer for every block would cost more than the block: an eighth of the limit is exact enough.
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(Volatile.Read(ref _armedAt), now) * 8 >= _limit)
        {
            Volatile.Write(ref _armedAt, now);
            _idle.CancelAfter(_limit);
        }
    }

    /// <summary>Stops the clock while the client itself is what waits.</summary>
    public void Suspend() => _idle.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Starts the clock again with the whole idle time.</summary>
    public void Resume()
    {
        Volatile.Write(ref _armedAt, _time.GetTimestamp());
        _idle.CancelAfter(_limit);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _idle.Dispose();
    }
}
