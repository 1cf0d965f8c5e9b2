using System.Diagnostics;
using System.Globalization;

namespace Moss.Load;

/// <summary>What one run measured.</summary>
sealed record Measurement(long Requests, long Bytes, TimeSpan Wall, TimeSpan Cpu, TimeSpan Median, TimeSpan P99, long PeakResident)
{
    const double Gibibyte = 1024.0 * 1024 * 1024;

    public double MiBPerSecond => Bytes / (1024.0 * 1024) / Wall.TotalSeconds;

    public double RequestsPerSecond => Requests / Wall.TotalSeconds;

    public double CpuSecondsPerGiB => Cpu.TotalSeconds / (Bytes / Gibibyte);

    public double CpuSecondsPer1000Requests => Cpu.TotalSeconds / (Requests / 1000.0);
}

/// <summary>Requests from many connections at once.</summary>
static class Work
{
    /// <summary>Small requests that a fresh server gets before those that count.</summary>
    public const int WarmingUp = 60_000;

    /// <summary>
    /// Runs requests whose cost is the code that serves them: first so many that the runtime has compiled it for good, then those that count. A server is
    /// started once and serves for months.
    /// </summary>
    /// <param name="target">The server.</param>
    /// <param name="connections">Connections, each on a thread of its own, one request at a time.</param>
    /// <param name="warmingUp">Requests that do not count; their numbers follow those of the others.</param>
    /// <param name="requests">Requests that count.</param>
    /// <param name="send">Sends the request of a number and answers the bytes that were moved.</param>
    public static Measurement RunWarm(Target target, int connections, int warmingUp, int requests, Func<Connection, int, long> send)
    {
        if (warmingUp > 0)
        {
            Run(target, connections, warmingUp, (connection, n) => send(connection, requests + n));

            // What the warming up left in the page cache is nobody's to write while it is measured.
            using var sync = Process.Start("sync");
            sync.WaitForExit();
        }

        return Run(target, connections, requests, send);
    }

    /// <summary>Runs requests on so many connections until all are done.</summary>
    /// <param name="target">The server.</param>
    /// <param name="connections">Connections, each on a thread of its own, one request at a time.</param>
    /// <param name="requests">Requests in all.</param>
    /// <param name="send">Sends the request of a number and answers the bytes that were moved.</param>
    public static Measurement Run(Target target, int connections, int requests, Func<Connection, int, long> send)
    {
        var times = new long[requests];
        long bytes = 0;
        var next = -1;
        Exception? failure = null;
        var cpu = target.Cpu();
        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, connections).Select(_ => new Thread(
            () =>
            {
                try
                {
                    using var connection = new Connection(target.Address);
                    for (var mine = Interlocked.Increment(ref next); mine < requests; mine = Interlocked.Increment(ref next))
                    {
                        var start = Stopwatch.GetTimestamp();
                        Interlocked.Add(ref bytes, send(connection, mine));
                        times[mine] = Stopwatch.GetTimestamp() - start;
                    }
                }
                catch (Exception exception) when (exception is IOException or InvalidDataException or System.Net.Sockets.SocketException)
                {
                    Interlocked.CompareExchange(ref failure, exception, null);
                    Volatile.Write(ref next, requests);
                }
            },
            maxStackSize: 256 * 1024)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        clock.Stop();
        if (failure is not null)
        {
            throw new InvalidOperationException($"{target.Name}: {failure.Message}", failure);
        }

        Array.Sort(times);
        return new(
            requests, bytes, clock.Elapsed, target.Cpu() - cpu, Time(times, 0.5), Time(times, 0.99), target.PeakResident());
    }

    /// <summary>Measures from the start of the server's process to the first answer: what a user waits for, and what the process spent on it.</summary>
    public static Measurement RunCold(Target target, byte[] request)
    {
        using var connection = new Connection(target.Address);
        connection.Send(request);
        var wall = target.SinceStart;
        return new(1, request.Length, wall, target.Cpu(), wall, wall, target.PeakResident());
    }

    static TimeSpan Time(long[] sorted, double part) =>
        Stopwatch.GetElapsedTime(0, sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * part)]);

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
