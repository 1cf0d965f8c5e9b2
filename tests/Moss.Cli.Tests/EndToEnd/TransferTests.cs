using System.Diagnostics;
using System.Text.Json;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>What happens around a transfer: progress, an interruption and going on, a growing file, a list of names.</summary>
public sealed class TransferTests(MossServer server) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task Progress_as_json_is_lines_of_json_and_nothing_else()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/slow", Shelf.Noise(600_000, 1));
        _shelf.Write("d/quick", "x");
        var outcome = (await _shelf.RunAsync("cp", "-r", "d", $"oss://{bucket}/", "--progress", "json", "--bandwidth-limit", "400Ki")).Exits(0);
        var events = Events(outcome.Error);
        Assert.Equal(2, events.Count(one => one["event"] == "started"));
        Assert.Equal(2, events.Count(one => one["event"] == "finished"));
        Assert.Contains(events, one => one["event"] == "progress");
        Assert.Equal(("summary", 600_001), (events[^1]["event"], events[^1].Number("bytes")));
        Assert.StartsWith("Succeed: Total num: 2", outcome.Output, StringComparison.Ordinal);

        await server.PutAsync(bucket, "x//bad", "1");
        var failed = Events((await _shelf.RunAsync("cp", "-r", $"oss://{bucket}/x/", "out", "--progress", "json")).Exits(4).Error);
        Assert.Equal("3", failed.Single(one => one["event"] == "failed")["exitCode"]);
        Assert.Equal("", (await _shelf.RunAsync("cp", "d/quick", $"oss://{bucket}/", "--no-progress", "-q")).Exits(0).Error);
    }

    [Fact]
    public async Task What_had_to_be_tried_again_is_counted()
    {
        using var front = new FlakyFront(server.Endpoint, refusals: 2);
        _shelf.Environment["OSS_ENDPOINT"] = front.Endpoint;
        var bucket = await server.NewBucketAsync();
        _shelf.Write("big", Shelf.Noise(500_000, 8));
        string[] words = ["cp", "big", $"oss://{bucket}/", "--bigfile-threshold", "100Ki", "--part-size", "100Ki", "--parallel", "1", "--bandwidth-limit", "200Ki", "--progress"];
        var outcome = (await _shelf.RunAsync([.. words, "json"])).Exits(0);
        var events = Events(outcome.Error);
        Assert.Equal((2, 2), (events[^1].Number("retries"), events.Single(one => one["event"] == "finished").Number("retries")));
        using var again = new FlakyFront(server.Endpoint, refusals: 1);
        _shelf.Environment["OSS_ENDPOINT"] = again.Endpoint;
        (await _shelf.RunAsync([.. words, "plain", "--no-resume"])).Exits(0).Says(", 1 retries");
    }

    [Fact]
    public async Task An_interrupted_upload_says_how_to_go_on_and_goes_on()
    {
        var bucket = await server.NewBucketAsync();
        var bytes = Shelf.Noise(1_200_000, 3);
        _shelf.Write("big", bytes);
        var info = MossProcess.Info(["cp", "big", $"oss://{bucket}/big", "--bigfile-threshold", "100Ki", "--part-size", "100Ki", "--parallel", "2", "--bandwidth-limit", "300Ki"], _shelf.Environment, _shelf.Files);
        using var process = Process.Start(info)!;
        await PartsAsync(bucket, "big", 3);
        Assert.Equal("running", Assert.Single((await _shelf.FormatsAsync("jobs", "jobs", "list")).All("state")));
        await InterruptAsync(process);
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, process.ExitCode);
        var job = Assert.Single((await _shelf.JsonAsync("jobs", "jobs", "list")).Items);
        Assert.Equal("interrupted", job["state"]);
        Assert.Contains($"moss jobs resume {job["id"]}\n", said, StringComparison.Ordinal);
        Assert.Contains(job["command"]!, said, StringComparison.Ordinal);

        // From anywhere, and by the first digits.
        var resumed = await MossProcess.RunAsync(MossProcess.Info(["jobs", "resume", job["id"]![..4]], _shelf.Environment, _shelf.Home), []);
        resumed.Exits(0).Says("were there already");
        Assert.Equal(bytes, await server.GetAsync(bucket, "big"));
        Assert.Empty((await _shelf.JsonAsync("jobs", "jobs", "list")).Items);
        Assert.Empty((await _shelf.JsonAsync("ls", "uploads", "ls", $"oss://{bucket}")).Items);
    }

    [Fact]
    public async Task Jobs_are_forgotten_when_asked_and_hopeless_ones_are_never_remembered()
    {
        _shelf.Write("a", "x");
        (await _shelf.RunAsync("cp", "a", "oss://no-such-bucket-here/")).Exits(2);
        Assert.Empty((await _shelf.JsonAsync("jobs", "jobs", "list")).Items);
        (await _shelf.RunAsync("cp", "a", "oss://some-bucket/", "-e", "http://127.0.0.1:1", "--retry-times", "0", "-i", "id", "-k", "very-secret")).Exits(3);
        var job = Assert.Single((await _shelf.JsonAsync("jobs", "jobs", "list")).Items);
        Assert.DoesNotContain("very-secret", job.ToString(), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(_shelf.State, "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain("very-secret", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }

        (await _shelf.RunAsync("jobs", "resume", "zzzz")).Exits(1).Says("there is no job 'zzzz'");
        Assert.Equal(0, (await _shelf.JsonAsync("jobs-clean", "jobs", "clean", "--older-than", "1d")).Number("removed"));
        Assert.Equal(1, (await _shelf.JsonAsync("jobs-clean", "jobs", "clean")).Number("removed"));
    }

    [Fact]
    public async Task A_file_that_grows_is_followed_until_it_is_idle()
    {
        var bucket = await server.NewBucketAsync();
        var path = Path.Combine(_shelf.Files, "camera.ts");
        var bytes = Shelf.Noise(500_000, 4);
        await using var camera = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        await camera.WriteAsync(bytes.AsMemory(0, 150_000), TestContext.Current.CancellationToken);
        await camera.FlushAsync(TestContext.Current.CancellationToken);
        var following = _shelf.RunAsync("cp", "--follow", "--idle-timeout", "4s", "camera.ts", $"oss://{bucket}/live/", "--part-size", "100Ki", "--output-format", "json");
        // The first part is over there while the camera still writes.
        await PartsAsync(bucket, "live/camera.ts", 1);
        await camera.WriteAsync(bytes.AsMemory(150_000), TestContext.Current.CancellationToken);
        await camera.FlushAsync(TestContext.Current.CancellationToken);
        Schemas.Check("transfer", (await following).Exits(0));
        Assert.Equal(bytes, await server.GetAsync(bucket, "live/camera.ts"));
        (await _shelf.RunAsync("cp", "--follow", "a", "b", $"oss://{bucket}/")).Exits(1).Says("--follow takes one file");
    }

    [Fact]
    public async Task A_list_names_what_goes_up_down_and_across()
    {
        var (bucket, other) = (await server.NewBucketAsync(), await server.NewBucketAsync());
        foreach (var name in new[] { "a", "b/c", "b/left", "#odd" })
        {
            _shelf.Write("d/" + name, name);
        }

        _shelf.Write("list", "# a remark\n./a\n\n  b/c\nnone\n../outside\n");
        var (outcome, up) = await _shelf.CodeAndJsonAsync(4, "transfer", "cp", "-r", "d", $"oss://{bucket}/p", "--files-from", "list");
        Assert.Equal((2, 2), (up.Number("done"), up.Number("failed")));
        outcome.Says("there is no file 'd/none'").Says("'../outside'");
        Assert.Equal(["p/a", "p/b/c"], await server.KeysAsync(bucket));
        (await _shelf.RunWithAsync("#odd\n", "cp", "-r", "d", $"oss://{bucket}/p", "--files-from-raw", "-")).Exits(0);
        Assert.Contains("p/#odd", await server.KeysAsync(bucket));

        _shelf.Write("list", "b/c\n");
        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p", "out", "--files-from", "list");
        Assert.Equal(("b/c", false), (_shelf.Read("out/b/c"), _shelf.Has("out/a")));
        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p/", $"oss://{other}/", "--files-from", "list");
        Assert.Equal(["b/c"], await server.KeysAsync(other));
        (await _shelf.RunAsync("cp", "d", $"oss://{bucket}/", "--files-from", "list")).Exits(1).Says("goes with -r");
        (await _shelf.RunAsync("cp", "-r", "d", $"oss://{bucket}/", "--files-from", "nowhere")).Exits(3);
    }

    [Fact]
    public async Task A_verb_loads_nothing_of_the_server()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "what a process has loaded is read from /proc");
        var bucket = await server.NewBucketAsync();
        using var process = Process.Start(MossProcess.Info(["cp", "-", $"oss://{bucket}/k", "--progress", "json"], _shelf.Environment, _shelf.Files))!;
        // It waits for its standard input, with everything loaded that it needs to begin.
        Assert.Contains("started", await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var loaded = await File.ReadAllTextAsync($"/proc/{process.Id}/maps", TestContext.Current.CancellationToken);
        Assert.Contains("Moss.Client.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Moss.Server.dll", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Kestrel", loaded, StringComparison.Ordinal);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    static List<Json> Events(string error)
    {
        var events = error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => new Json(JsonDocument.Parse(line).RootElement)).ToList();
        Assert.All(events, one => Assert.Empty(Schemas.Problems("progress", one.Element)));
        return events;
    }

    async Task PartsAsync(string bucket, string key, int count)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            await foreach (var upload in server.Client.ListMultipartUploadsAsync(bucket, key, TestContext.Current.CancellationToken))
            {
                var parts = 0;
                await foreach (var part in server.Client.ListPartsAsync(bucket, key, upload.UploadId, TestContext.Current.CancellationToken))
                {
                    parts += part.Size > 0 ? 1 : 0;
                }

                if (parts >= count)
                {
                    return;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        Assert.Fail($"{count} parts of {key} did not arrive within {Patience}");
    }

    static async Task InterruptAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString()]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
