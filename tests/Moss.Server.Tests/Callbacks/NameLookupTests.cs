using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Moss.Server.Callbacks;

namespace Moss.Server.Tests.Callbacks;

public sealed class NameLookupTests : IDisposable
{
    static readonly IPAddress[] Found = [IPAddress.Loopback];

    // A name server that is silent until it is told otherwise, but for the names that begin with "quick".
    readonly ManualResetEventSlim _answers = new();
    readonly ConcurrentQueue<string> _asked = [];
    readonly NameLookup _names;
    int _now;
    int _most;

    public NameLookupTests() => _names = new(Resolve);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _answers.Set();
        _answers.Dispose();
    }

    [Fact]
    public async Task One_asker_has_half_of_the_threads_until_the_look_ups_really_end_and_the_others_are_not_kept_waiting()
    {
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var slow = Enumerable.Range(0, 100).Select(i => _names.FindAsync($"slow{i}.example", "greedy", impatient.Token)).ToList();
        Assert.Equal(Found, await _names.FindAsync("quick.example", "modest", Ct));
        await impatient.CancelAsync();
        foreach (var task in slow)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }

        // Nobody waits any more, and the slots are still taken: the next one has to wait for them.
        var late = _names.FindAsync("slow-late.example", "greedy", Ct);
        Assert.Equal(Found, await _names.FindAsync("quick2.example", "modest", Ct));
        Assert.False(late.IsCompleted);
        Assert.Equal(NameLookup.MaxThreads / 2, _asked.Count(name => name.StartsWith("slow", StringComparison.Ordinal)));
        _answers.Set();
        Assert.Equal(Found, await late);
        Assert.InRange(_most, 1, NameLookup.MaxThreads);

        // Whom nobody waits for any more is not asked for.
        Assert.Equal((NameLookup.MaxThreads / 2) + 1, _asked.Count(name => name.StartsWith("slow", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task However_many_ask_there_is_an_end_to_the_threads()
    {
        var all = Enumerable.Range(0, 200).Select(i => _names.FindAsync($"slow{i}.example", $"asker{i % 50}", Ct)).ToList();
        SpinWait.SpinUntil(() => Volatile.Read(ref _now) == NameLookup.MaxThreads, TimeSpan.FromSeconds(30));
        Assert.Equal(NameLookup.MaxThreads, _asked.Count);
        _answers.Set();
        await Task.WhenAll(all);
        Assert.Equal(NameLookup.MaxThreads, _most);
        Assert.Equal(200, _asked.Count);
    }

    [Fact]
    public async Task A_name_that_many_ask_for_is_asked_for_once_and_comes_when_it_is_any_askers_turn()
    {
        var same = Enumerable.Range(0, 50).Select(_ => _names.FindAsync("slow.example", "a", Ct)).ToList();
        var blocked = Enumerable.Range(0, 50).Select(i => _names.FindAsync($"slow{i}.example", "a", Ct)).ToList();
        var behind = _names.FindAsync("quick.example", "a", Ct);
        Assert.Equal(Found, await _names.FindAsync("quick.example", "b", Ct));
        Assert.Equal(Found, await behind);
        _answers.Set();
        await Task.WhenAll([.. same, .. blocked]);
        Assert.Equal(1, _asked.Count(name => name == "slow.example"));
    }

    [Fact]
    public async Task A_failure_is_everybodys_and_an_address_needs_no_look_up()
    {
        await Assert.ThrowsAsync<SocketException>(() => _names.FindAsync("quick-none.example", "a", Ct));
        await Assert.ThrowsAsync<SocketException>(() => _names.FindAsync("quick-none.example", "a", Ct));
        Assert.Equal([IPAddress.Parse("192.0.2.1")], await _names.FindAsync("192.0.2.1", "a", Ct));
        Assert.Equal(2, _asked.Count);
    }

    IPAddress[] Resolve(string name)
    {
        _asked.Enqueue(name);
        var now = Interlocked.Increment(ref _now);
        for (var most = _most; now > most; most = _most)
        {
            Interlocked.CompareExchange(ref _most, now, most);
        }

        if (!name.StartsWith("quick", StringComparison.Ordinal))
        {
            _answers.Wait(CancellationToken.None);
        }

        Interlocked.Decrement(ref _now);
        return name.Contains("none", StringComparison.Ordinal) ? throw new SocketException((int)SocketError.HostNotFound) : Found;
    }
}
