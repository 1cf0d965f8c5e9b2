using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Moss.Protocol.Signing;
using Moss.Server.Hosting;

namespace Moss.Server.Tests.Support;

/// <summary>The real composition on a free port, in memory unless told otherwise.</summary>
public sealed class TestServer : IAsyncLifetime
{
    readonly Func<OssServerOptions, OssServerOptions> _change;
    readonly TimeProvider _time;
    readonly Action<ILoggingBuilder>? _logging;
    MossServer? _server;
    int _buckets;

    public TestServer()
        : this(options => options)
    {
    }

    TestServer(Func<OssServerOptions, OssServerOptions> change, TimeProvider? time = null, Action<ILoggingBuilder>? logging = null)
    {
        _change = change;
        _time = time ?? TimeProvider.System;
        _logging = logging;
    }

    public static readonly Credential Root = new("rootkey", new AccessKeySecret("rootsecret"));

    internal MossServer Running => _server!;

    public IPEndPoint Endpoint => _server!.Endpoint;

    public string Address => Endpoint.ToString();

    /// <summary>The server's own account.</summary>
    public const string OwnerId = "1000000000000001";

    public static async Task<TestServer> StartAsync(
        Func<OssServerOptions, OssServerOptions> change, TimeProvider? time = null, Action<ILoggingBuilder>? logging = null)
    {
        var server = new TestServer(change, time, logging);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        var options = _change(new()
        {
            Listen = new(IPAddress.Loopback, 0),
            Metadata = "memory",
            Blobs = "memory",
            Root = new(Root.AccessKeyId, Root.Secret),
            DrainTimeout = TimeSpan.FromSeconds(5),
        });
        _server = await MossServer.StartAsync(options, _time, _logging, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>A new bucket of a name that no other test has.</summary>
    public async Task<string> BucketAsync(string acl = "private")
    {
        var name = $"bucket-{Interlocked.Increment(ref _buckets)}";
        (await SendAsync(Call.Put(name).With(("x-oss-acl", acl)))).Is(200);
        return name;
    }

    /// <summary>Stores an object and answers its bucket.</summary>
    public async Task<string> BucketWithAsync(string key, byte[] body, string acl = "private")
    {
        var bucket = await BucketAsync(acl);
        (await SendAsync(Call.Put(bucket, key, body))).Is(200);
        return bucket;
    }

    /// <summary>Sends a request on a connection of its own.</summary>
    public async Task<Answer> SendAsync(Call call)
    {
        await using var connection = await RawConnection.OpenAsync(Endpoint);
        return await SendAsync(connection, call);
    }

    public async Task<Answer> SendAsync(RawConnection connection, Call call)
    {
        await connection.SendAsync(call.Head(Address, _time.GetUtcNow(), Root));
        if (call.Body is { } body)
        {
            await connection.SendAsync(call.ChunkLength is { } chunk ? Chunked(body, chunk) : body);
        }

        return await connection.ReadAsync(call.Method == "HEAD");
    }

    /// <summary>Sends bytes as they are and reads one answer.</summary>
    public async Task<Answer> SendRawAsync(string request)
    {
        await using var connection = await RawConnection.OpenAsync(Endpoint);
        await connection.SendAsync(request);
        return await connection.ReadAsync();
    }

    public Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(Endpoint);

    static byte[] Chunked(byte[] body, int chunk)
    {
        var result = new List<byte>();
        foreach (var piece in body.Chunk(chunk))
        {
            result.AddRange(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"));
            result.AddRange(piece);
            result.AddRange("\r\n"u8);
        }

        result.AddRange("0\r\n\r\n"u8);
        return [.. result];
    }
}
