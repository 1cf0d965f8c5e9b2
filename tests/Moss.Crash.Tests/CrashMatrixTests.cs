namespace Moss.Crash.Tests;

/// <summary>Dying at every step of every operation leaves the state before it or after it, never another.</summary>
public sealed class CrashMatrixTests
{
    public static TheoryData<string> Scenarios => [.. Scenario.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task Dying_at_any_step_leaves_before_or_after(string name)
    {
        var scenario = Scenario.All.Single(s => s.Name == name);
        var steps = await Matrix.StepsAsync(scenario);
        Assert.NotEmpty(steps);
        var outcomes = new List<string>();
        foreach (var step in steps)
        {
            var outcome = await Matrix.RunAsync(scenario, step);
            Assert.True(outcome is "before" or "after", $"{step}: {outcome}");
            outcomes.Add(outcome);
        }

        // Once it is done it stays done: no later step takes it back.
        Assert.Equal(outcomes.OrderByDescending(o => o == "before"), outcomes);
    }
}
