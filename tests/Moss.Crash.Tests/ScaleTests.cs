using Moss.Crash.Scale;

namespace Moss.Crash.Tests;

/// <summary>The short versions of <c>eng/scale</c>. What is resident is bounded by what is in flight, so that it is the same at any size.</summary>
public sealed class ScaleTests(ITestOutputHelper output)
{
    const long MiB = 1024 * 1024;

    /// <summary>What issue 3 asks for with a million names.</summary>
    const long SyncCap = 200_000_000;

    /// <summary>For parts, as <c>--max-memory</c> says.</summary>
    const long PartMemory = 64 * MiB;

    /// <summary>The parts, and what the program takes besides.</summary>
    const long StreamCap = PartMemory + (128 * MiB);

    [Fact]
    public async Task Two_gigabytes_from_standard_input_pass_through_bounded_memory()
    {
        var result = await ScaleRun.StreamAsync(2048 * MiB, PartMemory);
        output.WriteLine(result.ToString());
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(2048 * MiB, result.Number("bytes"));
        Assert.InRange(result.PeakBytes, MiB, StreamCap);
    }

    [Fact]
    public async Task Twenty_thousand_names_are_compared_and_brought_over_in_bounded_memory()
    {
        const int Keys = 20_000;
        var results = await ScaleRun.SyncAsync(Keys);
        foreach (var result in results)
        {
            output.WriteLine(result.ToString());
            Assert.Equal(0, result.ExitCode);
            Assert.InRange(result.PeakBytes, MiB, SyncCap);
        }

        Assert.Equal(Keys, results[0].Number("unchanged"));
        Assert.Equal(Keys, results[1].Number("unchanged"));
        Assert.Equal(Keys, results[2].Number("done"));
    }
}
