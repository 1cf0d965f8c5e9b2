namespace Moss.Client.Transfer;

/// <summary>What transfers of one kind have learnt about the network: how much one connection carries.</summary>
sealed class Pace
{
    const long Unit = 1024 * 1024;

    /// <summary>Before anything is measured.</summary>
    const long FirstPartSize = 2 * Unit;

    const long MinPartSize = Unit;
    const long MaxPartSize = 128 * Unit;

    /// <summary>
    /// A part takes so long at the measured speed: long enough that the wait for its answer is small beside it, short enough that little is
    /// lost with a connection.
    /// </summary>
    const double SecondsAPart = 3;

    readonly Lock _lock = new();
    double _bytesPerSecond;

    /// <summary>Tells what one part took.</summary>
    public void Measured(long bytes, TimeSpan elapsed)
    {
        if (bytes < 64 * 1024 || elapsed <= TimeSpan.Zero)
        {
            return;
        }

        lock (_lock)
        {
            var now = bytes / elapsed.TotalSeconds;
            _bytesPerSecond = _bytesPerSecond == 0 ? now : (0.8 * _bytesPerSecond) + (0.2 * now);
        }
    }

    /// <summary>
    /// Every connection is to get so many parts of what is left, so that none stands idle while others still have much to do.
    /// </summary>
    const int RoundsLeft = 3;

    const long ShareUnit = 256 * 1024;

    /// <summary>
    /// The part size that suits the measured speed, and what is left of a source for so many connections; from one group of parts to the
    /// next it at most doubles.
    /// </summary>
    public long PartSize(long? previous, long bytesLeft, int parallelism)
    {
        var share = Math.Max(MinPartSize, bytesLeft / ((long)parallelism * RoundsLeft) / ShareUnit * ShareUnit);
        return Math.Min(PartSize(previous), share);
    }

    /// <summary>The part size that suits the measured speed; from one group of parts to the next it at most doubles or halves.</summary>
    public long PartSize(long? previous)
    {
        double speed;
        lock (_lock)
        {
            speed = _bytesPerSecond;
        }

        if (speed == 0)
        {
            return previous ?? FirstPartSize;
        }

        var wanted = PartPlan.RoundUp((long)Math.Clamp(speed * SecondsAPart, MinPartSize, MaxPartSize), Unit);
        if (previous is not { } last)
        {
            return wanted;
        }

        // Another client's parts may be smaller or larger than any of this one.
        var least = Math.Clamp(last / 2, MinPartSize, MaxPartSize);
        return Math.Clamp(wanted, least, Math.Max(least, Math.Min(MaxPartSize, last * 2)));
    }
}

/// <summary>
/// How many requests are in flight. With a fixed number it is a plain limit. Else it follows the goodput: doubled as long as that pays, then
/// tried one step up or down now and then and kept where it pays; halved when the service or the network is overloaded.
/// </summary>
sealed class ConcurrencyLimiter : IDisposable
{
    /// <summary>Requests in flight to begin with.</summary>
    const int First = 8;

    /// <summary>Windows to stay before the next trial.</summary>
    const int HoldWindows = 6;

    /// <summary>A step is kept when it brings at least this share of what perfect scaling would.</summary>
    const double WorthIt = 0.25;

    /// <summary>
    /// While doubling, a step is taken back only when it costs so much: new connections are slow at first, so that a gain is not yet seen, and
    /// a step too far is found out by the trials that follow.
    /// </summary>
    const double DoublingCost = -0.2;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    static readonly TimeSpan DoublingWindow = TimeSpan.FromMilliseconds(400);

    readonly Lock _lock = new();
    readonly SemaphoreSlim _slots;
    readonly TimeProvider _time;
    readonly bool _fixed;
    readonly int _max;
    int _limit;
    int _debt;
    int _before;
    int _hold;
    bool _doubling = true;
    bool _probeDown;
    double _goodputBefore;
    long _bytes;
    long _windowStart;

    public ConcurrencyLimiter(int? parallelism, int max, TimeProvider time)
    {
        _fixed = parallelism is not null;
        _max = parallelism ?? max;
        _limit = parallelism ?? Math.Min(First, max);
        _slots = new(_limit);
        _time = time;
        _windowStart = time.GetTimestamp();
    }

    /// <summary>Requests that may be in flight now.</summary>
    public int Limit
    {
        get
        {
            lock (_lock)
            {
                return _limit;
            }
        }
    }

    public Task AcquireAsync(CancellationToken ct) => _slots.WaitAsync(ct);

    public void Release()
    {
        lock (_lock)
        {
            if (_debt > 0)
            {
                _debt--;
                return;
            }
        }

        _slots.Release();
    }

    public void Moved(int bytes)
    {
        if (_fixed)
        {
            return;
        }

        lock (_lock)
        {
            _bytes += bytes;
            var elapsed = _time.GetElapsedTime(_windowStart);
            if (elapsed >= (_doubling ? DoublingWindow : Window))
            {
                Judge(_bytes / elapsed.TotalSeconds);
                _bytes = 0;
                _windowStart = _time.GetTimestamp();
            }
        }
    }

    /// <summary>The service said it is overloaded, or a request timed out.</summary>
    public void Overloaded()
    {
        if (_fixed)
        {
            return;
        }

        lock (_lock)
        {
            // Many requests fail together; one window counts once.
            if (_hold < HoldWindows)
            {
                _doubling = false;
                _before = 0;
                _hold = HoldWindows;
                SetLimit(Math.Max(1, _limit / 2));
            }
        }
    }

    public void Dispose() => _slots.Dispose();

    void Judge(double goodput)
    {
        if (_before > 0)
        {
            var scaling = ((double)_limit / _before) - 1;
            var gain = (goodput / Math.Max(_goodputBefore, 1)) - 1;
            // Going up has to pay; going down must not cost.
            var kept = _doubling ? gain >= DoublingCost : scaling > 0 ? gain >= WorthIt * scaling : gain >= -0.03;
            if (!kept)
            {
                SetLimit(_before);
            }

            _doubling &= kept;
            _probeDown = scaling > 0 ? !kept : kept;
            _before = 0;
            _hold = _doubling ? 0 : HoldWindows;
            if (!_doubling)
            {
                return;
            }
        }

        if (_hold > 0)
        {
            _hold--;
            return;
        }

        if (_slots.CurrentCount > 0)
        {
            return; // There is room: the limit is not what holds the goodput down.
        }

        var step = _doubling ? _limit : Math.Max(1, _limit / 8);
        var next = Math.Clamp(_probeDown && !_doubling ? _limit - step : _limit + step, 1, _max);
        if (next != _limit)
        {
            _goodputBefore = goodput;
            _before = _limit;
            SetLimit(next);
        }
        else
        {
            (_doubling, _probeDown, _hold) = (false, !_probeDown, HoldWindows);
        }
    }

    void SetLimit(int limit)
    {
        var more = limit - _limit;
        _limit = limit;
        if (more < 0)
        {
            // Those in flight finish; their slots are not given back.
            _debt -= more;
            return;
        }

        var paid = Math.Min(_debt, more);
        _debt -= paid;
        if (more > paid)
        {
            _slots.Release(more - paid);
        }
    }
}
