using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class SymlinkTests(TestServer server)
{
    [Fact]
    public async Task Reads_as_its_target_and_tells_it()
    {
        var bucket = await server.BucketWithAsync("目标 1", Bytes.Of("target"));
        (await server.SendAsync(Call.Put(bucket, "link", null, ("symlink", null)).With(("x-oss-symlink-target", "%E7%9B%AE%E6%A0%87%201"), ("x-oss-meta-m", "1")))).Is(200);
        var got = (await server.SendAsync(Call.Get(bucket, "link"))).Is(200);
        Assert.Equal("target", got.Text);
        Assert.Equal("Symlink", got["x-oss-object-type"]);
        Assert.Equal(Bytes.ETag(Bytes.Of("target")), got["ETag"]);
        Assert.Equal("6", (await server.SendAsync(Call.Head(bucket, "link"))).Is(200)["Content-Length"]);
        var link = (await server.SendAsync(Call.Get(bucket, "link", ("symlink", null)))).Is(200);
        Assert.Equal("%E7%9B%AE%E6%A0%87%201", link["x-oss-symlink-target"]);
        Assert.Equal("1", link["x-oss-meta-m"]);
        Assert.NotNull(link["Last-Modified"]);
        Assert.Contains("Symlink", (await server.SendAsync(Call.Get(bucket))).Is(200).Elements("Type"));
        (await server.SendAsync(Call.Delete(bucket, "link"))).Is(204);
        (await server.SendAsync(Call.Head(bucket, "目标 1"))).Is(200);
    }

    [Fact]
    public async Task Broken_links_and_links_to_links_are_told()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "broken", null, ("symlink", null)).With(("x-oss-symlink-target", "nothing")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "broken"))).Is(404, "SymlinkTargetNotExist");
        (await server.SendAsync(Call.Head(bucket, "broken"))).Is(404, "SymlinkTargetNotExist");
        (await server.SendAsync(Call.Put(bucket, "twice", null, ("symlink", null)).With(("x-oss-symlink-target", "broken")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "twice"))).Is(400, "InvalidTargetType").Has("EC", "0026-00000011");
        (await server.SendAsync(Call.Put(bucket, "normal", Bytes.Of("x")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "normal", ("symlink", null)))).Is(400, "NotSymlink");
        (await server.SendAsync(Call.Get(bucket, "nothing", ("symlink", null)))).Is(404, "NoSuchKey");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/rooted")]
    [InlineData("%ZZ")]
    [InlineData("%FF")]
    public async Task Refuses_targets_that_are_no_keys(string target)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, "link", null, ("symlink", null)).With(("x-oss-symlink-target", target)))).Is(400, "InvalidArgument");
        (await server.SendAsync(Call.Get(bucket, "link", ("symlink", null)))).Is(404, "NoSuchKey");
    }
}
