namespace Moss.Protocol.Hashing;

/// <summary>
/// Brings the bodies of a process together, so that those with bytes waiting at the same time are hashed side by side.
/// </summary>
/// <remarks>
/// There is no thread of its own. A body that is alone is hashed by its appender, on the spot. Where there are several, an
/// append queues its body and a work item behind all the work the thread pool has already; until that item's turn comes,
/// the handlers before it bring their own blocks, so the busier the machine is, the more lanes are filled, and an idle
/// machine starts at once. Where bodies wait for sockets and disks rather than for the processor, a round also waits a
/// millisecond or two for as many bodies as came to the last ones (<see cref="Md5RoundGoal"/>). Whoever hashes looks for newcomers every <see cref="Md5Batch"/> run, and stops at the first body
/// that is done: what is left goes to the front of the queue, behind the work of those that may now go on.
/// <para>
/// A lane is about as fast as a body alone, so no body is slower for company. Nothing here allocates per append.
/// </para>
/// </remarks>
sealed class Md5Scheduler : IThreadPoolWorkItem
{
    // After so many rounds that found one body only, appenders hash on the spot again until they meet another.
    const int SinglesUntilAlone = 16;

    // The shortest a timer can do. A block of 128 KiB alone takes 0.18 ms to hash, and comes every 0.5 ms or so.
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    readonly int _maxRunners;
    readonly ITimer _patience;
    readonly Md5RoundGoal _goal = new(Md5Batch.Lanes);
    readonly Lock _lock = new();
    readonly Stack<Md5Batch> _idleBatches = new();
    Md5Stream? _first;
    Md5Stream? _last;
    int _waiting;
    int _runners;
    int _singles = SinglesUntilAlone;
    bool _deferred;
    bool _isPatient;

    internal Md5Scheduler(int maxRunners, TimeProvider time)
    {
        _maxRunners = maxRunners;
        _patience = time.CreateTimer(
            static scheduler => ((Md5Scheduler)scheduler!).LosePatience(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>The one of the process.</summary>
    internal static Md5Scheduler Shared { get; } = new(Environment.ProcessorCount, TimeProvider.System);

    /// <summary>
    /// Hashes the pending blocks of <paramref name="stream"/>, and of <paramref name="along"/> beside it, here or on the
    /// thread pool. The task is that of the first; the second's is its own <see cref="Md5Stream.Completion"/>.
    /// </summary>
    internal ValueTask Hash(Md5Stream stream, Md5Stream? along)
    {
        var completion = stream.Completion();
        Md5Batch? batch = null;
        lock (_lock)
        {
            Enqueue(stream);
            if (along is not null)
            {
                Enqueue(along);
            }

            if (_runners == 0 && _singles >= SinglesUntilAlone)
            {
                _runners = 1;
                batch = TakeBatch();
                Fill(batch);
            }
            else
            {
                StartOrWait();
            }
        }

        if (batch is not null)
        {
            RunAlone(stream, along, batch);
        }

        return completion;
    }

    /// <summary>A round of hashing on the thread pool.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Md5Batch batch;
        lock (_lock)
        {
            if (!_deferred && _waiting < Md5Batch.Lanes && ThreadPool.PendingWorkItemCount > 0)
            {
                // Handlers came into the queue since; one more turn for them to bring their blocks, and no more than one.
                _deferred = true;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            _deferred = false;
            batch = TakeBatch();
            Fill(batch);
            _singles = batch.Count > 1 ? 0 : Math.Min(_singles + 1, SinglesUntilAlone);
        }

        // Empty when another runner was faster.
        while (batch.Count > 0 && Run(batch) == 0)
        {
            Admit(batch);
        }

        GiveBack(batch);
    }

    void RunAlone(Md5Stream own, Md5Stream? along, Md5Batch batch)
    {
        own.IsHashedByAppender = true;
        along?.IsHashedByAppender = true;
        while (own.PendingBlocks > 0 || along?.PendingBlocks > 0)
        {
            Run(batch);
            Admit(batch);
        }

        GiveBack(batch);
    }

    // How many bodies were done. A fault here is a fault of ours; the bodies must hear of it all the same.
    static int Run(Md5Batch batch)
    {
        try
        {
            return batch.Run();
        }
        catch (Exception fault)
        {
            return batch.Fail(fault);
        }
    }

    // Takes newcomers into free lanes. The look at the queue outside the lock may miss one; the next look will not.
    void Admit(Md5Batch batch)
    {
        if (Volatile.Read(ref _first) is null || batch.IsFull)
        {
            return;
        }

        lock (_lock)
        {
            Fill(batch);
            _singles = 0;
        }
    }

    // Puts back what is not done, in front, and passes the work on when nobody else does it.
    void GiveBack(Md5Batch batch)
    {
        lock (_lock)
        {
            while (batch.Count > 0)
            {
                EnqueueFirst(batch.RemoveLast());
            }

            _idleBatches.Push(batch);
            _runners--;
            StartOrWait();
        }
    }

    // Where a round is under way, newcomers join it; where none is, one begins with enough bodies or after enough time.
    void StartOrWait()
    {
        if (_runners > 0)
        {
            StartRunners();
        }
        else if (_waiting >= _goal.Value)
        {
            _isPatient = false;
            _goal.Reached(_waiting);
            StartRunners();
        }
        else if (_waiting > 0 && !_isPatient)
        {
            _isPatient = true;
            _patience.Change(Patience, Timeout.InfiniteTimeSpan);
        }
    }

    void LosePatience()
    {
        lock (_lock)
        {
            if (_isPatient && _runners == 0 && _waiting > 0)
            {
                _goal.Missed(_waiting);
                StartRunners();
            }

            _isPatient = false;
        }
    }

    // As many as fill their lanes with those waiting, and one for the rest.
    void StartRunners()
    {
        while (_runners < _maxRunners && _runners * Md5Batch.Lanes < _waiting)
        {
            _runners++;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    Md5Batch TakeBatch() => _idleBatches.TryPop(out var batch) ? batch : new Md5Batch();

    void Fill(Md5Batch batch)
    {
        while (_first is { } stream && !batch.IsFull)
        {
            _first = stream.Next;
            _last = _first is null ? null : _last;
            stream.Next = null;
            _waiting--;
            batch.Add(stream);
        }
    }

    void Enqueue(Md5Stream stream)
    {
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.Next = stream;
        }

        _last = stream;
        _waiting++;
    }

    void EnqueueFirst(Md5Stream stream)
    {
        stream.Next = _first;
        _first = stream;
        _last ??= stream;
        _waiting++;
    }
}
