using System.Diagnostics;

namespace Moss.Crash;

/// <summary>A row of the crash matrix.</summary>
public sealed record Row(string Scenario, Step Step, string Outcome);

/// <summary>Kills a child process at every step of every scenario and looks at what is left.</summary>
public static class Matrix
{
    /// <summary>The steps of a scenario, found by running it without dying.</summary>
    public static async Task<IReadOnlyList<Step>> StepsAsync(Scenario scenario)
    {
        var directory = NewDirectory();
        try
        {
            var plan = new KillPlan(index: null, Moment.Before);
            await using var store = await Store.OpenAsync(directory, plan);
            await scenario.PrepareAsync(store);
            plan.Arm();
            await scenario.RunAsync(store);
            return [.. plan.Seen];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Lets a child die at a step and answers what is left: <c>before</c>, <c>after</c>, or what is wrong.</summary>
    public static async Task<string> RunAsync(Scenario scenario, Step step)
    {
        var directory = NewDirectory();
        try
        {
            var code = await ChildAsync("step", directory, scenario.Name, step.Index.ToString(), step.Moment.ToString());
            const int KilledBySigkill = 128 + 9;
            if (code != KilledBySigkill)
            {
                return $"the child ended with {code} instead of dying";
            }

            await using var store = await Store.OpenAsync(directory);
            var outcome = await scenario.OutcomeAsync(store);
            var problems = await store.SweepAndCheckAsync();
            var again = problems.Count == 0 && outcome is "before" or "after" ? await Readable(store) : null;
            return problems.Count > 0 ? string.Join(", ", problems) : again ?? outcome;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>What the child does: prepare, arm, run. It dies before it can return.</summary>
    public static async Task ChildAsync(string directory, string scenarioName, int index, Moment moment)
    {
        var scenario = Scenario.All.Single(s => s.Name == scenarioName);
        var plan = new KillPlan(index, moment);
        await using var store = await Store.OpenAsync(directory, plan);
        await scenario.PrepareAsync(store);
        plan.Arm();
        await scenario.RunAsync(store);
    }

    /// <summary>Runs this program as a child and answers its exit code.</summary>
    internal static async Task<int> ChildAsync(params string[] arguments)
    {
        using var child = Process.Start(ChildInfo(arguments))!;
        await child.WaitForExitAsync();
        return child.ExitCode;
    }

    internal static ProcessStartInfo ChildInfo(params string[] arguments)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        info.ArgumentList.Add(typeof(Matrix).Assembly.Location);
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }

    internal static string NewDirectory() => Directory.CreateTempSubdirectory("moss-crash-").FullName;

    // Every object can still be read whole after the sweep.
    static async Task<string?> Readable(Store store)
    {
        foreach (var key in new[] { "k", "copy", "u" })
        {
            try
            {
                await store.GetAsync(key);
            }
            catch (IOException exception)
            {
                return exception.Message;
            }
        }

        return null;
    }
}
