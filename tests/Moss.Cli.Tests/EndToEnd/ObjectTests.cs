using System.Net;
using System.Text;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>The verbs that change or show one object, or all below a prefix.</summary>
public sealed class ObjectTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task Rm_removes_one_and_with_r_what_the_filters_take_and_asks_first()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var key in new[] { "a", "p/1.txt", "p/2.jpg", "p/q/3.txt" })
        {
            await server.PutAsync(bucket, key, key);
        }

        Assert.Equal(1, (await _shelf.JsonAsync("rm", "rm", $"oss://{bucket}/a")).Number("removedObjects"));
        (await _shelf.RunAsync("rm", "-r", $"oss://{bucket}/p/")).Exits(1).Says("add -f");
        (await _shelf.RunAsync("rm", $"oss://{bucket}")).Exits(1).Says("add -r");
        Assert.Equal(
            [$"oss://{bucket}/p/1.txt", $"oss://{bucket}/p/q/3.txt"],
            (await _shelf.FormatsAsync("rm-dry-run", "rm", "-r", $"oss://{bucket}/p/", "--include", "*.txt", "--dry-run")).All("uri"));
        Assert.Equal(2, (await _shelf.JsonAsync("rm", "rm", "-r", "-f", $"oss://{bucket}/p/", "--include", "*.txt")).Number("removedObjects"));
        Assert.Equal(["p/2.jpg"], await server.KeysAsync(bucket));
        (await _shelf.RunAsync("rm", "-r", "-f", "-b", $"oss://{bucket}")).Exits(0);
        (await _shelf.RunAsync("stat", $"oss://{bucket}")).Exits(2);
    }

    [Fact]
    public async Task Acls_are_set_of_buckets_objects_and_prefixes()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "w/1", "x");
        await server.PutAsync(bucket, "w/2", "x");
        Assert.Equal("public-read", (await _shelf.JsonAsync("set-acl-bucket", "set-acl", $"oss://{bucket}", "public-read"))["acl"]);
        Assert.Equal("public-read", (await _shelf.JsonAsync("stat-bucket", "stat", $"oss://{bucket}"))["acl"]);
        Assert.Equal(2, (await _shelf.JsonAsync("each", "set-acl", "-r", $"oss://{bucket}/w/", "private")).Number("done"));
        await _shelf.JsonAsync("each", "set-acl", $"oss://{bucket}/w/2", "default");
        Assert.Equal("private", (await _shelf.JsonAsync("stat-object", "stat", $"oss://{bucket}/w/1"))["acl"]);
        Assert.Equal("default", (await _shelf.JsonAsync("stat-object", "stat", $"oss://{bucket}/w/2"))["acl"]);
        (await _shelf.RunAsync("set-acl", $"oss://{bucket}/w/1", "mine")).Exits(1).Says("'mine' is no ACL");
        (await _shelf.RunAsync("set-acl", $"oss://{bucket}/none", "private")).Exits(2).Says("NoSuchKey");
    }

    [Fact]
    public async Task Metadata_is_updated_replaced_and_deleted()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "x");
        var at = $"oss://{bucket}/k";
        await _shelf.JsonAsync("each", "set-meta", at, "Content-Type:text/x-a#X-Oss-Meta-A:1#X-Oss-Meta-B:2", "--update");
        await _shelf.JsonAsync("each", "set-meta", at, "Cache-Control:no-cache", "--update");
        await _shelf.JsonAsync("each", "set-meta", at, "X-Oss-Meta-A", "--delete");
        var stat = await _shelf.JsonAsync("stat-object", "stat", at);
        Assert.Equal(("text/x-a", "no-cache", null, "2"), (stat["contentType"], stat["cacheControl"], stat["metadata.a"], stat["metadata.b"]));
        (await _shelf.RunAsync("set-meta", at, "X-Oss-Meta-C:3", "-f")).Exits(0);
        stat = await _shelf.JsonAsync("stat-object", "stat", at);
        Assert.Equal((null, null, "3"), (stat["cacheControl"], stat["metadata.b"], stat["metadata.c"]));
        Assert.Equal("x", Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")));
        (await _shelf.RunAsync("set-meta", at, "nonsense")).Exits(1);
        (await _shelf.RunAsync("set-meta", at, "a:b", "--update", "--delete")).Exits(1).Says("exclude each other");
    }

    [Fact]
    public async Task Tags_are_put_shown_and_deleted()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "x");
        var at = $"oss://{bucket}/k";
        await _shelf.JsonAsync("object-tagging-change", "object-tagging", "--method", "put", at, "camera=7", "old#style");
        var tags = await _shelf.FormatsAsync("object-tagging", "object-tagging", at);
        Assert.Equal(["camera", "old"], tags.All("name"));
        Assert.Equal(["7", "style"], tags.All("value"));
        await _shelf.JsonAsync("object-tagging-change", "object-tagging", "--method", "delete", at);
        Assert.Empty((await _shelf.FormatsAsync("object-tagging", "object-tagging", at)).Items);
        (await _shelf.RunAsync("object-tagging", "--method", "put", at)).Exits(1).Says("name=value");
    }

    [Fact]
    public async Task A_link_is_made_read_and_followed()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "real/ü", "here");
        Assert.Equal("real/ü", (await _shelf.JsonAsync("create-symlink", "create-symlink", $"oss://{bucket}/link", $"oss://{bucket}/real/ü"))["target"]);
        Assert.Equal("real/ü", (await _shelf.FormatsAsync("read-symlink", "read-symlink", $"oss://{bucket}/link"))["target"]);
        Assert.Equal("here", (await _shelf.RunAsync("cat", $"oss://{bucket}/link")).Succeeds().Output);
        (await _shelf.RunAsync("read-symlink", $"oss://{bucket}/real/ü")).Exits(2);
        (await _shelf.RunAsync("create-symlink", $"oss://{bucket}/link", "oss://other-bucket/x")).Exits(1).Says("within its bucket");
    }

    [Fact]
    public async Task Append_adds_files_and_stdin()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("1", "first\n");
        var made = await _shelf.JsonAsync("append", "append", "1", $"oss://{bucket}/log", "--content-type", "text/x-log");
        Assert.Equal((0, 6, 6), (made.Number("position"), made.Number("appended"), made.Number("nextAppendPosition")));
        (await _shelf.RunWithAsync("second\n", "append", "-", $"oss://{bucket}/log")).Exits(0);
        Assert.Equal("first\nsecond\n", Encoding.UTF8.GetString(await server.GetAsync(bucket, "log")));
        var stat = await _shelf.JsonAsync("stat-object", "stat", $"oss://{bucket}/log");
        Assert.Equal(("Appendable", 13, "text/x-log"), (stat["type"], stat.Number("nextAppendPosition"), stat["contentType"]));
        (await _shelf.RunAsync("append", "1", $"oss://{bucket}/log", "--position", "3")).Exits(2).Says("PositionNotEqualToLength");
        await server.PutAsync(bucket, "normal", "x");
        (await _shelf.RunAsync("append", "1", $"oss://{bucket}/normal")).Exits(2).Says("ObjectNotAppendable");
        (await _shelf.RunAsync("append", "none", $"oss://{bucket}/log")).Exits(3).Says("none");
        (await _shelf.RunWithAsync("", "append", "-", $"oss://{bucket}/fresh")).Exits(0);
    }

    [Fact]
    public async Task A_presigned_address_does_what_it_says_and_no_more()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "a b/ü", "secret");
        var ct = TestContext.Current.CancellationToken;
        using var http = new HttpClient();
        foreach (var version in new[] { "v4", "v1" })
        {
            var url = (await _shelf.JsonAsync("presign", "presign", $"oss://{bucket}/a b/ü", "--sign-version", version))["url"]!;
            Assert.Equal("secret", await http.GetStringAsync(url, ct));
            Assert.Equal(HttpStatusCode.Forbidden, (await http.GetAsync(url.Replace("%20", "%21", StringComparison.Ordinal), ct)).StatusCode);
        }

        var put = (await _shelf.RunAsync("sign", $"oss://{bucket}/in", "--method", "PUT", "--expires-duration", "1h")).Succeeds().Output.Trim();
        Assert.Equal(HttpStatusCode.OK, (await http.PutAsync(put, new ByteArrayContent("in"u8.ToArray()), ct)).StatusCode);
        Assert.Equal("in", Encoding.UTF8.GetString(await server.GetAsync(bucket, "in")));
        var typed = (await _shelf.RunAsync("presign", $"oss://{bucket}/in", "--query-param", "response-content-type=text/x-mine")).Succeeds().Output.Trim();
        Assert.Equal("text/x-mine", (await http.GetAsync(typed, ct)).Content.Headers.ContentType?.MediaType);
        (await _shelf.RunAsync("presign", $"oss://{bucket}/in", "--expires-duration", "8d")).Exits(1).Says("7 days");
        (await _shelf.RunAsync("presign", $"oss://{bucket}/in", "--method", "PATCH")).Exits(1);
    }

    [Fact]
    public async Task Mkdir_makes_what_stands_for_a_directory()
    {
        var bucket = await server.NewBucketAsync();
        Assert.Equal($"oss://{bucket}/a/b/", (await _shelf.JsonAsync("mkdir", "mkdir", $"oss://{bucket}/a/b"))["uri"]);
        Assert.Equal(["a/b/"], await server.KeysAsync(bucket));
        await server.PutAsync(bucket, "a/c", "1");
        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/a/", "out");
        Assert.True(Directory.Exists(Path.Combine(_shelf.Files, "out/b")));
    }

    [Fact]
    public async Task Hash_of_stdin_and_of_one_kind()
    {
        Assert.Equal("995DC9BBDF1939FA", ulong.Parse((await Hash("--type", "crc64"))["crc64"]!).ToString("X"));
        var md5 = await Hash("--type", "md5");
        Assert.Equal(("25F9E794323B453885F5181F1B624D0B", "JfnnlDI7RTiF9RgfG2JNCw==", null), (md5["md5"], md5["contentMd5"], md5["crc64"]));
        async Task<Json> Hash(params string[] options)
        {
            var outcome = (await _shelf.RunWithAsync("123456789", ["hash", "-", "--output-format", "json", .. options])).Succeeds();
            return new(Schemas.Check("hash", outcome));
        }
    }
}
