using System.Diagnostics;
using System.Text.RegularExpressions;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>What a person sees: a real terminal (tmux), its screen read while the command runs.</summary>
public sealed class TerminalTests(MossServer server) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Shelf _shelf = new(server);

    public void Dispose()
    {
        if (Directory.Exists(Path.Combine(_shelf.Root, "tmux")))
        {
            using var end = Process.Start(Tmux("kill-server"))!;
            end.WaitForExit();
        }

        _shelf.Dispose();
    }

    [Fact]
    public async Task Bars_are_drawn_ctrl_c_stops_and_the_printed_command_goes_on()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var number in new[] { 1, 2, 3 })
        {
            _shelf.Write($"d/{number}.bin", Shelf.Noise(700_000, number));
        }

        await OpenAsync();
        await TypeAsync($"moss cp -r d oss://{bucket}/ -j 2 --bigfile-threshold 100Ki --part-size 100Ki --bandwidth-limit 250Ki");
        var screen = await UntilAsync(@"total \d of 3 +━+─* +\d+% .*left");
        Assert.Matches(@"(?m)^1\.bin +[━─]{24} +\d+% +\d.*/684 KiB +\d[\d.]* [KM]?i?B/s", screen);
        Assert.Matches(@"(?m)^2\.bin +[━─]{24}", screen);
        Assert.Contains("\e[32m", await ScreenAsync("-e"), StringComparison.Ordinal);

        await RunTmuxAsync("send-keys", "-t", "moss", "C-c");
        screen = await UntilAsync(@"ENDED 5");
        var job = Regex.Match(screen, "moss jobs resume [0-9a-f]{8}", RegexOptions.None, TimeSpan.FromSeconds(5));
        Assert.True(job.Success, screen);

        await TypeAsync($"clear; NO_COLOR=1 {job.Value}");
        await UntilAsync(@"total \d of 3 +━");
        Assert.DoesNotMatch("\e\\[[0-9;]*m[━─]", await ScreenAsync("-e"));
        await UntilAsync("ENDED 0");
        foreach (var number in new[] { 1, 2, 3 })
        {
            Assert.Equal(Shelf.Noise(700_000, number), await server.GetAsync(bucket, $"{number}.bin"));
        }

        Assert.Empty((await _shelf.JsonAsync("jobs", "jobs", "list")).Items);
    }

    [Fact]
    public async Task Bars_tell_of_what_had_to_be_tried_again()
    {
        using var front = new FlakyFront(server.Endpoint, refusals: 2);
        _shelf.Environment["OSS_ENDPOINT"] = front.Endpoint;
        var bucket = await server.NewBucketAsync();
        var bytes = Shelf.Noise(900_000, 4);
        _shelf.Write("big.bin", bytes);
        await OpenAsync();
        await TypeAsync($"moss cp big.bin oss://{bucket}/ --bigfile-threshold 100Ki --part-size 100Ki --parallel 2 --bandwidth-limit 100Ki");
        await UntilAsync(@"(?m)^big\.bin +[━─]{24}.*  2 retries");
        await UntilAsync(@"(?m)^total +━{24} 100%.*  2 retries *$[^~]*ENDED 0");
        Assert.Equal(bytes, await server.GetAsync(bucket, "big.bin"));
    }

    [Fact]
    public async Task Config_asks_and_does_not_show_the_secret()
    {
        foreach (var name in new[] { "OSS_ENDPOINT", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET" })
        {
            _shelf.Environment.Remove(name);
        }

        var bucket = await server.NewBucketAsync();
        await OpenAsync();
        await TypeAsync("moss config");
        await UntilAsync("Address of the service");
        await TypeAsync(server.Endpoint);
        await UntilAsync("Region");
        await TypeAsync("");
        await UntilAsync("Access key id");
        await TypeAsync(MossServer.AccessKeyId);
        await UntilAsync("secret");
        await TypeAsync(MossServer.AccessKeySecret);
        var screen = await UntilAsync("ENDED 0");
        Assert.DoesNotContain(MossServer.AccessKeySecret, screen, StringComparison.Ordinal);
        Assert.Contains($"access-key-secret = {MossServer.AccessKeySecret}", File.ReadAllText(_shelf.Config), StringComparison.Ordinal);
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();

        await TypeAsync($"clear; moss rm -r oss://{bucket}");
        await UntilAsync($"Type '{bucket}' to go on");
        await TypeAsync("no");
        await UntilAsync("ENDED 1");
        await TypeAsync($"clear; moss rm -r -b oss://{bucket}");
        await UntilAsync($"Type '{bucket}' to go on");
        await TypeAsync(bucket);
        await UntilAsync("ENDED 0");
    }

    async Task OpenAsync()
    {
        // eng/test installs it; elsewhere its absence shows as a skip, in CI as a failure.
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static folder => File.Exists(Path.Combine(folder, "tmux")));
        Assert.SkipWhen(!isThere && Environment.GetEnvironmentVariable("CI") != "true", "there is no tmux here");
        Assert.True(isThere, "CI needs tmux");
        Directory.CreateDirectory(Path.Combine(_shelf.Root, "tmux"));
        _shelf.Environment["TERM"] = "xterm-256color";
        _shelf.Environment["LC_ALL"] = "C.UTF-8";
        // A shell that is told to end would write its history into what is being removed.
        _shelf.Write("rc", $"unset HISTFILE\nPS1='ready: '\nmoss() {{ dotnet '{MossProcess.Program}' \"$@\"; echo \"ENDED $?\"; }}\n");
        await RunTmuxAsync("-u", "new-session", "-d", "-s", "moss", "-x", "140", "-y", "40", "bash --noprofile --rcfile rc -i");
        await UntilAsync("ready:");
    }

    Task<string> TypeAsync(string line) => RunTmuxAsync("send-keys", "-t", "moss", line, "Enter");

    Task<string> ScreenAsync(params string[] options) => RunTmuxAsync(["capture-pane", "-p", "-J", .. options, "-t", "moss"]);

    async Task<string> UntilAsync(string pattern)
    {
        var start = TimeProvider.System.GetTimestamp();
        var screen = "";
        while (TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            screen = await ScreenAsync();
            if (Regex.IsMatch(screen, pattern, RegexOptions.None, TimeSpan.FromSeconds(5)))
            {
                return screen;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        Assert.Fail($"'{pattern}' did not appear within {Patience}:\n{screen}");
        return "";
    }

    ProcessStartInfo Tmux(params string[] words)
    {
        var info = MossProcess.Info([], _shelf.Environment, _shelf.Files);
        info.FileName = "tmux";
        info.ArgumentList.Clear();
        foreach (var word in (string[])["-f", "/dev/null", "-S", Path.Combine(_shelf.Root, "tmux", "socket"), .. words])
        {
            info.ArgumentList.Add(word);
        }

        return info;
    }

    async Task<string> RunTmuxAsync(params string[] words)
    {
        using var tmux = Process.Start(Tmux(words))!;
        var error = tmux.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await tmux.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await tmux.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(tmux.ExitCode == 0, $"tmux {string.Join(' ', words)}: {await error}");
        return output;
    }
}
