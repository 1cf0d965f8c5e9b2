using System.Threading.Tasks.Sources;

namespace Moss.Storage.Files;

/// <summary>A piece of work for <see cref="IoThreads"/>; may be started anew once it was awaited, and then allocates nothing.</summary>
sealed class IoWork : IValueTaskSource
{
    readonly Action _action;
    ManualResetValueTaskSourceCore<bool> _done;

    internal IoWork(Action action)
    {
        _action = action;
        _done.RunContinuationsAsynchronously = true;
    }

    /// <summary>Ends, or fails, as the work does that was started last.</summary>
    internal ValueTask Completion => new(this, _done.Version);

    /// <summary>Runs the work on one of the threads, or here and now.</summary>
    internal void Start(IoThreads? threads)
    {
        _done.Reset();
        if (threads is null)
        {
            Execute();
        }
        else
        {
            threads.Post(this);
        }
    }

    /// <summary>As <see cref="Start"/> and <see cref="Completion"/>.</summary>
    internal ValueTask RunAsync(IoThreads? threads)
    {
        Start(threads);
        return Completion;
    }

    internal void Execute()
    {
        try
        {
            _action();
        }
        // Whatever it is, it is thrown where the work is awaited.
        catch (Exception e)
        {
            _done.SetException(e);
            return;
        }

        _done.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
