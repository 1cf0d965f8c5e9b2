using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Pipeline;

/// <summary>Requests that no client library would send, as rows: what is sent, and the status and code that come back.</summary>
public sealed class MalformedRequestTests(TestServer server)
{
    /// <summary>A request head without its last line feeds; every one is sent on a connection of its own.</summary>
    public static TheoryData<string, int, string?> Cases => new()
    {
        { "GET /bucket/%zz HTTP/1.1\r\nHost: h", 400, "InvalidObjectName" },
        { "GET /bucket/%FF HTTP/1.1\r\nHost: h", 400, "InvalidObjectName" },
        { "GET /bucket/k?a=%4 HTTP/1.1\r\nHost: h", 400, "InvalidArgument" },
        { "GET /BUCKET/k HTTP/1.1\r\nHost: h", 400, "InvalidBucketName" },
        { "GET /bucket/%5Ck HTTP/1.1\r\nHost: h", 400, "InvalidObjectName" },
        { "BREW /bucket/k HTTP/1.1\r\nHost: h", 405, "MethodNotAllowed" },
        { "GET /bucket/k HTTP/1.1\r\nHost: h\r\nAuthorization: ", 400, "InvalidArgument" },
        { "GET /bucket/k HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eDp5", 400, "InvalidArgument" },
        { "GET /bucket/k HTTP/1.1\r\nHost: h\r\nAuthorization: OSS nobody:x\r\nDate: today", 403, "InvalidAccessKeyId" },
        { "GET /bucket/k HTTP/1.1\r\nHost: h\r\nAuthorization: OSS rootkey:x\r\nDate: today", 403, "AccessDenied" },
        { "GET /bucket/k?OSSAccessKeyId=rootkey HTTP/1.1\r\nHost: h", 403, "AccessDenied" },
        { "GET /bucket/k?OSSAccessKeyId=rootkey&Expires=1&Signature=x HTTP/1.1\r\nHost: h", 403, "AccessDenied" },
        { "GET /no-such-bucket/k HTTP/1.1\r\nHost: h", 404, "NoSuchBucket" },
        { "GET / HTTP/1.1\r\nHost: h", 403, "AccessDenied" },
        { "GET /no-such-bucket/k HTTP/1.1\r\nHost: no-such-bucket.localhost", 404, "NoSuchBucket" },
        { "GET /k HTTP/1.1\r\nHost: Not_A_Bucket.localhost", 400, "InvalidBucketName" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Are_refused_in_the_protocols_words(string head, int status, string? code) =>
        (await server.SendRawAsync(head + "\r\n\r\n")).Is(status, code);

    /// <summary>What is not HTTP never reaches the protocol: Kestrel answers 4xx without a body and closes.</summary>
    [Theory]
    [InlineData("GET\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nNo colon\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: h\r\n\r\n")]
    [InlineData("PUT /bucket/k HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("PUT /bucket/k HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")]
    [InlineData("PUT /bucket/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("GET /bucket/%00 HTTP/1.1\r\nHost: h\r\n\r\n")]
    public async Task What_is_not_http_is_refused_and_closed(string request)
    {
        await using var connection = await server.ConnectAsync();
        await connection.SendAsync(request);
        var answer = await connection.ReadAsync();
        Assert.InRange(answer.Status, 400, 505);
        Assert.NotEqual(500, answer.Status);
        Assert.True(await connection.IsClosedAsync());
    }

    [Fact]
    public async Task Random_bytes_harm_nobody()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 50; i++)
        {
            await using var connection = await server.ConnectAsync();
            var bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            await connection.SendAsync(bytes);
            connection.Reset();
        }

        (await server.SendAsync(Call.Get())).Is(200);
    }

    [Fact]
    public async Task A_broken_chunk_stores_nothing()
    {
        var bucket = await server.BucketAsync("public-read-write");
        var answer = await server.SendRawAsync($"PUT /{bucket}/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n");
        answer.Is(400, "IncompleteBody");
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Keys_of_every_kind_come_back_as_they_went()
    {
        var bucket = await server.BucketAsync();
        string[] keys =
        [
            "a b+c%2F中文/…", ".", "..", "./x", "x/../y", "a//b", "\u0001\u000c\n\u000b", "quote\"'`<&>", "emoji😀", new string('k', 1023), string.Concat(Enumerable.Repeat("中", 341)),
            "?acl", "#", "%", "%41", "a\\b", "tab\t", " ", "~!*'()",
        ];
        foreach (var key in keys)
        {
            foreach (var isHost in new[] { false, true })
            {
                (await server.SendAsync(Call.Put(bucket, key, Bytes.Of(key)) with { IsVirtualHost = isHost })).Is(200);
                Assert.Equal(key, (await server.SendAsync(Call.Get(bucket, key) with { IsVirtualHost = !isHost })).Is(200).Text);
            }
        }

        Assert.Equal(keys.Length, (await server.SendAsync(Call.Get(bucket, null, ("encoding-type", "url")))).Is(200).Elements("Key").Count);
        (await server.SendAsync(Call.Put(bucket, new string('k', 1024), []))).Is(400, "InvalidObjectName");
    }
}
