using Moss.Client.Transfer;

namespace Moss.Client.Tests.Transfer;

/// <summary>The adaptive settings on a simulated network, whose time a test moves.</summary>
public sealed class PaceTests
{
    int _held;

    /// <summary>
    /// Runs a limiter for so many seconds over a link that gives each connection a bandwidth, and all together no more than another, and
    /// gives the limits it took at the end of each second.
    /// </summary>
    async Task<List<int>> RunAsync(ConcurrencyLimiter limiter, ManualTime time, double each, double together, int seconds)
    {
        var limits = new List<int>();
        for (var tick = 0; tick < seconds * 10; tick++)
        {
            while (_held < limiter.Limit)
            {
                await limiter.AcquireAsync(CancellationToken.None);
                _held++;
            }

            while (_held > limiter.Limit)
            {
                limiter.Release();
                _held--;
            }

            time.Advance(TimeSpan.FromMilliseconds(100));
            limiter.Moved((int)(Math.Min(_held * each, together) / 10));
            if (tick % 10 == 9)
            {
                limits.Add(limiter.Limit);
            }
        }

        return limits;
    }

    [Fact]
    public async Task Where_every_connection_pays_it_goes_up_to_the_most_within_seconds()
    {
        var time = new ManualTime();
        using var limiter = new ConcurrencyLimiter(null, 32, time);
        var limits = await RunAsync(limiter, time, 1e6, double.MaxValue, 60);
        Assert.Equal(32, limits[4]);
        Assert.All(limits.Skip(5), limit => Assert.InRange(limit, 28, 32));
    }

    [Fact]
    public async Task Where_more_connections_bring_nothing_it_comes_down()
    {
        var time = new ManualTime();
        using var limiter = new ConcurrencyLimiter(null, 64, time);
        var limits = await RunAsync(limiter, time, 1e6, 6e6, 300);
        Assert.InRange(limits[^1], 5, 8);
    }

    [Fact]
    public async Task When_the_link_changes_it_follows()
    {
        var time = new ManualTime();
        using var limiter = new ConcurrencyLimiter(null, 32, time);
        await RunAsync(limiter, time, 1e6, 4e6, 300);
        var narrow = limiter.Limit;
        var limits = await RunAsync(limiter, time, 1e6, 20e6, 300);
        Assert.InRange(narrow, 3, 6);
        Assert.InRange(limits[^1], 17, 24);
    }

    [Fact]
    public async Task Overload_halves_it_once_for_many_failures()
    {
        var time = new ManualTime();
        using var limiter = new ConcurrencyLimiter(null, 32, time);
        await RunAsync(limiter, time, 1e6, double.MaxValue, 5);
        for (var i = 0; i < 32; i++)
        {
            limiter.Overloaded();
        }

        Assert.Equal(16, limiter.Limit);
        await RunAsync(limiter, time, 1e6, double.MaxValue, 2);
        limiter.Overloaded();
        Assert.Equal(8, limiter.Limit);
    }

    [Fact]
    public async Task A_number_that_was_said_stays()
    {
        var time = new ManualTime();
        using var limiter = new ConcurrencyLimiter(3, 32, time);
        Assert.All(await RunAsync(limiter, time, 1e6, double.MaxValue, 20), limit => Assert.Equal(3, limit));
        limiter.Overloaded();
        Assert.Equal(3, limiter.Limit);
    }

    [Fact]
    public void Part_sizes_follow_the_speed_of_a_connection_up_and_down()
    {
        var pace = new Pace();
        Assert.Equal(2 << 20, pace.PartSize(null));
        for (var i = 0; i < 50; i++)
        {
            pace.Measured(100_000_000, TimeSpan.FromSeconds(1));
        }

        Assert.Equal(4 << 20, pace.PartSize(2 << 20));
        Assert.Equal(128 << 20, pace.PartSize(128 << 20));
        for (var i = 0; i < 50; i++)
        {
            pace.Measured(1_000_000, TimeSpan.FromSeconds(10));
        }

        Assert.Equal(64 << 20, pace.PartSize(128 << 20));
        Assert.Equal(1 << 20, pace.PartSize(1 << 20));
    }

    [Theory]
    [InlineData(100 << 10, 1 << 20)]
    [InlineData(256 << 10, 1 << 20)]
    [InlineData(1 << 30, 128 << 20)]
    public void Parts_of_another_clients_size_are_followed_by_ones_of_its_own(long previous, long next)
    {
        var pace = new Pace();
        pace.Measured(10_000_000, TimeSpan.FromSeconds(1));
        Assert.Equal(next, pace.PartSize(previous));
    }

    [Fact]
    public void What_is_left_is_shared_out_among_the_connections()
    {
        var pace = new Pace();
        for (var i = 0; i < 50; i++)
        {
            pace.Measured(1_000_000_000, TimeSpan.FromSeconds(1));
        }

        Assert.Equal(128 << 20, pace.PartSize(null, 1L << 40, 32));
        Assert.Equal(10 << 20, pace.PartSize(null, 10L * 96 << 20, 32));
        Assert.Equal(256 << 10, pace.PartSize(null, 1 << 20, 32));
    }

    [Fact]
    public void The_longer_an_answer_takes_the_larger_are_the_parts()
    {
        var pace = new Pace();
        var without = pace.PartSize(null, 64 << 20, 32);
        pace.Answered(TimeSpan.FromMilliseconds(500));
        pace.Answered(TimeSpan.FromMilliseconds(400)); // The quickest counts: the others waited for something else.
        // The square root of 2 x 1 MB/s x 0.4 s x 2 MiB is 1.3 MB.
        Assert.Equal((768 << 10, 1280 << 10), (without, pace.PartSize(null, 64 << 20, 32)));
        Assert.Equal(512 << 10, pace.PartSize(null, 16 << 20, 32)); // Each connection gets one part at least.
    }

    sealed class ManualTime : TimeProvider
    {
        long _ticks = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan span) => _ticks += span.Ticks;
    }
}
