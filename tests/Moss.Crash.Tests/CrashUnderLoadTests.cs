namespace Moss.Crash.Tests;

public sealed class CrashUnderLoadTests
{
    /// <summary>The short version of <c>eng/crash N</c>.</summary>
    const int Cycles = 40;

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_after_a_kill_under_load()
    {
        for (var seed = 1; seed <= Cycles; seed++)
        {
            var problems = await Load.CycleAsync(seed);
            Assert.True(problems.Count == 0, $"seed {seed}: {string.Join("; ", problems)}");
        }
    }
}
