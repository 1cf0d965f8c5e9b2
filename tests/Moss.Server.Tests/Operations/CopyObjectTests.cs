using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class CopyObjectTests(TestServer server)
{
    [Theory]
    [InlineData(10)]
    [InlineData(500_000)]
    public async Task Copies_bytes_and_attributes_and_outlives_its_source(int length)
    {
        var body = Bytes.Random(length, length);
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "a b+c/源", body).With(("Content-Type", "t/t"), ("x-oss-meta-m", "1"), ("x-oss-tagging", "t=1")))).Is(200);
        var copied = (await server.SendAsync(Call.Put(bucket, "to", null).With(("x-oss-copy-source", $"/{bucket}/a+b%2Bc%2F%E6%BA%90")))).Is(200);
        Assert.Equal(Bytes.ETag(body), copied.Element("ETag"));
        Assert.Equal(Bytes.ETag(body), copied["ETag"]);
        Assert.Equal(Bytes.Crc(body), copied["x-oss-hash-crc64ecma"]);
        Assert.EndsWith(".000Z", copied.Element("LastModified"), StringComparison.Ordinal);
        (await server.SendAsync(Call.Delete(bucket, "a b+c/源"))).Is(204);
        var got = (await server.SendAsync(Call.Get(bucket, "to"))).Is(200);
        Assert.Equal(body, got.Body);
        Assert.Equal("t/t", got["Content-Type"]);
        Assert.Equal("1", got["x-oss-meta-m"]);
        Assert.Equal("1", got["x-oss-tagging-count"]);
    }

    [Fact]
    public async Task Directives_replace_headers_and_tags()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "from", Bytes.Of("x")).With(("x-oss-meta-old", "1"), ("x-oss-tagging", "a=1&b=2")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "to", null).With(
            ("x-oss-copy-source", $"/{bucket}/from"), ("x-oss-metadata-directive", "replace"), ("x-oss-tagging-directive", "Replace"),
            ("x-oss-tagging", "c=3"), ("x-oss-meta-new", "2")))).Is(200);
        var got = (await server.SendAsync(Call.Head(bucket, "to"))).Is(200);
        Assert.Null(got["x-oss-meta-old"]);
        Assert.Equal("2", got["x-oss-meta-new"]);
        Assert.Equal("1", got["x-oss-tagging-count"]);
        (await server.SendAsync(Call.Put(bucket, "to", null).With(("x-oss-copy-source", $"/{bucket}/from"), ("x-oss-metadata-directive", "MERGE")))).Is(400, "InvalidArgument");
    }

    [Fact]
    public async Task A_copy_onto_itself_changes_the_headers()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("same"));
        (await server.SendAsync(Call.Put(bucket, "k", null).With(("x-oss-copy-source", $"/{bucket}/k"), ("x-oss-meta-new", "2")))).Is(200);
        var got = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal("2", got["x-oss-meta-new"]);
        Assert.Equal("same", got.Text);
    }

    [Theory]
    [InlineData("bucket/key")]
    [InlineData("/bucket")]
    [InlineData("/bucket/")]
    [InlineData("//key")]
    [InlineData("/bucket/%ZZ")]
    [InlineData("/Bucket_/key")]
    [InlineData("")]
    public async Task A_source_must_name_bucket_and_key(string source)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "to", null).With(("x-oss-copy-source", source)))).Is(400, "InvalidArgument").Has("ArgumentName", "x-oss-copy-source");
        (await server.SendAsync(Call.Head(bucket, "to"))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Conditions_are_on_the_source()
    {
        var bucket = await server.BucketWithAsync("from", Bytes.Of("x"));
        var call = Call.Put(bucket, "to", null).With(("x-oss-copy-source", $"/{bucket}/from"));
        (await server.SendAsync(call.With(("x-oss-copy-source-if-match", "other")))).Is(412, "PreconditionFailed");
        (await server.SendAsync(call.With(("x-oss-copy-source-if-none-match", Bytes.ETag(Bytes.Of("x")))))).Is(304);
        (await server.SendAsync(call.With(("x-oss-copy-source-if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")))).Is(304);
        (await server.SendAsync(call.With(("x-oss-copy-source-if-match", Bytes.ETag(Bytes.Of("x")))))).Is(200);
        (await server.SendAsync(call.With(("x-oss-forbid-overwrite", "true")))).Is(409, "FileAlreadyExists");
        (await server.SendAsync(Call.Put(bucket, "to", null).With(("x-oss-copy-source", $"/{bucket}/none")))).Is(404, "NoSuchKey").Has("Key", "none");
        (await server.SendAsync(Call.Put(bucket, "to", null).With(("x-oss-copy-source", "/no-such-bucket/none")))).Is(404, "NoSuchBucket").Has("BucketName", "no-such-bucket");
    }
}
