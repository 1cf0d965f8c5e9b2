namespace Moss.Storage.Conformance;

/// <summary>A clock that moves only when a test moves it. Timers are the system's: no test waits for one of this clock's.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
