using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>Where a command with any number of items stands at one moment.</summary>
sealed record BoardState
{
    /// <summary>Items found so far, and their bytes; all of them once <see cref="IsScanned"/>.</summary>
    public long FoundItems { get; init; }

    public long FoundBytes { get; init; }

    public bool IsScanned { get; init; }

    public long DoneItems { get; init; }

    /// <summary>Bytes of the items that are done; with <see cref="MovingBytes"/> those of the whole that are over there.</summary>
    public long DoneBytes { get; init; }

    public long SkippedItems { get; init; }

    public long FailedItems { get; init; }

    public long MovingBytes { get; init; }

    public long NetworkBytes { get; init; }

    public long ResumedBytes { get; init; }

    public int Retries { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>Bytes of the network a second, over the last seconds.</summary>
    public double BytesPerSecond { get; init; }

    public IReadOnlyList<ActiveTransfer> Active { get; init; } = [];

    /// <summary>Whether something in flight does not say how long it is.</summary>
    public bool HasUnknownSize { get; init; }

    /// <summary>Whether <see cref="FoundBytes"/> is the whole.</summary>
    public bool IsTotalKnown => IsScanned && !HasUnknownSize;

    public long FinishedItems => DoneItems + SkippedItems + FailedItems;

    public long CoveredBytes => DoneBytes + MovingBytes;

    /// <summary>Null while nobody can know.</summary>
    public TimeSpan? Left => !IsTotalKnown || BytesPerSecond < 1 || FoundBytes < CoveredBytes
        ? null
        : TimeSpan.FromSeconds(Math.Min((FoundBytes - CoveredBytes) / BytesPerSecond, 99 * 86400));
}

/// <summary>Keeps the count. All members may be called from any thread.</summary>
sealed class TransferBoard
{
    const int SpeedWindow = 30;

    readonly Lock _lock = new();
    readonly List<ActiveTransfer> _active = [];
    readonly Queue<(TimeSpan At, long Bytes)> _speed = new();
    readonly long _start = Invocation.Time.GetTimestamp();
    BoardState _state = new();

    public void Found(TransferItem item) =>
        Change(state => state with { FoundItems = state.FoundItems + 1, FoundBytes = state.FoundBytes + (item.Size ?? 0) });

    public void Scanned() => Change(static state => state with { IsScanned = true });

    public void Begin(ActiveTransfer transfer)
    {
        lock (_lock)
        {
            _active.Add(transfer);
        }
    }

    public void Done(ActiveTransfer transfer, TransferDone done)
    {
        lock (_lock)
        {
            _active.Remove(transfer);
            // An item that was skipped, or turned out to have another size, counts with what it really was.
            var planned = transfer.Item.Size ?? 0;
            _state = done.IsSkipped
                ? _state with { SkippedItems = _state.SkippedItems + 1, FoundBytes = _state.FoundBytes - planned }
                : _state with
                {
                    DoneItems = _state.DoneItems + 1,
                    DoneBytes = _state.DoneBytes + done.Size,
                    FoundBytes = _state.FoundBytes - planned + done.Size,
                    NetworkBytes = _state.NetworkBytes + done.NetworkBytes,
                    ResumedBytes = _state.ResumedBytes + done.SkippedBytes,
                    Retries = _state.Retries + done.Retries,
                };
        }
    }

    public void Failed(ActiveTransfer transfer)
    {
        lock (_lock)
        {
            var last = transfer.Progress;
            _active.Remove(transfer);
            _state = _state with
            {
                FailedItems = _state.FailedItems + 1,
                FoundBytes = _state.FoundBytes - (transfer.Item.Size ?? 0),
                NetworkBytes = _state.NetworkBytes + last.NetworkBytes,
                Retries = _state.Retries + last.Retries,
            };
        }
    }

    public BoardState State()
    {
        lock (_lock)
        {
            var elapsed = Invocation.Time.GetElapsedTime(_start);
            var state = _state;
            foreach (var transfer in _active)
            {
                var progress = transfer.Progress;
                state = state with
                {
                    MovingBytes = state.MovingBytes + progress.TransferredBytes,
                    NetworkBytes = state.NetworkBytes + progress.NetworkBytes,
                    ResumedBytes = state.ResumedBytes + progress.SkippedBytes,
                    Retries = state.Retries + progress.Retries,
                    HasUnknownSize = state.HasUnknownSize || (transfer.Item.Size is null && progress.TotalBytes is null),
                    FoundBytes = state.FoundBytes + (transfer.Item.Size is null ? progress.TotalBytes ?? progress.TransferredBytes : 0),
                };
            }

            return state with { Active = [.. _active], Elapsed = elapsed, BytesPerSecond = Speed(elapsed, state.NetworkBytes) };
        }
    }

    double Speed(TimeSpan elapsed, long bytes)
    {
        if (_speed.Count == 0 || elapsed - _speed.Last().At >= TimeSpan.FromMilliseconds(90))
        {
            _speed.Enqueue((elapsed, bytes));
        }

        while (_speed.Count > SpeedWindow)
        {
            _speed.Dequeue();
        }

        var (at, then) = _speed.Peek();
        var seconds = (elapsed - at).TotalSeconds;
        return seconds < 0.05 ? 0 : Math.Max(0, bytes - then) / seconds;
    }

    void Change(Func<BoardState, BoardState> change)
    {
        lock (_lock)
        {
            _state = change(_state);
        }
    }
}
