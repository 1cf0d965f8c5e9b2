using System.Diagnostics;

namespace Moss.Storage.Files;

/// <summary>
/// Threads for calls that wait for the device, so that the thread pool never does. They start when there is work, at most a
/// fixed number, and end when there was none for a while.
/// </summary>
sealed class IoThreads(string name, int maxThreads) : IDisposable
{
    static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    readonly Queue<IoWork> _queue = new();
    int _threads;
    int _idle;
    bool _closed;

    /// <summary>Runs the work on one of the threads.</summary>
    internal void Post(IoWork work)
    {
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _queue.Enqueue(work);
            if (_queue.Count > _idle && _threads < maxThreads)
            {
                _threads++;
                new Thread(Run) { IsBackground = true, Name = name }.UnsafeStart();
            }
            else
            {
                Monitor.Pulse(_queue);
            }
        }
    }

    /// <summary>Waits for all work to end.</summary>
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
                if (_closed || Stopwatch.GetElapsedTime(since) >= IdleTime)
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
