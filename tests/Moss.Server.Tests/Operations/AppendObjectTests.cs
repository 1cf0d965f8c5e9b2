using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class AppendObjectTests(TestServer server)
{
    static Call Append(string bucket, string position, byte[] body) => Call.Post(bucket, "log", body, ("append", null), ("position", position));

    [Fact]
    public async Task Grows_at_its_end_only()
    {
        var bucket = await server.BucketAsync();
        var first = (await server.SendAsync(Append(bucket, "0", Bytes.Of("one,")).With(("x-oss-meta-a", "1")))).Is(200);
        Assert.Equal("4", first["x-oss-next-append-position"]);
        var second = (await server.SendAsync(Append(bucket, "4", Bytes.Of("two")))).Is(200);
        Assert.Equal("7", second["x-oss-next-append-position"]);
        Assert.Equal(Bytes.Crc(Bytes.Of("one,two")), second["x-oss-hash-crc64ecma"]);
        var got = (await server.SendAsync(Call.Get(bucket, "log"))).Is(200);
        Assert.Equal("one,two", got.Text);
        Assert.Equal("Appendable", got["x-oss-object-type"]);
        Assert.Equal("7", got["x-oss-next-append-position"]);
        Assert.Equal("1", got["x-oss-meta-a"]);
        Assert.Null(got["Content-MD5"]);
        Assert.Equal("7", (await server.SendAsync(Append(bucket, "3", Bytes.Of("x")))).Is(409, "PositionNotEqualToLength")["x-oss-next-append-position"]);
        (await server.SendAsync(Append(bucket, "7", []))).Is(200);
    }

    [Fact]
    public async Task Of_the_headers_of_a_later_append_only_the_acl_acts()
    {
        var bucket = await server.BucketAsync();
        async Task<string?> AclAsync() => (await server.SendAsync(Call.Get(bucket, "log", ("acl", null)))).Is(200).Element("Grant");
        (await server.SendAsync(Append(bucket, "0", Bytes.Of("a")).With(("x-oss-object-acl", "public-read"), ("x-oss-meta-a", "1")))).Is(200);
        (await server.SendAsync(Append(bucket, "1", Bytes.Of("b")))).Is(200);
        Assert.Equal("public-read", await AclAsync());
        (await server.SendAsync(Append(bucket, "2", Bytes.Of("c")).With(("x-oss-object-acl", "private"), ("x-oss-meta-a", "2")))).Is(200);
        Assert.Equal("private", await AclAsync());
        Assert.Equal("1", (await server.SendAsync(Call.Head(bucket, "log"))).Is(200)["x-oss-meta-a"]);
    }

    [Fact]
    public async Task Refuses_what_cannot_grow()
    {
        var bucket = await server.BucketWithAsync("log", Bytes.Of("normal"));
        (await server.SendAsync(Append(bucket, "0", Bytes.Of("x")))).Is(409, "ObjectNotAppendable");
        (await server.SendAsync(Call.Post(bucket, "log", Bytes.Of("x"), ("append", null)))).Is(400, "MissingArgument");
        (await server.SendAsync(Append(bucket, "-1", Bytes.Of("x")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Append(bucket, "zero", Bytes.Of("x")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Post(bucket, "new", Bytes.Of("x"), ("append", null), ("position", "5")))).Is(409, "PositionNotEqualToLength");
        (await server.SendAsync(Append(bucket, "0", Bytes.Of("x")).With(("x-oss-storage-class", "Archive")))).Is(400, "InvalidArgument");
        (await server.SendAsync(Append("no-such-bucket", "0", Bytes.Of("x")))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task Of_several_appends_to_one_position_one_succeeds()
    {
        var bucket = await server.BucketAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => server.SendAsync(Append(bucket, "0", Bytes.Of($"writer-{i}")))));
        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.Is(409, "PositionNotEqualToLength"));
    }

    [Fact]
    public async Task Sealing_ends_the_growing()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Append(bucket, "0", Bytes.Of("abc")))).Is(200);
        Call Seal(string position, string key = "log") => Call.Post(bucket, key, null, ("seal", null), ("position", position));
        (await server.SendAsync(Seal("2"))).Is(409, "PositionNotEqualToLength");
        var time = (await server.SendAsync(Seal("3"))).Is(200)["x-oss-sealed-time"];
        Assert.NotNull(time);
        Assert.Equal(time, (await server.SendAsync(Seal("3"))).Is(200)["x-oss-sealed-time"]);
        Assert.Equal(time, (await server.SendAsync(Call.Head(bucket, "log"))).Is(200)["x-oss-sealed-time"]);
        (await server.SendAsync(Append(bucket, "3", Bytes.Of("d")))).Is(409, "AppendSealedObjectNotAllowed");
        (await server.SendAsync(Call.Put(bucket, "normal", Bytes.Of("x")))).Is(200);
        (await server.SendAsync(Seal("1", "normal"))).Is(400, "OperationNotSupported").Has("EC", "0016-00000513");
        (await server.SendAsync(Seal("0", "nothing"))).Is(404, "NoSuchKey");
    }
}
