using Moss.Storage.Sweeping;

namespace Moss.Storage.Tests.Sweeping;

public sealed class ReadGateTests
{
    [Fact]
    public async Task Quiet_means_that_whoever_was_inside_has_left()
    {
        var gate = new ReadGate();
        await gate.QuiesceAsync();
        var early = gate.Enter();
        var quiet = gate.QuiesceAsync();
        using var late = gate.Enter();
        Assert.False(quiet.IsCompleted);
        early.Dispose();
        await quiet;
    }

    [Fact]
    public async Task Sweeps_side_by_side_each_wait_for_everyone_who_was_inside()
    {
        var gate = new ReadGate();
        var reader = gate.Enter();
        var first = gate.QuiesceAsync();
        var second = gate.QuiesceAsync();
        var third = gate.QuiesceAsync();
        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted);
        reader.Dispose();
        await Task.WhenAll(first, second, third);
    }
}
