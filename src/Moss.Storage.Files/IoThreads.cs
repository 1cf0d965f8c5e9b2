using System.Diagnostics;

namespace Moss.Storage.Files;

/// <summary>
/// Threads for calls that wait for the device, so that the thread pool never does. They start when there is work, at most a
/// fixed number, and all but one end when there was none for a while.
/// </summary>
sealed class IoThreads(string name, int maxThreads) : IDisposable
{
    static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    readonly Queue<IoWork> _queue = new();
    int _threads;
    int _idle;
    bool _closed;

    /// <summary>Runs the work on one of the threads, or on this one when they are gone.</summary>
    internal void Post(IoWork work)
    {
        lock (_queue)
        {
            if (!_closed && (_queue.Count < _idle || TryStart() || _threads > 0))
            {
                _queue.Enqueue(work);
                Monitor.Pulse(_queue);
                return;
            }
        }

        work.Execute();
    }

    /// <summary>Waits for all work to end. What comes later runs where it comes from.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.PulseAll(_queue);
            while (_threads > 0)
            {
                Monitor.Wait(_queue);
            }
        }
    }

    // Where no more threads can be had, those that run come to all the work in time.
    bool TryStart()
    {
        if (_threads == maxThreads)
        {
            return false;
        }

        try
        {
            new Thread(Run) { IsBackground = true, Name = name }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        _threads++;
        return true;
    }

    void Run()
    {
        while (Next() is { } work)
        {
            work.Execute();
        }
    }

    IoWork? Next()
    {
        lock (_queue)
        {
            var since = Stopwatch.GetTimestamp();
            while (_queue.Count == 0)
            {
                if (_closed || (_threads > 1 && Stopwatch.GetElapsedTime(since) >= IdleTime))
                {
                    _threads--;
                    Monitor.PulseAll(_queue);
                    return null;
                }

                _idle++;
                Monitor.Wait(_queue, IdleTime);
                _idle--;
            }

            return _queue.Dequeue();
        }
    }
}
