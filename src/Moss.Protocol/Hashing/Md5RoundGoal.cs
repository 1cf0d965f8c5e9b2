namespace Moss.Protocol.Hashing;

/// <summary>
/// How many bodies a round of hashing waits for: learned from how many came, so that a body waits only where waiting was
/// lately rewarded. Not safe for concurrent use; the scheduler's lock guards it.
/// </summary>
sealed class Md5RoundGoal(int max)
{
    const int FewestRoundsBetweenTrials = 8;
    const int MostRoundsBetweenTrials = 512;

    int _reached;
    int _roundsUntilTrial = FewestRoundsBetweenTrials;

    /// <summary>A round begins at once when so many wait; 1 at first.</summary>
    internal int Value { get; private set; } = 1;

    /// <summary>A round begins with <paramref name="waiting"/> bodies, at least <see cref="Value"/>.</summary>
    internal void Reached(int waiting)
    {
        var isExceeded = waiting > Value;
        if (isExceeded)
        {
            _roundsUntilTrial = FewestRoundsBetweenTrials;
        }

        if (isExceeded || ++_reached >= _roundsUntilTrial)
        {
            _reached = 0;
            Value = Math.Min(Value + 1, max);
        }
    }

    /// <summary>
    /// The time was up when only <paramref name="waiting"/> bodies had come. More are tried for again, but after every miss
    /// half as often: one fast body among slow ones loses less than a hundredth to it.
    /// </summary>
    internal void Missed(int waiting)
    {
        Value = waiting;
        _reached = 0;
        _roundsUntilTrial = Math.Min(2 * _roundsUntilTrial, MostRoundsBetweenTrials);
    }
}
