using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class PutObjectTests(TestServer server)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData(32 * 1024 + 1)]
    [InlineData(3_000_000)]
    public async Task Stores_bytes_and_says_their_digests(int length)
    {
        var body = Bytes.Random(length, length);
        var bucket = await server.BucketAsync();
        var answer = (await server.SendAsync(Call.Put(bucket, "k", body).With(("Content-MD5", Bytes.Md5(body)), ("x-oss-hash-crc64ecma", Bytes.Crc(body))))).Is(200);
        Assert.Equal(Bytes.ETag(body), answer["ETag"]);
        Assert.Equal(Bytes.Crc(body), answer["x-oss-hash-crc64ecma"]);
        Assert.Equal(Bytes.Md5(body), answer["Content-MD5"]);
        Assert.Equal("0", answer["Content-Length"]);
        Assert.Null(answer["x-oss-version-id"]);
        Assert.Equal(body, (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Body);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task Takes_chunked_bodies(int chunk)
    {
        var body = Bytes.Random(50_000, chunk);
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "k", body) with { ChunkLength = chunk })).Is(200);
        Assert.Equal(body, (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Body);
    }

    [Fact]
    public async Task Keeps_every_header_and_gives_it_back()
    {
        var bucket = await server.BucketAsync();
        (string, string)[] headers =
        [
            ("Content-Type", "text/x; charset=中"), ("Cache-Control", "no-cache"), ("Content-Disposition", "attachment; filename=\"名.txt\""),
            ("Content-Encoding", "zstd"), ("Content-Language", "zh-CN"), ("Expires", "whatever it says"), ("x-oss-meta-Some-Thing", "值 1"),
            ("x-oss-meta-empty", ""), ("x-oss-storage-class", "IA"), ("x-oss-tagging", "a=1&b=%E5%80%BC"),
            ("x-oss-server-side-encryption", "AES256"), ("x-oss-persistent-headers", "y:" + Convert.ToBase64String(Bytes.Of("why"))),
        ];
        var put = (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x")).With(headers))).Is(200);
        Assert.Equal("AES256", put["x-oss-server-side-encryption"]);
        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(Latin1("text/x; charset=中"), got["Content-Type"]);
        Assert.Equal("no-cache", got["Cache-Control"]);
        Assert.Equal(Latin1("attachment; filename=\"名.txt\""), got["Content-Disposition"]);
        Assert.Equal("zstd", got["Content-Encoding"]);
        Assert.Equal("zh-CN", got["Content-Language"]);
        Assert.Equal("whatever it says", got["Expires"]);
        Assert.Contains(got.Headers, header => header.Key == "x-oss-meta-some-thing" && header.Value == Latin1("值 1"));
        Assert.Equal("", got["x-oss-meta-empty"]);
        Assert.Equal("IA", got["x-oss-storage-class"]);
        Assert.Equal("2", got["x-oss-tagging-count"]);
        Assert.Equal("AES256", got["x-oss-server-side-encryption"]);
        Assert.Equal("why", got["y"]);
        Assert.Equal("Normal", got["x-oss-object-type"]);
    }

    [Fact]
    public async Task Without_headers_the_type_is_octet_stream_and_nothing_else_is_said()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal("application/octet-stream", got["Content-Type"]);
        Assert.Null(got["x-oss-tagging-count"]);
        Assert.Null(got["Cache-Control"]);
        Assert.Equal("Standard", got["x-oss-storage-class"]);
    }

    public static TheoryData<string, string, int, string> BadHeaders => new()
    {
        { "Content-MD5", "nonsense", 400, "InvalidDigest" },
        { "Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", 400, "InvalidDigest" },
        { "x-oss-hash-crc64ecma", "1", 400, "InvalidCRC64" },
        { "x-oss-hash-crc64ecma", "-1", 400, "InvalidArgument" },
        { "x-oss-object-acl", "everybody", 400, "InvalidArgument" },
        { "x-oss-storage-class", "Gold", 400, "InvalidArgument" },
        { "x-oss-forbid-overwrite", "maybe", 400, "InvalidArgument" },
        { "x-oss-server-side-encryption", "ROT13", 400, "InvalidEncryptionAlgorithmError" },
        { "x-oss-server-side-encryption", "KMS", 403, "KmsServiceNotEnabled" },
        { "x-oss-server-side-encryption-key-id", "1", 400, "InvalidArgument" },
        { "x-oss-server-side-data-encryption", "SM4", 400, "InvalidDataEncryptionAlgorithmError" },
        { "x-oss-tagging", "a=1&a=2", 400, "InvalidArgument" },
        { "x-oss-tagging", "a=%ZZ", 400, "InvalidArgument" },
        { "x-oss-tagging", "a=<", 400, "InvalidTag" },
        { "x-oss-tagging", "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1", 400, "InvalidTag" },
        { "x-oss-traffic-limit", "1", 400, "InvalidArgument" },
        { "x-oss-traffic-limit", "838860801", 400, "InvalidArgument" },
        { "x-oss-traffic-limit", "fast", 400, "InvalidArgument" },
        { "x-oss-persistent-headers", "Content-Length:MQ==", 400, "InvalidArgument" },
        { "x-oss-persistent-headers", "a b:MQ==", 400, "InvalidArgument" },
        { "x-oss-persistent-headers", "a:DQo=", 400, "InvalidArgument" },
        { "x-oss-callback", "e30=", 400, "InvalidArgument" },
        { "If-Match", "x", 400, "NotImplemented" },
        { "If-None-Match", "*", 400, "NotImplemented" },
        { "If-Modified-Since", "Sun, 22 Nov 2026 17:04:34 GMT", 400, "NotImplemented" },
        { "If-Unmodified-Since", "Sun, 22 Nov 2026 17:04:34 GMT", 400, "NotImplemented" },
        { "x-oss-meta-large", new string('m', 8 * 1024), 400, "InvalidArgument" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public async Task Refuses_bad_headers_and_stores_nothing(string name, string value, int status, string code)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("body")).With((name, value)))).Is(status, code);
        (await server.SendAsync(Call.Head(bucket, "k"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Names_the_refused_header_argument_and_detail_code()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "k", []).With(("If-Match", "x")))).Is(400, "NotImplemented").Has("Header", "If-Match");
        (await server.SendAsync(Call.Put(bucket, "k", []).With(("x-oss-object-acl", "x")))).Is(400, "InvalidArgument")
            .Has("ArgumentName", "x-oss-object-acl").Has("ArgumentValue", "x");
        (await server.SendAsync(Call.Put(bucket, "k", []).With(("x-oss-forbid-overwrite", "x")))).Is(400, "InvalidArgument").Has("EC", "0017-00000279");
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("a")).With(("Content-MD5", "x")))).Is(400, "InvalidDigest").Has("EC", "0017-00000502");
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("a")).With(("Content-MD5", Bytes.Md5([]))))).Is(400, "InvalidDigest").Has("EC", "0017-00000503");
    }

    [Fact]
    public async Task Forbid_overwrite_protects_what_is_there()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("old"));
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("new")).With(("x-oss-forbid-overwrite", "true")))).Is(409, "FileAlreadyExists");
        Assert.Equal("old", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("new")).With(("x-oss-forbid-overwrite", "false")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "other", Bytes.Of("new")).With(("x-oss-forbid-overwrite", "true")))).Is(200);
    }

    [Fact]
    public async Task Traffic_limit_limits()
    {
        var bucket = await server.BucketAsync();
        var body = Bytes.Random(90_000, 1);
        var started = TimeProvider.System.GetTimestamp();
        var answer = (await server.SendAsync(Call.Put(bucket, "k", body, ("x-oss-traffic-limit", "819200")))).Is(200);

        // 90,000 bytes at 819,200 bit/s take 0.88 s; what the socket took in at once is not waited for twice.
        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(0.1), "the limit did not slow the upload down");
        Assert.NotNull(answer["x-oss-qos-delay-time"]);
        (await server.SendAsync(Call.Put(bucket, "k", body, ("x-oss-traffic-limit", "819200")).With(("x-oss-traffic-limit", "819200")))).Is(400, "InvalidArgument");
    }

    [Fact]
    public async Task A_missing_bucket_and_a_missing_length_are_told()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put("no-such-bucket", "k", Bytes.Of("x")))).Is(404, "NoSuchBucket").Has("BucketName", "no-such-bucket");
        (await server.SendAsync(Call.Put(bucket, "k") with { HasNoLength = true })).Is(411, "MissingContentLength");
        (await server.SendAsync(Call.Put(bucket, "k").With(("Content-Length", (6L << 30).ToString(null, null))) with { HasNoLength = true })).Is(400, "EntityTooLarge");
    }

    [Fact]
    public async Task A_body_that_breaks_off_stores_nothing()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("old"));
        foreach (var half in new[] { 10, 60_000 })
        {
            await using var connection = await server.ConnectAsync();
            var call = Call.Put(bucket, "k", Bytes.Random(100_000, 1));
            await connection.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
            await connection.SendAsync(call.Body.AsMemory(0, half));
            connection.EndSending();

            // Kestrel closes a connection that ends inside a body, and lets no answer out.
            Assert.True(await connection.IsClosedAsync());
        }

        Assert.Equal("old", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Fact]
    public async Task Continue_is_said_when_the_body_is_wanted_and_never_before_a_refusal()
    {
        var bucket = await server.BucketAsync();
        await using (var connection = await server.ConnectAsync())
        {
            var call = Call.Put(bucket, "k", Bytes.Of("hello")).With(("Expect", "100-continue"));
            await connection.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
            Assert.Equal(100, (await connection.ReadAsync()).Status);
            await connection.SendAsync("hello");
            (await connection.ReadAsync()).Is(200);
        }

        await using (var connection = await server.ConnectAsync())
        {
            var call = Call.Put("no-such-bucket", "k", Bytes.Of("hello")).With(("Expect", "100-continue"));
            await connection.SendAsync(call.Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
            var refused = (await connection.ReadAsync()).Is(404, "NoSuchBucket");

            // The body that was kept back would be taken for the next request, or the other way round.
            Assert.Equal("close", refused["Connection"]);
        }
    }

    [Fact]
    public async Task A_connection_goes_on_after_a_refusal_and_keeps_its_place()
    {
        var bucket = await server.BucketAsync();
        await using var connection = await server.ConnectAsync();
        (await server.SendAsync(connection, Call.Put("no-such-bucket", "k", Bytes.Random(100_000, 1)))).Is(404, "NoSuchBucket");
        (await server.SendAsync(connection, Call.Put(bucket, "k", Bytes.Of("x")).With(("x-oss-storage-class", "Gold")))).Is(400, "InvalidArgument");
        (await server.SendAsync(connection, Call.Put(bucket, "k", Bytes.Of("x")))).Is(200);
        Assert.Equal("x", (await server.SendAsync(connection, Call.Get(bucket, "k"))).Is(200).Text);
    }

    static string Latin1(string text) => System.Text.Encoding.Latin1.GetString(Bytes.Of(text));
}
