using System.Net;
using Moss.Protocol.Signing;
using Moss.Server.Hosting;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Hosting;

/// <summary>Starting over the embedded engines, stopping, and every reason not to start.</summary>
public sealed class StartTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    string Data => Path.Combine(_directory.Path, "data");

    public void Dispose() => _directory.Dispose();

    OssServerOptions Options => new()
    {
        DataDirectory = Data,
        Listen = new(IPAddress.Loopback, 0),
        Durability = Durability.Ci,
        DrainTimeout = TimeSpan.FromSeconds(5),
    };

    static Task<MossServer> StartAsync(OssServerOptions options) =>
        MossServer.StartAsync(options, TimeProvider.System, logging: null, CancellationToken.None);

    [Fact]
    public async Task The_root_credential_is_made_once_kept_and_private()
    {
        RootCredential first;
        await using (var server = await StartAsync(Options))
        {
            Assert.True(server.RootIsNew);
            Assert.Equal(Data, server.DataDirectory);
            first = server.Root;
            Assert.Equal(first.AccessKeyId, first.ToString());
        }

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "root-credential.json")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Data));
        }

        await using (var server = await StartAsync(Options))
        {
            Assert.False(server.RootIsNew);
            Assert.Equal(first, server.Root);
        }

        await using (var server = await StartAsync(Options with { Root = new("given", new AccessKeySecret("secret")) }))
        {
            Assert.False(server.RootIsNew);
            Assert.Equal("given", server.Root.AccessKeyId);
        }
    }

    [Fact]
    public async Task What_was_stored_is_there_after_a_restart()
    {
        byte[] small = Bytes.Of("small"), large = Bytes.Random(3_000_000, 1);
        string id;
        await using (var server = await EmbeddedAsync())
        {
            (await server.SendAsync(Call.Put("kept"))).Is(200);
            (await server.SendAsync(Call.Put("kept", "small", small))).Is(200);
            (await server.SendAsync(Call.Put("kept", "large", large))).Is(200);
            id = (await server.SendAsync(Call.Post("kept", "parts", null, ("uploads", null)))).Is(200).Element("UploadId")!;
            (await server.SendAsync(Call.Put("kept", "parts", large, ("partNumber", "1"), ("uploadId", id)))).Is(200);
        }

        await using (var server = await EmbeddedAsync())
        {
            Assert.Equal(small, (await server.SendAsync(Call.Get("kept", "small"))).Is(200).Body);
            Assert.Equal(large, (await server.SendAsync(Call.Get("kept", "large"))).Is(200).Body);
            (await server.SendAsync(Call.Put("kept", "parts", small, ("partNumber", "2"), ("uploadId", id)))).Is(200);
            (await server.SendAsync(Call.Post("kept", "parts", null, ("uploadId", id)).With(("x-oss-complete-all", "yes")))).Is(200);
            byte[] whole = [.. large, .. small];
            Assert.Equal(whole, (await server.SendAsync(Call.Get("kept", "parts"))).Is(200).Body);
        }
    }

    [Fact]
    public async Task A_damaged_block_is_never_sent()
    {
        var body = Bytes.Random(4_000_000, 1);
        await using var server = await EmbeddedAsync();
        (await server.SendAsync(Call.Put("kept"))).Is(200);
        (await server.SendAsync(Call.Put("kept", "first", body))).Is(200);
        Damage(offset: 100);
        (await server.SendAsync(Call.Get("kept", "first"))).Is(500, "InternalError");
        (await server.SendAsync(Call.Head("kept", "first"))).Is(200);

        (await server.SendAsync(Call.Delete("kept", "first"))).Is(204);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        (await server.SendAsync(Call.Put("kept", "later", body))).Is(200);
        Damage(offset: 3_900_000);
        await using var connection = await server.ConnectAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => server.SendAsync(connection, Call.Get("kept", "later")));
        Assert.Equal(body[..1000], (await server.SendAsync(Call.Get("kept", "later").With(("Range", "bytes=0-999")))).Is(206).Body);
    }

    [Fact]
    public async Task A_used_port_is_one_clear_line()
    {
        await using var first = await StartAsync(Options);
        var refused = await Assert.ThrowsAsync<StartException>(() => StartAsync(Options with
        {
            DataDirectory = Path.Combine(_directory.Path, "other"),
            Listen = first.Endpoint,
        }));
        Assert.Equal($"cannot listen on {first.Endpoint}: the port is in use", refused.Message);
    }

    [Fact]
    public async Task A_data_directory_has_one_server()
    {
        await using var first = await StartAsync(Options);
        var refused = await Assert.ThrowsAsync<StartException>(() => StartAsync(Options));
        Assert.Equal($"the data directory {Data} is in use by another server", refused.Message);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_is_one_clear_line()
    {
        var file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, "not a directory");
        foreach (var path in new[] { file, Path.Combine(file, "below"), "/proc/moss" })
        {
            var refused = await Assert.ThrowsAsync<StartException>(() => StartAsync(Options with { DataDirectory = path }));
            Assert.StartsWith($"cannot use the data directory {path}: ", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    [Fact]
    public async Task A_broken_credential_file_and_unknown_engines_are_told()
    {
        Directory.CreateDirectory(Data);
        var file = Path.Combine(Data, "root-credential.json");
        await File.WriteAllTextAsync(file, "{}");
        Assert.StartsWith($"cannot use the root credential in {file}", (await Assert.ThrowsAsync<StartException>(() => StartAsync(Options))).Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("unknown metadata store 'oracle'", (await Assert.ThrowsAsync<StartException>(() => StartAsync(Options with { Metadata = "oracle" }))).Message, StringComparison.Ordinal);
        Assert.Contains("unknown blob store 'tape'", (await Assert.ThrowsAsync<StartException>(() => StartAsync(Options with { Blobs = "tape" }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_waits_for_requests_in_flight()
    {
        var body = Bytes.Random(40_000, 1);
        var server = await EmbeddedAsync();
        (await server.SendAsync(Call.Put("kept"))).Is(200);
        var call = Call.Put("kept", "slow", body);
        await using var connection = await server.ConnectAsync();
        await connection.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
        await connection.SendAsync(body.AsMemory(0, 20_000));

        // The request has begun once its bucket has been looked up, which no answer shows; another request behind it does.
        (await server.SendAsync(Call.Head("kept"))).Is(200);
        var stopping = server.DisposeAsync().AsTask();
        Assert.False(stopping.IsCompleted);
        await connection.SendAsync(body.AsMemory(20_000));
        (await connection.ReadAsync()).Is(200);
        await stopping;
        await using var again = await EmbeddedAsync();
        Assert.Equal(body, (await again.SendAsync(Call.Get("kept", "slow"))).Is(200).Body);
    }

    Task<TestServer> EmbeddedAsync() => TestServer.StartAsync(options => Options with { Root = options.Root });

    // Flips a byte of the only blob there is.
    void Damage(int offset)
    {
        var blob = Directory.EnumerateFiles(Path.Combine(Data, "blobs"), "*", SearchOption.AllDirectories).Single(file => new FileInfo(file).Length > 1_000_000);
        using var file = new FileStream(blob, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }
}
