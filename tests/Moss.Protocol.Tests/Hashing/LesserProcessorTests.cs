using System.Diagnostics;

namespace Moss.Protocol.Tests.Hashing;

/// <summary>
/// The same tests as on a processor that has less: each in a process of its own, in which the runtime was told to leave
/// out instruction sets. What this machine's own processor takes, the tests in this process cover.
/// </summary>
public sealed class LesserProcessorTests
{
    const string Inside = "MOSS_TEST_LESSER_PROCESSOR";

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Every_hash_is_the_same_without(string instructions)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Inside) is not null, "already inside");
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [instructions] = "0", [Inside] = "1" },
            ArgumentList = { "-noLogo", "-noColor", "-namespace", typeof(LesserProcessorTests).Namespace! },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await output + await errors);
        Assert.Contains("Failed: 0", await output, StringComparison.Ordinal);
    }
}
