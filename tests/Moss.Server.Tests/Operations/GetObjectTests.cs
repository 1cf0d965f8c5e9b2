using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class GetObjectTests(TestServer server)
{
    [Fact]
    public async Task Gives_bytes_and_everything_that_is_known_of_them()
    {
        var body = Bytes.Random(200_000, 1);
        var bucket = await server.BucketWithAsync("k", body);
        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(body, got.Body);
        Assert.Equal(Bytes.ETag(body), got["ETag"]);
        Assert.Equal(Bytes.Crc(body), got["x-oss-hash-crc64ecma"]);
        Assert.Equal(Bytes.Md5(body), got["Content-MD5"]);
        Assert.Equal("bytes", got["Accept-Ranges"]);
        Assert.Matches("^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$", got["Last-Modified"]);
        Assert.Matches("^[0-9]+$", got["x-oss-server-time"]);
    }

    [Theory]
    [InlineData("bytes=0-99", 206, 0, 100)]
    [InlineData("bytes=199900-", 206, 199_900, 100)]
    [InlineData("bytes=-100", 206, 199_900, 100)]
    [InlineData("bytes=131000-140000", 206, 131_000, 9001)]
    [InlineData("bytes=0-200000", 200, 0, 200_000)]
    [InlineData("bytes=200000-", 200, 0, 200_000)]
    [InlineData("bytes=0-1,5-6", 200, 0, 200_000)]
    public async Task Gives_ranges(string range, int status, int offset, int length)
    {
        var body = Bytes.Random(200_000, 2);
        var bucket = await server.BucketWithAsync("k", body);
        var got = (await server.SendAsync(Call.Get(bucket, "k").With(("Range", range)))).Is(status);
        Assert.Equal(body[offset..(offset + length)], got.Body);
        Assert.Equal(status == 206 ? $"bytes {offset}-{offset + length - 1}/200000" : null, got["Content-Range"]);
        Assert.Equal(Bytes.Crc(body), got["x-oss-hash-crc64ecma"]);
    }

    [Fact]
    public async Task Standard_ranges_are_clamped_or_refused()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("0123456789"));
        var clamped = (await server.SendAsync(Call.Get(bucket, "k").With(("Range", "bytes=5-99"), ("x-oss-range-behavior", "standard")))).Is(206);
        Assert.Equal("56789", clamped.Text);
        Assert.Equal("bytes 5-9/10", clamped["Content-Range"]);
        (await server.SendAsync(Call.Get(bucket, "k").With(("Range", "bytes=10-"), ("x-oss-range-behavior", "standard")))).Is(416, "InvalidRange");
        (await server.SendAsync(Call.Get(bucket, "k").With(("Range", "bytes=-0")))).Is(416, "InvalidRange");
    }

    [Fact]
    public async Task Conditions_hold_or_fail_as_documented()
    {
        var body = Bytes.Of("conditional");
        var bucket = await server.BucketWithAsync("k", body);
        var tag = Bytes.ETag(body);
        const string past = "Sat, 01 Jan 2000 00:00:00 GMT", future = "Fri, 01 Jan 2100 00:00:00 GMT";
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Match", tag)))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Match", $"\"other\", {tag.Trim('"')}")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Match", "other")))).Is(412, "PreconditionFailed").Has("Condition", "If-Match");
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Unmodified-Since", past)))).Is(412, "PreconditionFailed").Has("Condition", "If-Unmodified-Since");
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Unmodified-Since", future)))).Is(200);
        var same = (await server.SendAsync(Call.Get(bucket, "k").With(("If-None-Match", tag)))).Is(304);
        Assert.Equal(tag, same["ETag"]);
        Assert.NotNull(same["Last-Modified"]);
        Assert.Empty(same.Body);
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Modified-Since", future)))).Is(304);
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Modified-Since", past)))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k").With(("If-Modified-Since", "yesterday")))).Is(200);
        (await server.SendAsync(Call.Head(bucket, "k").With(("If-Match", "other")))).Is(412, "PreconditionFailed");
        (await server.SendAsync(Call.Head(bucket, "k").With(("If-None-Match", tag)))).Is(304);
    }

    [Fact]
    public async Task Overrides_change_the_answer_of_signed_requests_only()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"), "public-read");
        (string, string?)[] overrides =
        [
            ("response-content-type", "a/b"), ("response-content-language", "en"), ("response-expires", "never"), ("response-cache-control", "private"),
            ("response-content-disposition", "attachment; filename=\"中文.txt\""), ("response-content-encoding", "br"),
        ];
        var got = (await server.SendAsync(Call.Get(bucket, "k", overrides))).Is(200);
        Assert.Equal("a/b", got["Content-Type"]);
        Assert.Equal("en", got["Content-Language"]);
        Assert.Equal("never", got["Expires"]);
        Assert.Equal("private", got["Cache-Control"]);
        Assert.Equal(System.Text.Encoding.Latin1.GetString(Bytes.Of("attachment; filename=\"中文.txt\"")), got["Content-Disposition"]);
        Assert.Equal("br", got["Content-Encoding"]);
        (await server.SendAsync(Call.Get(bucket, "k", ("response-content-type", "a/b")).Anonymously())).Is(400, "InvalidRequest");
        (await server.SendAsync(Call.Get(bucket, "k", ("response-content-type", "a\r\nx: y")))).Is(400, "InvalidArgument");
    }

    [Fact]
    public async Task Absent_things_have_their_names()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Get(bucket, "nothing"))).Is(404, "NoSuchKey").Has("Key", "nothing").Has("EC", "0026-00000001");
        (await server.SendAsync(Call.Get("no-such-bucket", "nothing"))).Is(404, "NoSuchBucket").Has("BucketName", "no-such-bucket");
        (await server.SendAsync(Call.Get(bucket, "nothing", ("versionId", "")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Get(bucket, "nothing", ("versionId", "CAEQ")))).Is(404, "NoSuchVersion");
        (await server.SendAsync(Call.Get(bucket, "nothing", ("x-oss-process", "image/resize,w_1")))).Is(400, "NotImplemented");
    }

    [Fact]
    public async Task Unknown_names_in_the_query_of_a_read_are_ignored_and_those_of_a_write_are_not()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        (await server.SendAsync(Call.Get(bucket, "k", ("stat", null), ("color", "red"), ("x-oss-process", "")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("y"), ("lifecycle", null)))).Is(405, "MethodNotAllowed").Has("ResourceType", "Object");
        Assert.Equal("x", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Fact]
    public async Task Traffic_limit_limits_downloads()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Random(60_000, 3));
        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal(60_000, (await server.SendAsync(Call.Get(bucket, "k").With(("x-oss-traffic-limit", "819200")))).Is(200).Body.Length);

        // 60,000 bytes at 819,200 bit/s take 0.58 s.
        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(0.5), "the limit did not slow the download down");
    }

    [Fact]
    public async Task A_client_that_has_said_everything_may_close_its_side_and_wait()
    {
        var body = Bytes.Random(3_000_000, 4);
        var bucket = await server.BucketWithAsync("k", body);
        await using var connection = await server.ConnectAsync();
        await connection.SendAsync(Call.Get(bucket, "k").Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
        connection.EndSending();
        Assert.Equal(body, (await connection.ReadAsync()).Is(200).Body);
    }

    [Fact]
    public async Task An_abandoned_download_harms_nobody()
    {
        var body = Bytes.Random(8_000_000, 4);
        var bucket = await server.BucketWithAsync("k", body);
        await using (var connection = await server.ConnectAsync())
        {
            await connection.SendAsync(Call.Get(bucket, "k").Head(server.Address, TimeProvider.System.GetUtcNow(), TestServer.Root));
            connection.Reset();
        }

        Assert.Equal(body, (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Body);
    }
}
