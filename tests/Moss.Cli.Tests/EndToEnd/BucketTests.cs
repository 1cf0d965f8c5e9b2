using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>mb</c>, <c>ls</c>, <c>stat</c>, <c>du</c>, <c>rb</c></summary>
public sealed class BucketTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task A_bucket_is_made_shown_and_removed()
    {
        var name = server.NewBucketName();
        Assert.Equal(name, (await _shelf.JsonAsync("mb", "mb", $"oss://{name}", "--acl", "public-read"))["bucket"]);
        Assert.Contains(name, (await _shelf.JsonAsync("ls-buckets", "ls")).All("name"));
        Assert.Contains($"\toss://{name}\n", (await _shelf.RunAsync("ls", "--output-format", "raw")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(0, (await _shelf.JsonAsync("stat-bucket", "stat", $"oss://{name}")).Number("objectCount"));
        await server.PutAsync(name, "key", "x");
        // LastModifiedTime is the time of the asking: two calls differ.
        var stat = await _shelf.JsonAsync("stat-bucket", "stat", $"oss://{name}");
        Assert.Equal(("public-read", 1L), (stat["acl"], stat.Number("objectCount")));
        (await _shelf.RunAsync("rb", $"oss://{name}")).Exits(2).Says("moss rm -r");
        (await _shelf.RunAsync("rm", $"oss://{name}/key")).Exits(0);
        Assert.Equal(name, (await _shelf.JsonAsync("rb", "rb", $"oss://{name}"))["bucket"]);
        (await _shelf.RunAsync("stat", $"oss://{name}")).Exits(2).Says("NoSuchBucket");
    }

    [Fact]
    public async Task What_is_said_to_people_is_not_data()
    {
        var name = server.NewBucketName();
        var made = (await _shelf.RunAsync("mb", $"oss://{name}")).Exits(0);
        Assert.Equal(("", $"made oss://{name}\n"), (made.Output, made.Error));
        Assert.Equal("", (await _shelf.RunAsync("mb", $"oss://{name}", "-q")).Exits(0).Error);
        var removed = (await _shelf.RunAsync("rb", $"oss://{name}", "--quiet")).Exits(0);
        Assert.Equal(("", ""), (removed.Output, removed.Error));
    }

    [Fact]
    public async Task A_listing_is_what_ossutil_prints()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "a/b.txt", "12");
        await server.PutAsync(bucket, "c.txt", "3");
        var lines = (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds().Lines;
        Assert.Equal(["LastModifiedTime", "Size(B)", "StorageClass", "ETAG", "ObjectName"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches($@"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC +2  Standard +[0-9A-F]{{32}} +oss://{bucket}/a/b\.txt$", lines[1]);
        Assert.Equal("Object Number is: 2", lines[^1]);
        Assert.Equal([$"oss://{bucket}/a/b.txt", $"oss://{bucket}/c.txt"], (await _shelf.RunAsync("list", "-s", $"oss://{bucket}")).Succeeds().Lines);
    }

    [Fact]
    public async Task Listings_are_cut_as_asked()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var key in new[] { "a", "d/1", "d/2", "e", "ü" })
        {
            await server.PutAsync(bucket, key, key);
        }

        var at = $"oss://{bucket}";
        Assert.Equal(["a", "d/1", "d/2", "e", "ü"], (await _shelf.FormatsAsync("ls", "ls", at)).All("key"));
        Assert.Equal(["d/", "a", "e", "ü"], (await _shelf.FormatsAsync("ls", "ls", "-d", at)).All("key"));
        Assert.Equal(["a", "d/1"], (await _shelf.JsonAsync("ls", "ls", at, "--limited-num", "2")).All("key"));
        Assert.Equal(["d/2", "e", "ü"], (await _shelf.JsonAsync("ls", "ls", at, "--start-after", "d/1", "--page-size", "1")).All("key"));
        Assert.Equal(["d/1", "d/2"], (await _shelf.JsonAsync("ls", "ls", at + "/d/")).All("key"));
        Assert.Empty((await _shelf.JsonAsync("ls", "ls", at + "/none")).Items);
        Assert.Empty((await _shelf.JsonAsync("ls", "ls", at, "--limited-num", "0")).Items);
    }

    [Fact]
    public async Task Du_counts_objects_and_the_parts_of_open_uploads()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "a/1", "12345");
        await server.PutAsync(bucket, "b", "1");
        var upload = await server.Client.InitiateMultipartUploadAsync(bucket, "a/2", ct: TestContext.Current.CancellationToken);
        await server.Client.UploadPartAsync(bucket, "a/2", upload, 1, Moss.Client.RequestBody.FromBytes(new byte[7]), ct: TestContext.Current.CancellationToken);
        var du = await _shelf.FormatsAsync("du", "du", $"oss://{bucket}/a/");
        Assert.Equal((1, 5, 1, 7, 12), (du.Number("objects"), du.Number("objectBytes"), du.Number("parts"), du.Number("partBytes"), du.Number("bytes")));
        var text = (await _shelf.RunAsync("du", $"oss://{bucket}")).Succeeds().Output;
        Assert.Contains("total object count: 2 ", text, StringComparison.Ordinal);
        Assert.Contains("total du size(byte):13", text, StringComparison.Ordinal);
        Assert.Contains("total du size(KB):0.0127", (await _shelf.RunAsync("du", $"oss://{bucket}", "--block-size", "KB")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "rb", "oss://BAD")]
    [InlineData(1, "rb", "bucket")]
    [InlineData(1, "mb", "oss://bucket/key")]
    [InlineData(1, "mb", "oss://some-bucket", "--acl", "nobody")]
    [InlineData(1, "stat")]
    [InlineData(1, "stat", "oss://")]
    [InlineData(2, "stat", "oss://no-such-bucket-here")]
    [InlineData(2, "ls", "oss://no-such-bucket-here")]
    public async Task What_cannot_be_ends_with_its_code_and_one_message(int code, params string[] words)
    {
        var outcome = (await _shelf.RunAsync(words)).Exits(code);
        Assert.Equal("", outcome.Output);
        Assert.StartsWith("moss", outcome.Error, StringComparison.Ordinal);
    }
}
