namespace Moss.Storage.Conformance;

/// <summary>The failure that a <see cref="FaultPlan"/> makes.</summary>
public sealed class InjectedFaultException(string message) : IOException(message);

/// <summary>
/// Says which calls fail before they do anything, which fail after they took effect (the lost acknowledgement), and which tarry.
/// The same seed and the same order of calls give the same faults.
/// </summary>
public sealed class FaultPlan(int seed)
{
    readonly Random _random = new(seed);
    readonly Lock _lock = new();
    int _calls;

    /// <summary>How many calls were made.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Which call fails, counted from 1, beside those that fail by chance; 0 is none.</summary>
    public int FailCall { get; init; }

    /// <summary>Whether the call of <see cref="FailCall"/> takes effect before it fails.</summary>
    public bool FailCallAfterEffect { get; init; }

    /// <summary>The share of calls that fail without an effect, from 0 to 1.</summary>
    public double FailBefore { get; init; }

    /// <summary>The share of calls that take effect and fail, from 0 to 1.</summary>
    public double FailAfter { get; init; }

    /// <summary>The share of calls that tarry before they begin, from 0 to 1.</summary>
    public double Tarry { get; init; }

    /// <summary>Makes a call under the plan.</summary>
    /// <param name="discard">What is done with the result of a call that fails after it took effect.</param>
    public async ValueTask<T> RunAsync<T>(string name, Func<ValueTask<T>> call, Func<T, ValueTask>? discard = null)
    {
        var (number, before, after, tarry) = Draw();
        if (tarry)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        if (before)
        {
            throw new InjectedFaultException($"{name} failed before it took effect (call {number})");
        }

        var result = await call();
        if (!after)
        {
            return result;
        }

        if (discard is not null)
        {
            await discard(result);
        }

        throw new InjectedFaultException($"{name} failed after it took effect (call {number})");
    }

    /// <summary>Makes a call under the plan.</summary>
    public async ValueTask RunAsync(string name, Func<ValueTask> call) =>
        await RunAsync(name, async () =>
        {
            await call();
            return 0;
        });

    (int Number, bool Before, bool After, bool Tarry) Draw()
    {
        lock (_lock)
        {
            var chosen = ++_calls == FailCall;
            var before = _random.NextDouble() < FailBefore || (chosen && !FailCallAfterEffect);
            var after = _random.NextDouble() < FailAfter || (chosen && FailCallAfterEffect);
            return (_calls, before, after, _random.NextDouble() < Tarry);
        }
    }
}
