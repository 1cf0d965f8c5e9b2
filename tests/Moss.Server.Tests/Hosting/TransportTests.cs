using System.Text;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Hosting;

/// <summary>Requests in every way they may arrive, and answers in every way they may be taken, from and to files: bodies are received where they are written from.</summary>
public sealed class TransportTests : IAsyncLifetime
{
    readonly TemporaryDirectory _directory = new();
    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(options => options with { DataDirectory = _directory.Path, Blobs = "files" });

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_request_may_arrive_byte_by_byte()
    {
        var bucket = await _server.BucketAsync();
        await using var connection = await _server.ConnectAsync();
        var call = Call.Put(bucket, "k", Bytes.Of("content"));
        foreach (var one in call.Head(_server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root).Concat(call.Body!))
        {
            await connection.SendAsync(new[] { one });
        }

        (await connection.ReadAsync()).Is(200);
        Assert.Equal("content", (await _server.SendAsync(connection, Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Theory]
    [InlineData(2_000)] // About what a connection holds of its own.
    [InlineData(10_000)]
    [InlineData(60_000)]
    public async Task A_head_may_be_long_and_cut_anywhere(int length)
    {
        var bucket = await _server.BucketWithAsync("k", Bytes.Of("content"), "public-read");
        await using var connection = await _server.ConnectAsync();
        var filler = string.Concat(Enumerable.Range(0, length / 100).Select(i => $"X-Filler-{i:d4}: {new string('f', 83)}\r\n"));
        var request = Encoding.ASCII.GetBytes($"GET /{bucket}/k HTTP/1.1\r\nHost: h\r\n{filler}\r\n");
        for (var cut = 1; cut < request.Length; cut += length / 10)
        {
            await connection.SendAsync(request.AsMemory(0, cut));
            await connection.SendAsync(request.AsMemory(cut));
            Assert.Equal("content", (await connection.ReadAsync()).Is(200).Text);
        }
    }

    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_order()
    {
        var bucket = await _server.BucketAsync("public-read-write");
        await using var connection = await _server.ConnectAsync();
        var requests = new StringBuilder();
        for (var i = 0; i < 300; i++)
        {
            var body = $"content of {i}";
            requests.Append($"PUT /{bucket}/{i} HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}GET /{bucket}/{i} HTTP/1.1\r\nHost: h\r\n\r\n");
        }

        await connection.SendAsync(requests.ToString());
        for (var i = 0; i < 300; i++)
        {
            (await connection.ReadAsync()).Is(200);
            Assert.Equal($"content of {i}", (await connection.ReadAsync()).Is(200).Text);
        }
    }

    [Theory]
    [InlineData(200_000)]
    [InlineData(1_000_000)]
    [InlineData(4 << 20)]
    public async Task Large_bodies_may_be_followed_at_once_by_the_next_request(int length)
    {
        var bucket = await _server.BucketAsync("public-read-write");
        await using var connection = await _server.ConnectAsync();
        var bodies = Enumerable.Range(0, 8).Select(i => Bytes.Random(length + (i * 12_345), i)).ToList();
        var sending = Task.Run(async () =>
        {
            foreach (var (i, body) in bodies.Index())
            {
                byte[] request =
                [
                    .. Encoding.ASCII.GetBytes($"PUT /{bucket}/{i} HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n"), .. body,
                    .. Encoding.ASCII.GetBytes($"GET /{bucket}/{i} HTTP/1.1\r\nHost: h\r\n\r\n"),
                ];
                await connection.SendAsync(request);
            }
        });
        foreach (var body in bodies)
        {
            (await connection.ReadAsync()).Is(200);
            Assert.Equal(Bytes.ETag(body), Bytes.ETag((await connection.ReadAsync()).Is(200).Body));
        }

        await sending;
    }

    [Fact]
    public async Task A_body_that_breaks_off_or_is_refused_harms_no_other()
    {
        var bucket = await _server.BucketAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async seed =>
        {
            var random = new Random(seed);
            var body = Bytes.Random(800_000 + (seed * 33_333), seed); // So short that a refusal keeps the connection.
            for (var round = 0; round < 8; round++)
            {
                await using var connection = await _server.ConnectAsync();
                var call = Call.Put(bucket, $"k{seed}", body);
                if (seed % 2 == 0)
                {
                    // What others write at the same time goes where this one's bytes would have gone.
                    await connection.SendAsync(call.Head(_server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
                    await connection.SendAsync(body.AsMemory(0, 200_000 + random.Next(500_000)));
                    connection.Reset();
                    continue;
                }

                var wrong = call with { Headers = [("Content-MD5", Convert.ToBase64String(new byte[16]))] };
                (await _server.SendAsync(connection, wrong)).Is(400, "InvalidDigest");
                (await _server.SendAsync(connection, call)).Is(200);
                Assert.Equal(Bytes.ETag(body), Bytes.ETag((await _server.SendAsync(connection, Call.Get(bucket, $"k{seed}"))).Is(200).Body));
            }
        }));
    }

    [Fact]
    public async Task A_body_may_arrive_in_pieces_of_any_size_and_is_answered_in_such()
    {
        var bucket = await _server.BucketAsync();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async seed =>
        {
            var random = new Random(seed);
            var body = Bytes.Random(3_000_000 + (seed * 77_777), seed);
            await using var connection = await _server.ConnectAsync();
            for (var round = 0; round < 3; round++)
            {
                var call = Call.Put(bucket, $"k{seed}", body);
                await connection.SendAsync(call.Head(_server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
                for (var at = 0; at < body.Length;)
                {
                    var count = Math.Min(1 + random.Next(random.Next(3) == 0 ? 500_000 : 5_000), body.Length - at);
                    await connection.SendAsync(body.AsMemory(at, count));
                    at += count;
                }

                (await connection.ReadAsync()).Is(200);
                Assert.Equal(Bytes.ETag(body), Bytes.ETag((await _server.SendAsync(connection, Call.Get(bucket, $"k{seed}"))).Is(200).Body));
            }
        }));
    }

    [Fact]
    public async Task Whoever_has_ended_sending_still_gets_the_answer()
    {
        var bucket = await _server.BucketWithAsync("k", Bytes.Random(5_000_000, 1), "public-read");
        await using var connection = await _server.ConnectAsync();
        await connection.SendAsync($"GET /{bucket}/k HTTP/1.1\r\nHost: h\r\n\r\n");
        connection.EndSending();
        Assert.Equal(5_000_000, (await connection.ReadAsync()).Is(200).Body.Length);
        Assert.True(await connection.IsClosedAsync());
    }

    [Fact]
    public async Task A_client_that_sent_more_than_is_read_still_gets_the_answer()
    {
        for (var i = 0; i < 20; i++)
        {
            await using var connection = await _server.ConnectAsync();
            var head = string.Concat(Enumerable.Range(0, 600).Select(n => $"X-Filler-{n}: {new string('f', 1000)}\r\n"));
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: h\r\n{head}\r\n");
            Assert.Equal(431, (await connection.ReadAsync()).Status);
            Assert.True(await connection.IsClosedAsync());
        }
    }

    [Fact]
    public async Task Clients_that_break_off_anywhere_harm_nobody_else()
    {
        var body = Bytes.Random(2_000_000, 5);
        var bucket = await _server.BucketWithAsync("k", body);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async seed =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 40; i++)
            {
                var connection = await _server.ConnectAsync();
                var call = i % 2 == 0 ? Call.Get(bucket, "k") : Call.Put(bucket, $"broken{seed}", body);
                var request = call.Head(_server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root).Concat(call.Body ?? []).ToArray();
                await connection.SendAsync(request.AsMemory(0, i % 2 == 0 ? request.Length : random.Next(request.Length)));
                if (i % 4 == 0)
                {
                    (await connection.ReadAsync(isHead: true)).Is(200);
                }

                connection.Reset();
                if (i % 10 == 0)
                {
                    Assert.Equal(Bytes.ETag(body), Bytes.ETag((await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Body));
                }
            }

            (await _server.SendAsync(Call.Head(bucket, $"broken{seed}"))).Is(404, "NoSuchKey");
        }));
    }

    [Fact]
    public async Task A_server_that_stops_closes_the_connections_that_wait()
    {
        var own = await TestServer.StartAsync(options => options with { DrainTimeout = TimeSpan.FromSeconds(30) });
        var bucket = await own.BucketWithAsync("k", Bytes.Of("content"));
        var waiting = new List<RawConnection>();
        for (var i = 0; i < 20; i++)
        {
            waiting.Add(await own.ConnectAsync());
            if (i % 2 == 0)
            {
                (await own.SendAsync(waiting[i], Call.Get(bucket, "k"))).Is(200);
            }
        }

        await own.DisposeAsync();
        foreach (var connection in waiting)
        {
            Assert.True(await connection.IsClosedAsync());
            await connection.DisposeAsync();
        }
    }
}
