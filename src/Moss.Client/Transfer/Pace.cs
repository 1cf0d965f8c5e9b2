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

    /// <summary>Every connection is to get so many parts of what is left, so that none stands idle while others still have much to do.</summary>
    const int RoundsLeft = 3;

    /// <summary>The smallest part at the end of a source, and what sizes there are rounded to.</summary>
    const long ShareUnit = 256 * 1024;

    /// <summary>Taken for the speed of a connection before anything is measured.</summary>
    const double AssumedBytesPerSecond = 1e6;

    readonly Lock _lock = new();
    double _bytesPerSecond;
    double _answerSeconds;

    /// <summary>Tells what a request without a body took: of every part, so much goes by without a byte of it moving.</summary>
    public void Answered(TimeSpan elapsed)
    {
        lock (_lock)
        {
            _answerSeconds = _answerSeconds == 0 ? elapsed.TotalSeconds : Math.Min(_answerSeconds, elapsed.TotalSeconds);
        }
    }

    /// <summary>Tells what one part took.</summary>
    public void Measured(long bytes, TimeSpan elapsed)
    {
        if (bytes < 64 * 1024 || elapsed <= TimeSpan.Zero)
        {
            return;
        }

        lock (_lock)
        {
            var moving = Math.Max(elapsed.TotalSeconds - _answerSeconds, elapsed.TotalSeconds / 4);
            var now = bytes / moving;
            _bytesPerSecond = _bytesPerSecond == 0 ? now : (0.8 * _bytesPerSecond) + (0.2 * now);
        }
    }

    /// <summary>
    /// The part size that suits the measured speed, and what is left of a source for so many connections; from one group of parts to the
    /// next it at most doubles.
    /// </summary>
    /// <remarks>
    /// Large parts lose at the end, where connections run dry one by one (half a part each); small ones lose the time of an answer each. With
    /// a speed of r, an answer in d and R bytes left for n connections the sum is least at the square root of 2rdR/n.
    /// </remarks>
    public long PartSize(long? previous, long bytesLeft, int parallelism)
    {
        var each = (double)bytesLeft / parallelism;
        double best;
        lock (_lock)
        {
            best = Math.Sqrt(2 * (_bytesPerSecond == 0 ? AssumedBytesPerSecond : _bytesPerSecond) * _answerSeconds * each);
        }

        var share = Math.Min(each, Math.Max(best, each / RoundsLeft));
        return Math.Min(PartSize(previous), Math.Max(ShareUnit, (long)Math.Round(share / ShareUnit) * ShareUnit));
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
    const int First = 16;

    /// <summary>Windows to stay before the next trial; twice as many after each one that failed, up to the most.</summary>
    const int HoldWindows = 6;

    const int MostHoldWindows = 24;

    /// <summary>Windows of a trial. The first is not counted: connections that begin or end belong to both sides.</summary>
    const int TrialWindows = 3;

    /// <summary>What a trial is compared with: the mean of the windows before it, of which the newest weighs so much.</summary>
    const double NewestWeight = 0.3;

    /// <summary>A step is kept when it brings at least this share of what perfect scaling would.</summary>
    const double WorthIt = 0.25;

    /// <summary>
    /// So many any service takes, and doubling to there asks for no gain: what the first moments show is how fast the buffers of the system
    /// fill, not what the network carries. A step too far is found out by the trials that follow.
    /// </summary>
    const int FreeDoubling = 32;

    /// <summary>Beyond that, doubling ends with the step that costs so much.</summary>
    const double DoublingCost = -0.2;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    static readonly TimeSpan DoublingWindow = TimeSpan.FromMilliseconds(250);

    readonly Lock _lock = new();
    readonly SemaphoreSlim _slots;
    readonly TimeProvider _time;
    readonly bool _fixed;
    readonly int _max;
    int _limit;
    int _debt;
    int _before;
    int _hold;
    int _patience = HoldWindows;
    int _trialWindow;
    bool _overloaded;
    bool _doubling = true;
    bool _probeDown;
    double _goodputBefore;
    double _trialSum;
    double _mean;
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
            if (!_overloaded)
            {
                _overloaded = true;
                _doubling = false;
                Hold(HoldWindows);
                SetLimit(Math.Max(1, _limit / 2));
            }
        }
    }

    public void Dispose() => _slots.Dispose();

    void Judge(double goodput)
    {
        _overloaded = false;
        if (_before > 0 && !EndTrial(ref goodput))
        {
            return;
        }

        _mean = _mean == 0 ? goodput : ((1 - NewestWeight) * _mean) + (NewestWeight * goodput);
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
            (_goodputBefore, _trialSum, _trialWindow) = (_doubling ? goodput : _mean, 0, 0);
            _before = _limit;
            SetLimit(next);
        }
        else
        {
            (_doubling, _probeDown) = (false, !_probeDown);
            Hold(_patience);
        }
    }

    /// <summary>Whether the trial is over and the next may begin; gives its goodput.</summary>
    bool EndTrial(ref double goodput)
    {
        if (!_doubling)
        {
            _trialSum += _trialWindow > 0 ? goodput : 0;
            if (++_trialWindow < TrialWindows)
            {
                return false;
            }

            goodput = _trialSum / (TrialWindows - 1);
        }

        var scaling = ((double)_limit / _before) - 1;
        var gain = (goodput / Math.Max(_goodputBefore, 1)) - 1;
        // Going up has to pay; going down must not cost.
        var kept = _doubling ? _limit <= FreeDoubling || gain >= DoublingCost : scaling > 0 ? gain >= WorthIt * scaling : gain >= -0.03;
        if (!kept)
        {
            SetLimit(_before);
        }

        _patience = kept ? HoldWindows : Math.Min(_patience * 2, MostHoldWindows);
        _probeDown = scaling > 0 ? !kept : kept;
        _doubling &= kept;
        if (_doubling)
        {
            _before = 0;
            return true;
        }

        Hold(_patience);
        return false;
    }

    void Hold(int windows) => (_before, _hold, _mean) = (0, windows, 0);

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
