using System.Diagnostics;
using System.Globalization;

namespace Moss.Tests;

/// <summary>
/// How long a parser is fuzzed: a fixed number of rounds with every test run, and for MOSS_FUZZ_SECONDS seconds, from a seed of its own, under <c>eng/fuzz</c>.
/// </summary>
static class Fuzzing
{
    static readonly int? Seconds =
        int.TryParse(Environment.GetEnvironmentVariable("MOSS_FUZZ_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    /// <summary>The seed of a run; a long one says which it was, so that it can be run again with MOSS_FUZZ_SEED.</summary>
    public static int Seed(int usual)
    {
        if (Seconds is null)
        {
            return usual;
        }

        var given = Environment.GetEnvironmentVariable("MOSS_FUZZ_SEED");
        var seed = int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : Environment.TickCount;
        Console.Error.WriteLine($"fuzzing with MOSS_FUZZ_SEED={seed.ToString(CultureInfo.InvariantCulture)}");
        return seed;
    }

    /// <summary>The numbers of the rounds.</summary>
    public static IEnumerable<int> Rounds(int usual)
    {
        var watch = Stopwatch.StartNew();
        for (var round = 0; Seconds is { } limit ? watch.Elapsed.TotalSeconds < limit : round < usual; round++)
        {
            yield return round;
        }
    }
}
