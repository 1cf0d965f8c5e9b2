using System.Runtime.InteropServices;

namespace Moss.Crash;

/// <summary>When, around a call to a store, the process dies.</summary>
public enum Moment
{
    Before,

    /// <summary>A metadata write whose body has run and whose transaction has not committed.</summary>
    Inside,

    After,
}

/// <summary>A call to a store, by its place in the operation: the n-th call since the plan was armed.</summary>
public sealed record Step(int Index, string Call, Moment Moment)
{
    public override string ToString() => $"{Index.ToString(System.Globalization.CultureInfo.InvariantCulture)}:{Call}:{Moment}";
}

/// <summary>
/// Counts the calls to the stores that change something, and kills this very process (SIGKILL: no handler, no finaliser, no flush) at the planned
/// one. Without a planned step it records which steps there are.
/// </summary>
public sealed partial class KillPlan(int? index, Moment moment)
{
    const int Sigkill = 9;

    readonly List<Step> _seen = [];
    int _calls;
    bool _armed;

    /// <summary>The steps that were passed since arming.</summary>
    public IReadOnlyList<Step> Seen => _seen;

    public void Arm() => _armed = true;

    /// <summary>Runs a call with the plan's eyes on it.</summary>
    public async ValueTask<T> AroundAsync<T>(string call, Func<Func<ValueTask>, ValueTask<T>> run, bool hasInside)
    {
        if (!_armed)
        {
            return await run(static () => ValueTask.CompletedTask);
        }

        var mine = _calls++;
        Moment[] moments = hasInside ? [Moment.Before, Moment.Inside, Moment.After] : [Moment.Before, Moment.After];
        _seen.AddRange(moments.Select(m => new Step(mine, call, m)));
        Reach(mine, Moment.Before);
        var result = await run(() =>
        {
            Reach(mine, Moment.Inside);
            return ValueTask.CompletedTask;
        });
        Reach(mine, Moment.After);
        return result;
    }

    /// <summary>Runs a call that has no inside, as <see cref="AroundAsync{T}"/>.</summary>
    public async ValueTask AroundAsync(string call, Func<ValueTask> run) =>
        await AroundAsync(
            call,
            async _ =>
            {
                await run();
                return true;
            },
            hasInside: false);

    void Reach(int call, Moment reached)
    {
        if (call == index && reached == moment)
        {
            throw new InvalidOperationException($"kill answered {Kill(Environment.ProcessId, Sigkill)} to a process that lives on.");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
