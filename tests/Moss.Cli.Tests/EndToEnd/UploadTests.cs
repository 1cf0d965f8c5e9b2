using Moss.Cli.Tests.Support;
using Moss.Client;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>Open uploads: <c>ls -m</c>, <c>ls -a</c>, <c>listpart</c>, <c>uploads</c>, <c>rm -m</c>.</summary>
public sealed class UploadTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    async Task<string> BeginAsync(string bucket, string key, params int[] parts)
    {
        var ct = TestContext.Current.CancellationToken;
        var id = await server.Client.InitiateMultipartUploadAsync(bucket, key, ct: ct);
        for (var number = 1; number <= parts.Length; number++)
        {
            await server.Client.UploadPartAsync(bucket, key, id, number, RequestBody.FromBytes(Shelf.Noise(parts[number - 1], number)), ct: ct);
        }

        return id;
    }

    [Fact]
    public async Task Open_uploads_and_their_parts_are_listed()
    {
        var bucket = await server.NewBucketAsync();
        var id = await BeginAsync(bucket, "a/big", 10, 20);
        var empty = await BeginAsync(bucket, "b");
        await server.PutAsync(bucket, "a/small", "x");
        Assert.Equal([id, empty], (await _shelf.FormatsAsync("ls", "ls", "-m", $"oss://{bucket}")).All("uploadId"));
        Assert.Equal(["object", "upload", "upload"], (await _shelf.JsonAsync("ls", "ls", "-a", $"oss://{bucket}")).All("kind"));
        var text = (await _shelf.RunAsync("ls", "-a", $"oss://{bucket}/a/")).Succeeds();
        Assert.Contains("Object Number is: 1", text.Output, StringComparison.Ordinal);
        Assert.Contains("UploadID Number is: 1", text.Output, StringComparison.Ordinal);

        var parts = await _shelf.FormatsAsync("listpart", "listpart", $"oss://{bucket}/a/big", id);
        Assert.Equal(["1", "2"], parts.All("partNumber"));
        Assert.Equal(["10", "20"], parts.All("size"));
        Assert.Contains("total part count:2", (await _shelf.RunAsync("listpart", $"oss://{bucket}/a/big", id)).Succeeds().Output, StringComparison.Ordinal);
        (await _shelf.RunAsync("listpart", $"oss://{bucket}/a/big", "nonsense")).Exits(2).Says("NoSuchUpload");

        var held = await _shelf.FormatsAsync("ls", "uploads", "ls", $"oss://{bucket}/a/", "--parts");
        Assert.Equal((2, 30), (held.Items.Single().Number("parts"), held.Items.Single().Number("bytes")));
    }

    [Fact]
    public async Task One_upload_is_discarded_by_its_id_and_the_others_stay()
    {
        var bucket = await server.NewBucketAsync();
        var first = await BeginAsync(bucket, "k", 5);
        var second = await BeginAsync(bucket, "k");
        var third = await BeginAsync(bucket, "k");
        Assert.Equal(1, (await _shelf.JsonAsync("rm", "rm", "-m", $"oss://{bucket}/k", "--upload-id", second)).Number("removedUploads"));
        Assert.Equal(new[] { first, third }.Order(StringComparer.Ordinal), (await _shelf.JsonAsync("ls", "uploads", "ls", $"oss://{bucket}")).All("uploadId").Order(StringComparer.Ordinal));
        (await _shelf.RunAsync("rm", "-m", $"oss://{bucket}/k", "--upload-id", second)).Exits(2).Says("NoSuchUpload");
        Assert.Equal(1, (await _shelf.JsonAsync("uploads-abort", "uploads", "abort", $"oss://{bucket}/k", "--upload-id", first)).Number("aborted"));
        (await _shelf.RunAsync("uploads", "abort", $"oss://{bucket}/k")).Exits(1).Says("--upload-id ID, or --all");
        Assert.Equal(1, (await _shelf.JsonAsync("uploads-abort", "uploads", "abort", $"oss://{bucket}/k", "--all")).Number("aborted"));
        Assert.Empty((await _shelf.JsonAsync("ls", "uploads", "ls", $"oss://{bucket}")).Items);
    }

    [Fact]
    public async Task Old_uploads_are_collected_and_young_ones_are_not()
    {
        var bucket = await server.NewBucketAsync();
        await BeginAsync(bucket, "k", 7);
        await BeginAsync(bucket, "other", 1);
        (await _shelf.RunAsync("uploads", "gc", $"oss://{bucket}")).Exits(1).Says("--older-than");
        Assert.Equal(0, (await _shelf.JsonAsync("uploads-gc", "uploads", "gc", $"oss://{bucket}", "--older-than", "7d")).Number("aborted"));
        Assert.Empty((await _shelf.JsonAsync("ls", "uploads", "ls", $"oss://{bucket}", "--older-than", "1h")).Items);
        var dry = await _shelf.JsonAsync("uploads-gc", "uploads", "gc", $"oss://{bucket}/k", "--older-than", "0s", "-n");
        Assert.Equal((1, 7), (dry.Number("found"), dry.Number("bytes")));
        var done = await _shelf.JsonAsync("uploads-gc", "uploads", "gc", $"oss://{bucket}", "--older-than", "0s");
        Assert.Equal((2, 8, 0), (done.Number("aborted"), done.Number("bytes"), done.Number("failed")));
    }

    [Fact]
    public async Task Rm_takes_uploads_of_a_key_of_a_prefix_and_together_with_objects()
    {
        var bucket = await server.NewBucketAsync();
        await BeginAsync(bucket, "p/1");
        await BeginAsync(bucket, "p/12");
        await server.PutAsync(bucket, "p/o", "x");
        Assert.Equal(1, (await _shelf.JsonAsync("rm", "rm", "-m", $"oss://{bucket}/p/1")).Number("removedUploads"));
        Assert.Equal(["upload"], (await _shelf.FormatsAsync("rm-dry-run", "rm", "-m", "-r", $"oss://{bucket}/p/", "-n")).All("kind"));
        var both = await _shelf.JsonAsync("rm", "rm", "-a", "-r", "-f", $"oss://{bucket}/p/");
        Assert.Equal((1, 1), (both.Number("removedObjects"), both.Number("removedUploads")));
    }
}
