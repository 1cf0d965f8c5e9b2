using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>doctor</c> finds what was broken on purpose; <c>probe</c> measures and leaves nothing.</summary>
public sealed class DoctorTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task All_is_well_and_nothing_stays_in_the_bucket()
    {
        var bucket = await server.NewBucketAsync();
        var report = await _shelf.JsonAsync("doctor", "doctor", $"oss://{bucket}/in/");
        Assert.Equal("True", report["healthy"]);
        var names = Checks(report).Select(static check => check["name"]!).ToArray();
        Assert.Equal(["configuration", "endpoint", "state", "temporary", "name", "connection", "answer", "clock", "credentials", "signature", "bucket", "write", "read", "remove", "multipart"], names);
        Assert.All(Checks(report), check => Assert.Equal("ok", check["status"]));
        Assert.Empty(await server.KeysAsync(bucket));
        var readOnly = await _shelf.JsonAsync("doctor", "doctor", $"oss://{bucket}", "--read-only");
        Assert.DoesNotContain("write", Checks(readOnly).Select(static check => check["name"]));
        Assert.Contains("nothing is wrong", (await _shelf.RunAsync("doctor")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_broken_is_named_with_what_to_do()
    {
        var bucket = await server.NewBucketAsync();
        await Finds(2, "bucket", "moss mb oss://no-such-bucket-here", "oss://no-such-bucket-here");
        _shelf.Environment["OSS_ACCESS_KEY_SECRET"] = "wrong";
        await Finds(2, "signature", "The secret is not that of the key", $"oss://{bucket}");
        _shelf.Environment["OSS_ACCESS_KEY_ID"] = "nobody";
        await Finds(2, "signature", "knows no such key");
        _shelf.Environment["OSS_ENDPOINT"] = "http://127.0.0.1:1";
        await Finds(3, "connection", "is the server running");
        using var other = new OneAnswer("{}");
        _shelf.Environment["OSS_ENDPOINT"] = other.Address;
        await Finds(3, "answer", "Check OSS_ENDPOINT");
        _shelf.Environment["OSS_ENDPOINT"] = server.Endpoint.Replace("http:", "https:", StringComparison.Ordinal);
        await Finds(3, "answer", "use http://");
        _shelf.Environment["OSS_ENDPOINT"] = null;
        await Finds(1, "configuration", "moss config");
    }

    [Fact]
    public async Task A_configuration_that_others_can_read_is_a_warning()
    {
        File.WriteAllText(_shelf.Config, "[default]\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_shelf.Config, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            var report = await _shelf.JsonAsync("doctor", "doctor");
            var check = Checks(report).First();
            Assert.Equal(("warning", $"Others on this machine can read your secret: chmod 600 {_shelf.Config}"), (check["status"], check["advice"]));
        }
    }

    [Fact]
    public async Task A_probe_measures_both_ways_and_removes_what_it_wrote()
    {
        var bucket = await server.NewBucketAsync();
        var steps = await _shelf.JsonAsync("probe", "probe", $"oss://{bucket}/p/", "--object-size", "100Ki", "--parallel", "2");
        Assert.Equal(["request", "connect", "upload"], steps.All("step")[..3]);
        Assert.Equal("download", steps.All("step")[^1]);
        Assert.Empty(await server.KeysAsync(bucket));
        var text = (await _shelf.RunAsync("probe", $"oss://{bucket}/", "--upload", "--object-size", "10Ki")).Succeeds().Output;
        Assert.Matches(@"upload: suggest parallel is \d+, max average speed is \d+\.\d\d\(KB/s\)", text);
        Assert.DoesNotContain("download", text, StringComparison.Ordinal);
    }

    static IEnumerable<Json> Checks(Json report) => report.Element.GetProperty("checks").EnumerateArray().Select(static check => new Json(check));

    async Task Finds(int code, string name, string advice, params string[] place)
    {
        var (_, report) = await _shelf.CodeAndJsonAsync(code, "doctor", ["doctor", .. place]);
        Assert.Equal("False", report["healthy"]);
        var failed = Checks(report).First(static check => check["status"] == "FAILED");
        Assert.Equal(name, failed["name"]);
        Assert.Contains(advice, failed["advice"], StringComparison.Ordinal);
    }
}
