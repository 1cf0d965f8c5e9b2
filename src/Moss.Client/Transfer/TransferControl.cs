namespace Moss.Client.Transfer;

/// <summary>The strings by which a running transfer is held: pause, cancel, progress. All members may be called from any thread.</summary>
sealed class TransferControl : IDisposable
{
    /// <summary>Reports are made at most so often.</summary>
    static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    readonly CancellationTokenSource _cancel;
    readonly Lock _lock = new();
    readonly TimeProvider _time;
    readonly IProgress<TransferProgress>? _report;
    readonly SpeedMeter _speed;
    readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TaskCompletionSource? _resume;
    TaskCompletionSource? _quiet;
    TransferProgress _progress = new() { Phase = "starting" };
    long _reportedAt;
    bool _disposed;

    public TransferControl(string id, TimeProvider time, IProgress<TransferProgress>? report, CancellationToken ct)
    {
        Id = id;
        _time = time;
        _report = report;
        _speed = new(time);
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Token = _cancel.Token;
    }

    public string Id { get; }

    public CancellationToken Token { get; }

    /// <summary>Completes when a followed file is said to be finished.</summary>
    public Task Finished => _finish.Task;

    public bool IsPaused
    {
        get
        {
            lock (_lock)
            {
                return _resume is not null && _progress.InFlight == 0;
            }
        }
    }

    public TransferProgress Progress
    {
        get
        {
            lock (_lock)
            {
                return _progress with { BytesPerSecond = _speed.BytesPerSecond };
            }
        }
    }

    public void Finish() => _finish.TrySetResult();

    public Task PauseAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            _resume ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_progress.InFlight == 0 || _disposed)
            {
                return Task.CompletedTask;
            }

            _quiet ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _quiet.Task.WaitAsync(ct);
        }
    }

    public void Resume()
    {
        lock (_lock)
        {
            _resume?.TrySetResult();
            _resume = null;
        }
    }

    public Task CancelAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return Task.CompletedTask;
            }
        }

        return _cancel.CancelAsync();
    }

    /// <summary>Marks a request as in flight, after waiting while the transfer is paused.</summary>
    public async ValueTask EnterAsync(CancellationToken ct)
    {
        while (true)
        {
            Task resumed;
            lock (_lock)
            {
                if (_resume is null)
                {
                    _progress = _progress with { InFlight = _progress.InFlight + 1 };
                    return;
                }

                resumed = _resume.Task;
            }

            await resumed.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _progress = _progress with { InFlight = _progress.InFlight - 1 };
            if (_progress.InFlight == 0)
            {
                _quiet?.TrySetResult();
                _quiet = null;
            }
        }
    }

    public void Phase(string phase) => Update(progress => progress with { Phase = phase }, always: true);

    public void Total(long? bytes) => Update(progress => progress with { TotalBytes = bytes }, always: false);

    public void PartDone(bool skipped, long length) => Update(
        progress => progress with
        {
            PartsDone = progress.PartsDone + 1,
            SkippedBytes = progress.SkippedBytes + (skipped ? length : 0),
            TransferredBytes = progress.TransferredBytes + (skipped ? length : 0),
        },
        always: true);

    /// <summary>A part that was done has to be done again.</summary>
    public void PartUndone(bool skipped, long length) => Update(
        progress => progress with
        {
            SkippedBytes = progress.SkippedBytes - (skipped ? length : 0),
            PartsDone = progress.PartsDone - 1,
            TransferredBytes = progress.TransferredBytes - length,
        },
        always: true);

    public void Retried() => Update(progress => progress with { Retries = progress.Retries + 1 }, always: true);

    /// <summary>Bytes on their way; negative when a try was lost and its bytes do not count.</summary>
    public void Moved(long bytes)
    {
        if (bytes > 0)
        {
            _speed.Add(bytes);
        }

        Update(
            progress => progress with
            {
                TransferredBytes = progress.TransferredBytes + bytes,
                NetworkBytes = progress.NetworkBytes + Math.Max(bytes, 0),
            },
            always: false);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _quiet?.TrySetResult();
        }

        Update(progress => progress with { Phase = "ended" }, always: true);
        _cancel.Dispose();
    }

    void Update(Func<TransferProgress, TransferProgress> change, bool always)
    {
        TransferProgress now;
        lock (_lock)
        {
            _progress = change(_progress);
            if (_report is null || (!always && _time.GetElapsedTime(_reportedAt) < ReportEvery))
            {
                return;
            }

            _reportedAt = _time.GetTimestamp();
            now = _progress with { BytesPerSecond = _speed.BytesPerSecond };
        }

        _report.Report(now);
    }
}

/// <summary>The bytes of one request on their way to the progress of a transfer: those of a lost try are taken back.</summary>
sealed class RequestProgress(TransferControl control, Action<int>? moved = null) : IBodyObserver
{
    long _counted;

    public ValueTask BeforeAsync(int bytes, CancellationToken ct) => default;

    public void Moved(int bytes)
    {
        _counted += bytes;
        control.Moved(bytes);
        moved?.Invoke(bytes);
    }

    /// <summary>The try was lost: none of its bytes counts.</summary>
    public void Restart()
    {
        control.Moved(-_counted);
        _counted = 0;
    }
}

/// <summary>Bytes per second over the last three seconds or so.</summary>
sealed class SpeedMeter(TimeProvider time)
{
    const int Slots = 6;
    static readonly TimeSpan SlotLength = TimeSpan.FromMilliseconds(500);

    readonly long[] _bytes = new long[Slots];
    readonly long _start = time.GetTimestamp();
    readonly Lock _lock = new();
    long _slot;

    public double BytesPerSecond
    {
        get
        {
            lock (_lock)
            {
                var elapsed = time.GetElapsedTime(_start);
                Advance(elapsed);
                var window = Math.Min(elapsed.TotalSeconds, SlotLength.TotalSeconds * Slots);
                return window < 0.05 ? 0 : _bytes.Sum() / window;
            }
        }
    }

    public void Add(long bytes)
    {
        lock (_lock)
        {
            Advance(time.GetElapsedTime(_start));
            _bytes[_slot % Slots] += bytes;
        }
    }

    void Advance(TimeSpan elapsed)
    {
        var slot = elapsed.Ticks / SlotLength.Ticks;
        for (var next = Math.Max(_slot + 1, slot - Slots + 1); next <= slot; next++)
        {
            _bytes[next % Slots] = 0;
        }

        _slot = Math.Max(_slot, slot);
    }
}
