using System.Net;
using Moss.Client.Tests.Servers;
using Moss.Protocol.Signing;
using Moss.Server;
using Moss.Server.Hosting;

[assembly: AssemblyFixture(typeof(MossFixture))]

namespace Moss.Client.Tests.Servers;

/// <summary>The real server, composed as <c>moss serve</c> does it, on a free port; one for all tests, a bucket for each that asks.</summary>
public sealed class MossFixture : IAsyncLifetime
{
    const string Secret = "the-secret-of-the-tests";

    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-client-tests-");
    MossServer? _server;
    int _buckets;

    public string Endpoint => $"http://127.0.0.1:{Port}";

    public int Port => _server!.Endpoint.Port;

    public async ValueTask InitializeAsync() => _server = await MossServer.StartAsync(
        new()
        {
            DataDirectory = Path.Combine(_directory.FullName, "data"),
            Listen = new(IPAddress.Loopback, 0),
            Durability = Durability.Ci,
            Root = new("root", new AccessKeySecret(Secret)),
            DrainTimeout = TimeSpan.FromSeconds(2),
        },
        TimeProvider.System,
        null,
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>A client of this server, or of something in front of it.</summary>
    public OssClient Client(string? endpoint = null, Func<OssClientOptions, OssClientOptions>? change = null)
    {
        var options = new OssClientOptions
        {
            Endpoint = endpoint ?? Endpoint,
            Credentials = new StaticCredentialsProvider(new("root", Secret)),
            BaseDelay = TimeSpan.FromMilliseconds(5),
            MaxDelay = TimeSpan.FromMilliseconds(200),
        };
        return new(change?.Invoke(options) ?? options);
    }

    public async Task<string> BucketAsync(OssClient client)
    {
        var name = $"bucket-{Interlocked.Increment(ref _buckets)}";
        await client.PutBucketAsync(name);
        return name;
    }
}

/// <summary>A directory of its own for each test.</summary>
sealed class TempDirectory : IDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-client-test-");

    public string Path => _directory.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file of bytes that no part shares with another.</summary>
    public string RandomFile(string name, int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        System.IO.File.WriteAllBytes(File(name), bytes);
        return File(name);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
