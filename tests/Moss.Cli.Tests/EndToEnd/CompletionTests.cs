using System.Diagnostics;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>Completion of verbs, options, their values, buckets and keys; as words and in shells.</summary>
public sealed class CompletionTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    async Task<string[]> OffersAsync(params string[] words) => (await _shelf.RunAsync(["complete", "--", .. words])).Succeeds().Lines;

    [Fact]
    public async Task Words_options_values_buckets_and_keys_are_offered()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "photos/1.jpg", "x");
        await server.PutAsync(bucket, "photos/2.jpg", "x");
        await server.PutAsync(bucket, "plain", "x");
        Assert.Contains("listpart", await OffersAsync("li"));
        Assert.Equal(["--parallel", "--part-size"], await OffersAsync("cp", "--par"));
        Assert.Equal(["json"], await OffersAsync("ls", "--output-format", "j"));
        Assert.Equal(["--output-format=json"], await OffersAsync("ls", "--output-format=j"));
        Assert.Equal(["set-props"], await OffersAsync("set-p"));
        Assert.Equal(["restore", "revert", "revert-versioning"], (await OffersAsync("re")).Where(static word => word.Length > 5 && word[2] is 's' or 'v').Order(StringComparer.Ordinal));
        Assert.Equal(["default", "metadata", "none"], (await OffersAsync("cp", "--copy-props", "")).Order(StringComparer.Ordinal));
        Assert.Equal(["--filter", "--filter-from"], await OffersAsync("set-props", "--filt"));
        Assert.Equal(["clean", "list", "resume"], (await OffersAsync("jobs", "")).Where(static word => !word.StartsWith("oss", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains("get-bucket-acl", await OffersAsync("api", "get-bucket-ac"));
        Assert.Equal([$"oss://{bucket}/"], await OffersAsync("ls", $"oss://{bucket[..^1]}"));
        Assert.Equal([$"oss://{bucket}/photos/", $"oss://{bucket}/plain"], await OffersAsync("ls", $"oss://{bucket}/p"));
        Assert.Equal([$"oss://{bucket}/photos/1.jpg", $"oss://{bucket}/photos/2.jpg"], await OffersAsync("ls", $"oss://{bucket}/photos/"));
        _shelf.Environment["OSS_ENDPOINT"] = "http://127.0.0.1:1";
        var silent = (await _shelf.RunAsync("complete", "--", "ls", "oss://b")).Succeeds();
        Assert.Equal(("", ""), (silent.Output, silent.Error));
    }

    [Fact]
    public async Task Bash_completes_what_stands_behind_its_own_word_breaks()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "dt=1/a b", "x");
        await server.PutAsync(bucket, "dt=1/a c", "x");
        await InstallAsync("bash");
        Assert.Equal([$"//{bucket}/"], await BashAsync($"moss ls oss://{bucket}"));
        Assert.Equal([$"1/"], await BashAsync($"moss ls oss://{bucket}/dt=1"));
        Assert.Equal([@"1/a\ b ", @"1/a\ c "], await BashAsync($"moss cp oss://{bucket}/dt=1/a"));
        Assert.Equal([@"1/a\ b "], await BashAsync($@"moss cp -q oss://{bucket}/dt=1/a\ b"));
        Assert.Equal(["json "], await BashAsync("moss ls --output-format=j"));
        Assert.Equal(["listpart "], await BashAsync("moss listp"));
    }

    [Theory]
    [InlineData("bash", "-n", "moss.bash")]
    [InlineData("zsh", "-n", "moss.zsh")]
    [InlineData("fish", "--no-execute", "moss.fish")]
    [InlineData("pwsh", "-NoProfile", "-Command", "[scriptblock]::Create((Get-Content -Raw moss.pwsh)) | Out-Null")]
    public async Task A_script_is_one_that_its_shell_reads(string shell, params string[] arguments)
    {
        await InstallAsync(shell);
        var outcome = await ShellAsync(shell, arguments);
        Assert.SkipWhen(outcome is null, $"there is no {shell} here");
        Assert.Equal((0, ""), outcome.Value);
    }

    [Fact]
    public async Task Zsh_offers_keys_in_a_real_session()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "one/key", "x");
        await InstallAsync("zsh");
        // The completion function with the widget's own variables set, and a compadd that says what it was given.
        _shelf.Write("try.zsh", $$"""
            compdef() { :; }
            compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -rl -- "$@"; }
            source ./moss.zsh
            words=(moss ls oss://{{bucket}}/o) CURRENT=3
            _moss
            """);
        var outcome = await ShellAsync("zsh", "-f", "try.zsh");
        Assert.SkipWhen(outcome is null, "there is no zsh here");
        Assert.Equal((0, $"oss://{bucket}/one/\n"), outcome.Value);
    }

    async Task InstallAsync(string shell)
    {
        _shelf.Write("moss." + shell, (await _shelf.RunAsync("completion", shell)).Succeeds().Output);
        var program = Path.Combine(_shelf.Files, "bin", "moss");
        _shelf.Write("bin/moss", $"#!/bin/sh\nexec dotnet '{MossProcess.Program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    async Task<string[]> BashAsync(string line)
    {
        _shelf.Write("try.bash", $"""
            source ./moss.bash
            COMP_LINE={Quoted(line)} COMP_POINT={line.Length}
            _moss
            printf '%s\n' "$"
            """.Replace("\"$\"", "\"${COMPREPLY[@]}\"", StringComparison.Ordinal));
        var outcome = await ShellAsync("bash", "--norc", "--noprofile", "try.bash");
        Assert.SkipWhen(outcome is null, "there is no bash here");
        return outcome.Value.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    static string Quoted(string text) => "'" + text + "'";

    // Null where there is no such shell. What it says on both streams.
    async Task<(int Code, string Said)?> ShellAsync(string shell, params string[] arguments)
    {
        var info = MossProcess.Info([], _shelf.Environment, _shelf.Files);
        info.FileName = shell;
        info.ArgumentList.Clear();
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment["PATH"] = $"{Path.Combine(_shelf.Files, "bin")}:{info.Environment["PATH"]}";
        try
        {
            using var process = Process.Start(info)!;
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, output + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
