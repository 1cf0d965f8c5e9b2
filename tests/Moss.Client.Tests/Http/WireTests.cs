using Moss.Client.Tests.Servers;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;

namespace Moss.Client.Tests.Http;

/// <summary>What the client puts on the wire, and what it makes of answers.</summary>
public sealed class WireTests
{
    static OssClient Client(RawServer server, Func<OssClientOptions, OssClientOptions>? change = null)
    {
        var options = new OssClientOptions
        {
            Endpoint = server.Endpoint,
            Credentials = new StaticCredentialsProvider(new("ak", "secret")),
            BaseDelay = TimeSpan.FromMilliseconds(1),
        };
        return new(change?.Invoke(options) ?? options);
    }

    [Theory]
    [InlineData("a/../b", "/bucket/a/../b")]
    [InlineData("./x", "/bucket/./x")]
    [InlineData("..", "/bucket/..")]
    [InlineData("a//b/", "/bucket/a//b/")]
    [InlineData("a%2Fb", "/bucket/a%252Fb")]
    [InlineData("a b+c", "/bucket/a%20b%2Bc")]
    [InlineData("a?b#c&d=e", "/bucket/a%3Fb%23c%26d%3De")]
    [InlineData("中文😀", "/bucket/%E4%B8%AD%E6%96%87%F0%9F%98%80")]
    [InlineData("\u0001\n\u007f", "/bucket/%01%0A%7F")]
    [InlineData("a\\b:*<>|\"", "/bucket/a%5Cb%3A%2A%3C%3E%7C%22")]
    [InlineData("~tilde'()!", "/bucket/~tilde%27%28%29%21")]
    public async Task A_key_reaches_the_wire_as_it_is(string key, string target)
    {
        await using var server = new RawServer();
        using var client = Client(server);
        await client.HeadObjectAsync("bucket", key);
        Assert.Equal(target, Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task Query_values_are_encoded_once_and_flags_go_without_an_equals_sign()
    {
        await using var server = new RawServer();
        using var client = Client(server);
        await client.SendAsync(new()
        {
            Method = HttpMethod.Get,
            Bucket = "bucket",
            Query = [new("acl", null), new("prefix", "a/b c+%")],
        });
        Assert.Equal("/bucket/?acl&prefix=a%2Fb%20c%2B%25", Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task Virtual_host_and_cname_style_leave_the_bucket_out_of_the_path()
    {
        await using var server = new RawServer();
        using var cname = Client(server, options => options with { Addressing = AddressingStyle.Cname });
        await cname.HeadObjectAsync("bucket", "k");
        Assert.Equal("/k", server.Requests[0].Target);
        using var host = Client(
            server, options => options with { Addressing = AddressingStyle.VirtualHost, Endpoint = $"http://localhost:{server.Port}" });
        Assert.StartsWith($"http://bucket.localhost:{server.Port}/k?", (await host.PresignGetAsync("bucket", "k", TimeSpan.FromMinutes(1))).AbsoluteUri);
    }

    [Fact]
    public async Task Header_values_go_out_as_utf8_and_exactly_as_signed()
    {
        await using var server = new RawServer();
        using var client = Client(server);
        await client.PutObjectAsync("bucket", "k", RequestBody.FromBytes("x"u8.ToArray()), new()
        {
            ContentType = "text/plain;charset=utf-8",
            CacheControl = "max-age=5,no-store",
            ContentDisposition = "attachment; filename=\"ü 中.txt\"",
            Expires = "never",
            UserMetadata = new Dictionary<string, string> { ["Name"] = "Zoë" },
        });
        var request = Assert.Single(server.Requests);
        Assert.Equal("text/plain;charset=utf-8", request.Header("Content-Type"));
        Assert.Equal("max-age=5,no-store", request.Header("Cache-Control"));
        Assert.Equal("attachment; filename=\"ü 中.txt\"", request.Header("Content-Disposition"));
        Assert.Equal("never", request.Header("Expires"));
        Assert.Equal("Zoë", request.Header("x-oss-meta-name"));
        Assert.Equal("x"u8.ToArray(), request.Body);
    }

    [Theory]
    [InlineData(SignatureVersion.V1, "OSS ak:")]
    [InlineData(SignatureVersion.V2, "OSS2 AccessKeyId:ak,")]
    [InlineData(SignatureVersion.V4, "OSS4-HMAC-SHA256 Credential=ak/")]
    public async Task Every_signature_version_is_sent(SignatureVersion version, string start)
    {
        await using var server = new RawServer();
        using var client = Client(server, options => options with { SignatureVersion = version });
        await client.HeadObjectAsync("bucket", "k");
        Assert.StartsWith(start, Assert.Single(server.Requests).Header("Authorization"));
    }

    [Fact]
    public async Task A_line_break_in_a_header_is_refused_here()
    {
        await using var server = new RawServer();
        using var client = Client(server);
        await Assert.ThrowsAsync<ArgumentException>(() =>
            client.PutObjectAsync("bucket", "k", RequestBody.Empty, new() { ContentType = "a\r\nx-oss-object-acl: public-read" }));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_refusal_carries_code_request_id_and_ec()
    {
        await using var server = new RawServer(_ => RawServer.Error(404, "NoSuchUpload", "<UploadId>u</UploadId><EC>0042-00000104</EC>"));
        using var client = Client(server);
        var e = await Assert.ThrowsAsync<OssException>(() => client.AbortMultipartUploadAsync("bucket", "k", "u"));
        Assert.Equal(("NoSuchUpload", 404, "R", "0042-00000104", "h"), (e.Code, e.Status, e.RequestId, e.EC, e.HostId));
        Assert.Contains(e.Details, detail => detail is { Key: "UploadId", Value: "u" });
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task The_error_of_a_HEAD_is_read_from_its_header()
    {
        var document = Convert.ToBase64String("<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>m</Message><RequestId>R</RequestId><HostId>h</HostId><EC>0015-00000101</EC></Error>"u8);
        await using var server = new RawServer(_ => RawServer.Answer(404, "", $"x-oss-err: {document}"));
        using var client = Client(server);
        var e = await Assert.ThrowsAsync<OssException>(() => client.FindObjectAsync("bucket", "k"));
        Assert.Equal(("NoSuchBucket", "0015-00000101"), (e.Code, e.EC));
    }

    [Fact]
    public async Task Overload_and_lost_connections_are_tried_again()
    {
        var count = 0;
        await using var server = new RawServer(_ => Interlocked.Increment(ref count) switch
        {
            1 => RawServer.Error(503, "ServiceUnavailable"),
            2 => "",
            3 => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<broken",
            4 => RawServer.Answer(200, "<LocationConstraint>oss-x</Loca_ionConstraint>"),
            _ => RawServer.Answer(200, "<LocationConstraint>oss-x</LocationConstraint>"),
        });
        using var client = Client(server, options => options with { IdleTimeout = TimeSpan.FromSeconds(1) });
        Assert.Equal("oss-x", await client.GetBucketLocationAsync("bucket"));
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_again_is_sent_once()
    {
        await using var server = new RawServer(_ => RawServer.Error(503, "ServiceUnavailable"));
        using var client = Client(server);
        using var once = new OnceStream("hello"u8.ToArray());
        await Assert.ThrowsAsync<OssException>(() => client.PutObjectAsync("bucket", "k", RequestBody.FromStream(once, 5)));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_seekable_body_is_sent_again_from_where_it_stood()
    {
        var count = 0;
        await using var server = new RawServer(_ => Interlocked.Increment(ref count) < 3 ? RawServer.Error(500, "InternalError") : RawServer.Answer(200));
        using var client = Client(server);
        using var stream = new MemoryStream("0123456789"u8.ToArray()) { Position = 4 };
        await client.PutObjectAsync("bucket", "k", RequestBody.FromStream(stream));
        Assert.Equal(3, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Equal("456789"u8.ToArray(), request.Body));
    }

    [Fact]
    public async Task A_clock_that_is_off_is_corrected_from_the_answer()
    {
        await using var server = new RawServer(request => request.Header("x-oss-date") is { } date && date.StartsWith("2031", StringComparison.Ordinal)
            ? RawServer.Answer(200)
            : RawServer.Error(403, "RequestTimeTooSkewed", "<ServerTime>2031-01-02T03:04:05.000Z</ServerTime>"));
        using var client = Client(server, options => options with { MaxAttempts = 1 });
        await client.PutBucketAclAsync("bucket", Protocol.Names.Acl.Private);
        await client.PutBucketAclAsync("bucket", Protocol.Names.Acl.Private);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Expired_temporary_credentials_are_fetched_anew()
    {
        var fetched = 0;
        await using var server = new RawServer(request => request.Header("x-oss-security-token") == "token2"
            ? RawServer.Answer(200)
            : RawServer.Error(403, "SecurityTokenExpired"));
        using var provider = new RefreshingCredentialsProvider(
            _ => Task.FromResult(new Credentials("ak", "secret", $"token{++fetched}", TimeProvider.System.GetUtcNow().AddHours(1))));
        using var client = Client(server, options => options with { Credentials = provider, MaxAttempts = 1 });
        await client.PutBucketAclAsync("bucket", Protocol.Names.Acl.Private);
        Assert.Equal(2, fetched);
    }

    [Fact]
    public async Task A_service_that_falls_silent_times_out_and_is_asked_again()
    {
        var count = 0;
        await using var server = new RawServer(_ => Interlocked.Increment(ref count) == 1 ? "HTTP/1.1 " : RawServer.Answer(200));
        using var client = Client(server, options => options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        await client.HeadObjectAsync("bucket", "k");
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_connection_that_does_not_come_to_stand_is_a_timeout_and_tried_again()
    {
        var tries = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(100),
            ConnectCallback = async (_, ct) =>
            {
                tries++;
                await Task.Delay(Timeout.Infinite, ct);
                return Stream.Null;
            },
        };
        using var client = new OssClient(new()
        {
            Endpoint = "http://127.0.0.1:1",
            Credentials = StaticCredentialsProvider.Anonymous,
            MaxAttempts = 3,
            BaseDelay = TimeSpan.FromMilliseconds(1),
            HttpHandler = handler,
        });
        var e = await Assert.ThrowsAsync<OssTransportException>(() => client.HeadObjectAsync("bucket", "k"));
        Assert.Equal((3, 3), (tries, e.Attempts));
    }

    [Fact]
    public async Task A_bare_error_of_a_socket_is_tried_again_and_is_a_transport_error_at_last()
    {
        // SocketsHttpHandler lets it through when a connection is reset in the moment it comes to stand.
        await using var server = new RawServer();
        var failures = 2;
        using var handler = new HookHandler(request =>
        {
            if (failures-- > 0)
            {
                throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.NotConnected);
            }
        });
        using var client = Client(server, options => options with { HttpHandler = handler, MaxAttempts = 3 });
        await client.HeadObjectAsync("bucket", "k");
        failures = 3;
        var error = await Assert.ThrowsAsync<OssTransportException>(() => client.HeadObjectAsync("bucket", "k"));
        Assert.Equal(3, error.Attempts);
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_an_OperationCanceledException()
    {
        await using var server = new RawServer(_ => "HTTP/1.1 ");
        using var client = Client(server);
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.HeadObjectAsync("bucket", "k", ct: cancel.Token));
    }

    [Fact]
    public async Task An_answer_that_ends_because_the_caller_cancelled_is_an_OperationCanceledException()
    {
        await using var server = new RawServer();
        using var client = Client(server, options => options with { HttpHandler = new EndingHandler(), MaxAttempts = 1 });
        await using var answer = await client.GetObjectAsync("bucket", "k");
        using var cancel = new CancellationTokenSource();
        var reading = answer.Content.ReadAsync(new byte[10], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_source_that_fails_is_not_the_networks_fault()
    {
        await using var server = new RawServer();
        using var client = Client(server);
        using var shrunk = new MemoryStream(new byte[10]);
        var body = RequestBody.FromStream(shrunk, 20);
        await Assert.ThrowsAsync<EndOfStreamException>(() => client.PutObjectAsync("bucket", "k", body));
    }

    [Fact]
    public async Task A_wrong_crc_in_the_answer_is_an_error_at_last()
    {
        await using var server = new RawServer(_ => RawServer.Answer(200, "", "x-oss-hash-crc64ecma: 1"));
        using var client = Client(server, options => options with { MaxAttempts = 2 });
        var e = await Assert.ThrowsAsync<ChecksumMismatchException>(() =>
            client.PutObjectAsync("bucket", "k", RequestBody.FromBytes("123456789"u8.ToArray())));
        Assert.Equal((0x995DC9BBDF1939FAUL, 1UL), (e.Local, e.Remote));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("-bad")]
    [InlineData("UPPER")]
    [InlineData("..")]
    public async Task A_bad_bucket_name_never_leaves(string bucket)
    {
        await using var server = new RawServer();
        using var client = Client(server);
        Assert.Equal("InvalidBucketName", (await Assert.ThrowsAsync<OssException>(() => client.HeadObjectAsync(bucket, "k"))).Code);
        Assert.Empty(server.Requests);
    }

    sealed class OnceStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
