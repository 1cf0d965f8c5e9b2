using System.Diagnostics;
using System.Text;
using Moss.Cli.Tests.Support;
using Moss.Client;

[assembly: AssemblyFixture(typeof(MossServer))]

namespace Moss.Cli.Tests.Support;

/// <summary>A real <c>moss serve</c>, a process of its own with a socket; all tests share it, each has buckets of its own.</summary>
public sealed class MossServer : IAsyncLifetime
{
    public const string AccessKeyId = "test-root", AccessKeySecret = "test-root-secret";

    /// <summary>Below it anybody may bind domain names to buckets.</summary>
    public const string BindableDomain = "bound.example";

    const string Announcement = "Moss listens on ";

    readonly string _data = Directory.CreateTempSubdirectory("moss-cli-server-").FullName;
    readonly StringBuilder _log = new();
    Process? _process;
    Task _draining = Task.CompletedTask;
    int _buckets;

    /// <summary><c>http://127.0.0.1:PORT</c></summary>
    public string Endpoint { get; private set; } = "";

    /// <summary>The library, for what a test prepares or looks at beside the verb it is about.</summary>
    public OssClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var info = MossProcess.Info(
            ["serve", "--listen", "127.0.0.1:0", "--data", _data, "--durability", "ci", "--cname-allow", "*." + BindableDomain],
            new() { ["MOSS_ROOT_ACCESS_KEY_ID"] = AccessKeyId, ["MOSS_ROOT_ACCESS_KEY_SECRET"] = AccessKeySecret });
        _process = Process.Start(info)!;
        _process.StandardInput.Close();
        _process.ErrorDataReceived += (_, line) => Log(line.Data);
        _process.BeginErrorReadLine();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Log(line);
            if (line.StartsWith(Announcement, StringComparison.Ordinal))
            {
                Endpoint = line[Announcement.Length..].Trim();
                break;
            }
        }

        Assert.True(Endpoint.Length > 0, $"the server did not start: {_log}");
        _draining = DrainAsync(_process.StandardOutput);
        Client = new(new() { Endpoint = Endpoint, Credentials = new StaticCredentialsProvider(new(AccessKeyId, AccessKeySecret)) });
    }

    /// <summary>A bucket that no other test has.</summary>
    public async Task<string> NewBucketAsync()
    {
        var name = NewBucketName();
        await Client.PutBucketAsync(name, ct: TestContext.Current.CancellationToken);
        return name;
    }

    public string NewBucketName() => $"t{Interlocked.Increment(ref _buckets):000}-{Environment.ProcessId}";

    public async Task PutAsync(string bucket, string key, string text) =>
        await Client.PutObjectAsync(bucket, key, RequestBody.FromBytes(Encoding.UTF8.GetBytes(text)), ct: TestContext.Current.CancellationToken);

    public async Task<byte[]> GetAsync(string bucket, string key)
    {
        await using var answer = await Client.GetObjectAsync(bucket, key, ct: TestContext.Current.CancellationToken);
        using var bytes = new MemoryStream();
        await answer.Content.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        return bytes.ToArray();
    }

    public async Task<string[]> KeysAsync(string bucket)
    {
        var keys = new List<string>();
        await foreach (var listed in Client.ListObjectsAsync(bucket, ct: TestContext.Current.CancellationToken))
        {
            keys.Add(listed.Key);
        }

        return [.. keys];
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            await _draining;
        }

        _process?.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Whether the server logged a request with these words; it writes the line when the answer is out, so this waits a little.</summary>
    public async Task<bool> HasLoggedAsync(string words)
    {
        for (var patience = 0; patience < 100; patience++)
        {
            lock (_log)
            {
                if (_log.ToString().Contains(words, StringComparison.Ordinal))
                {
                    return true;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        return false;
    }

    async Task DrainAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            Log(line);
        }
    }

    void Log(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }
}
