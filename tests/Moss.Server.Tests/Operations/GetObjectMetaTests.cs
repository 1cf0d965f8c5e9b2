using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class GetObjectMetaTests(TestServer server)
{
    [Theory]
    [InlineData("HEAD", "9")]
    [InlineData("GET", "0")]
    public async Task Says_which_bytes_these_are_and_no_more(string method, string length)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("some body")).With(("x-oss-meta-a", "b"), ("Content-Type", "text/plain")))).Is(200);
        var meta = (await server.SendAsync(new Call(method, bucket, "k") { Query = [("objectMeta", null)] })).Is(200);
        Assert.Equal(length, meta["Content-Length"]);
        Assert.Equal(Bytes.ETag(Bytes.Of("some body")), meta["ETag"]);
        Assert.NotNull(meta["Last-Modified"]);
        Assert.NotNull(meta["x-oss-hash-crc64ecma"]);
        Assert.Null(meta["x-oss-meta-a"]);
        Assert.Null(meta["Content-Type"]);
        Assert.Null(meta["Content-MD5"]);
    }

    [Fact]
    public async Task Absent_things_have_their_names()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Head(bucket, "nothing", ("objectMeta", null)))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Head("no-such-bucket", "nothing", ("objectMeta", null)))).Is(404, "NoSuchBucket");
    }
}
