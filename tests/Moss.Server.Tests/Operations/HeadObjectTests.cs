using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class HeadObjectTests(TestServer server)
{
    [Fact]
    public async Task Says_what_get_says_without_a_body()
    {
        var body = Bytes.Random(50_000, 1);
        var bucket = await server.BucketWithAsync("k", body);
        var get = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        var head = (await server.SendAsync(Call.Head(bucket, "k"))).Is(200);
        string[] varying = ["Date", "x-oss-request-id", "x-oss-server-time"];
        Assert.Equal(
            get.Headers.Where(header => !varying.Contains(header.Key)).OrderBy(header => header.Key, StringComparer.Ordinal),
            head.Headers.Where(header => !varying.Contains(header.Key)).OrderBy(header => header.Key, StringComparer.Ordinal));
        Assert.Equal("50000", head["Content-Length"]);
    }

    [Fact]
    public async Task Errors_stand_in_a_header_so_that_missing_buckets_and_keys_differ()
    {
        var bucket = await server.BucketAsync();
        var key = (await server.SendAsync(Call.Head(bucket, "nothing"))).Is(404, "NoSuchKey");
        Assert.Equal("0026-00000001", key["x-oss-ec"]);
        Assert.Equal("application/xml", key["Content-Type"]);
        (await server.SendAsync(Call.Head("no-such-bucket", "nothing"))).Is(404, "NoSuchBucket");
        (await server.SendAsync(Call.Head(bucket, "nothing").Anonymously())).Is(403, "AccessDenied");
        await using var connection = await server.ConnectAsync();
        (await server.SendAsync(connection, Call.Head(bucket, "nothing"))).Is(404, "NoSuchKey");
        (await server.SendAsync(connection, Call.Head(bucket, "nothing"))).Is(404, "NoSuchKey");
    }
}
