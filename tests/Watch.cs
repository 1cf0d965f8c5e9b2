using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Moss.Tests;
using Xunit.v3;

[assembly: Watch]

namespace Moss.Tests;

/// <summary>
/// Ends the process when no test has begun or ended for MOSS_TEST_QUIET_SECONDS seconds, and says which were under way: a test that hangs is a failure with a
/// name and not a run without an end. Without the variable it does nothing.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
sealed class WatchAttribute : BeforeAfterTestAttribute
{
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("MOSS_TEST_QUIET_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0);

    static readonly ConcurrentDictionary<IXunitTest, long> Running = new();

    static string _ended = "none";
    static long _last = Stopwatch.GetTimestamp();

    static WatchAttribute()
    {
        if (Quiet > TimeSpan.Zero)
        {
            // A thread of its own: what hangs may have taken all of the pool's.
            new Thread(Watch) { IsBackground = true, Name = "watch" }.Start();
        }
    }

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        Running[test] = Now();
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        Now();
        Running.TryRemove(test, out _);
        Volatile.Write(ref _ended, test.TestDisplayName);
    }

    static long Now()
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _last, now);
        return now;
    }

    static void Watch()
    {
        using var never = new ManualResetEventSlim();
        while (Stopwatch.GetElapsedTime(Volatile.Read(ref _last)) < Quiet)
        {
            never.Wait(TimeSpan.FromSeconds(1));
        }

        var running = Running.Select(entry => $"{entry.Key.TestDisplayName} for {Stopwatch.GetElapsedTime(entry.Value).TotalSeconds:f0} s");
        Environment.FailFast(
            $"nothing has happened for {Quiet.TotalSeconds:f0} s; the last test that ended: {_ended}; under way: {string.Join(", ", running.DefaultIfEmpty("none"))}");
    }
}
