using Moss.Crash.Clients;

namespace Moss.Crash.Tests;

public sealed class KilledClientTests(ITestOutputHelper output)
{
    /// <summary>The short version of <c>eng/crash-client N</c>.</summary>
    const int Kills = 200;

    const long FileSize = 256 * 1024 * 1024;

    [Fact]
    public async Task However_often_an_upload_is_killed_the_object_is_the_file_and_nothing_is_sent_twice()
    {
        var (problems, summary) = await ClientCampaign.RunAsync(Kills, FileSize, seed: 1);
        output.WriteLine(summary);
        Assert.True(problems.Count == 0, $"{summary}: {string.Join("; ", problems)}");
        TestContext.Current.AddAttachment("what was done", summary);
    }
}
