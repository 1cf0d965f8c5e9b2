namespace Moss.Storage.Files;

/// <summary>A piece of work for <see cref="IoThreads"/>; may be started anew once it was awaited, and then allocates nothing.</summary>
sealed class IoWork(Action action)
{
    readonly Signal _done = new();

    /// <summary>Ends, or fails, as the work does that was started last.</summary>
    internal ValueTask Completion => _done.Completion;

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
            action();
        }
        // Whatever it is, it is thrown where the work is awaited.
        catch (Exception e)
        {
            _done.Fail(e);
            return;
        }

        _done.Set();
    }
}
