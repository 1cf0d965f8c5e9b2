using Moss.Cli.Tests.Support;
using Moss.Client;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>The options that choose among many: by name, size, time, metadata, place in the order, and by lists.</summary>
public sealed class FilterTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    async Task<string> BucketAsync(params string[] keys)
    {
        var bucket = await server.NewBucketAsync();
        foreach (var key in keys)
        {
            await server.PutAsync(bucket, key, key);
        }

        return bucket;
    }

    async Task<string[]> ListedAsync(string bucket, params string[] options) =>
        (await _shelf.JsonAsync("ls", ["ls", $"oss://{bucket}", .. options])).All("key");

    [Fact]
    public async Task Rules_of_options_and_files_count_in_the_order_of_the_command_line()
    {
        var bucket = await BucketAsync("a.log", "a.txt", "b/c.log", "b/c.txt", "b/d/e.txt");
        _shelf.Write("rules", "# what is wanted\n\n+ /b/**.txt\n; and nothing else\n- **\n");
        _shelf.Write("texts", "  *.txt  \n");
        Assert.Equal(["a.txt", "b/c.txt", "b/d/e.txt"], await ListedAsync(bucket, "--include-from", "texts"));
        Assert.Equal(["a.log", "b/c.log"], await ListedAsync(bucket, "--exclude-from", "texts"));
        Assert.Equal(["b/c.txt", "b/d/e.txt"], await ListedAsync(bucket, "--filter-from", "rules"));
        Assert.Equal(["b/d/e.txt"], await ListedAsync(bucket, "--exclude", "c.*", "--filter-from", "rules"));
        Assert.Equal(["a.log", "b/c.txt", "b/d/e.txt"], await ListedAsync(bucket, "--filter", "+ a.log", "--filter-from", "rules"));
        Assert.Equal(["a.log", "a.txt", "b/c.log", "b/c.txt", "b/d/e.txt"], await ListedAsync(bucket, "--filter", "+ *.txt"));
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--filter", "*.txt")).Exits(1).Says("'+ PATTERN'");
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--include", "[a")).Exits(1).Says("a [ lacks its ]");
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--filter-from", "none")).Exits(3).Says("there is no file 'none'");
    }

    [Fact]
    public async Task A_range_of_keys_one_level_and_a_number_of_them()
    {
        var bucket = await BucketAsync("a", "b", "c/1", "c/2", "d");
        Assert.Equal(["b", "c/1"], await ListedAsync(bucket, "--start-after", "a", "--end-with", "c/1"));
        Assert.Equal(["b", "c/1"], await ListedAsync(bucket, "--start-after", "a", "--end-with", "c/1", "--page-size", "1"));
        Assert.Equal(["c/", "a", "b", "d"], await ListedAsync(bucket, "-d"));
        Assert.Equal(["a", "b"], await ListedAsync(bucket, "--limited-num", "2"));
        Assert.Equal(["d"], await ListedAsync(bucket, "--include", "d", "--limited-num", "1"));
        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/", "out", "--start-after", "a", "--end-with", "c/1");
        Assert.Equal(["b", "c/1"], Directory.EnumerateFiles(Path.Combine(_shelf.Files, "out"), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Path.Combine(_shelf.Files, "out"), path)).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await _shelf.JsonAsync("transfer", "cp", "-r", "-d", $"oss://{bucket}/", "level")).Number("done"));
        Assert.Equal(2, (await _shelf.JsonAsync("du", "du", $"oss://{bucket}", "--end-with", "b")).Number("objects"));
        Assert.Equal(2, (await _shelf.JsonAsync("rm", "rm", "-r", "-f", $"oss://{bucket}/", "--limited-num", "2")).Number("removedObjects"));
        Assert.Equal(["c/1", "c/2", "d"], await server.KeysAsync(bucket));
        (await _shelf.RunAsync("rm", $"oss://{bucket}/d", "--exclude", "d")).Exits(1).Says("--exclude goes with -r");
        (await _shelf.RunAsync("cp", "-r", ".", $"oss://{bucket}/", "--start-after", "a")).Exits(1).Says("--start-after is about objects");
        Assert.Equal(["c/1", "c/2", "d"], await server.KeysAsync(bucket));
    }

    [Fact]
    public async Task Times_are_of_files_and_of_objects()
    {
        var bucket = await BucketAsync("now");
        Assert.Empty(await ListedAsync(bucket, "--max-mtime", "2001-01-01"));
        Assert.Equal(["now"], await ListedAsync(bucket, "--min-mtime", "2001-01-01T00:00:00"));
        Assert.Equal(["now"], await ListedAsync(bucket, "--start-time", "1000000000"));
        Assert.Empty(await ListedAsync(bucket, "--min-age", "1M"));
        _shelf.Write("d/old", "1");
        _shelf.Write("d/new", "2");
        File.SetLastWriteTimeUtc(Path.Combine(_shelf.Files, "d/old"), new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Assert.Equal(["d/old"], (await _shelf.JsonAsync("transfer-dry-run", "cp", "-r", "-n", "d", $"oss://{bucket}/", "--max-mtime", "2020-01-02T03:04:05Z")).All("source"));
        Assert.Equal(["d/new"], (await _shelf.JsonAsync("transfer-dry-run", "cp", "-r", "-n", "d", $"oss://{bucket}/", "--min-mtime", "2020-01-02T03:04:06Z")).All("source"));
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--min-mtime", "yesterday")).Exits(1).Says("a time in UTC");
    }

    [Fact]
    public async Task Metadata_of_objects_chooses_by_class_type_and_headers()
    {
        var bucket = await server.NewBucketAsync();
        var ct = TestContext.Current.CancellationToken;
        async Task Put(string key, ObjectProperties properties) => await server.Client.PutObjectAsync(bucket, key, RequestBody.FromBytes(new byte[5]), properties, ct);
        await Put("film", new() { ContentType = "video/mp4", UserMetadata = new Dictionary<string, string> { ["camera"] = "7" } });
        await Put("photo", new() { ContentType = "image/jpeg", UserMetadata = new Dictionary<string, string> { ["camera"] = "8" } });
        await Put("rare", new() { ContentType = "image/png", StorageClass = Moss.Protocol.Names.StorageClass.IA });
        await server.Client.PutSymlinkAsync(bucket, "link", "film", ct: ct);
        Assert.Equal(["photo", "rare"], await ListedAsync(bucket, "--metadata-include", "Content-Type=image/*"));
        Assert.Equal(["film"], await ListedAsync(bucket, "--metadata-include", "x-oss-meta-camera=7", "--metadata-exclude", "**", "--exclude", "link"));
        Assert.Equal(["rare"], await ListedAsync(bucket, "--metadata-include", "x-oss-storage-class=IA"));
        Assert.Equal(["link"], await ListedAsync(bucket, "--metadata-include", "x-oss-object-type=Symlink"));
        Assert.Equal(["link", "photo", "rare"], await ListedAsync(bucket, "--metadata-filter", "+ x-oss-object-type=Symlink", "--metadata-exclude", "content-type=video/*"));
        _shelf.Write("rules", "+ content-type=image/*\n- **\n");
        Assert.Equal(["photo", "rare"], await ListedAsync(bucket, "--metadata-filter-from", "rules", "--checkers", "2"));
        Assert.Equal(10, (await _shelf.JsonAsync("du", "du", $"oss://{bucket}", "--metadata-filter-from", "rules")).Number("objectBytes"));
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/", "out", "--metadata-include", "content-type=*/png")).Number("done"));
        Assert.True(_shelf.Has("out/rare"));
        Assert.Equal(1, (await _shelf.JsonAsync("rm", "rm", "-rf", $"oss://{bucket}/", "--metadata-include", "x-oss-storage-class=IA")).Number("removedObjects"));
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--metadata-include", "*.txt")).Exits(1).Says("NAME=PATTERN");
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--all-versions", "--metadata-include", "content-type=a")).Exits(1).Says("--all-versions");
        (await _shelf.RunAsync("cp", "-r", "out", $"oss://{bucket}/", "--metadata-include", "content-type=a")).Exits(1).Says("--metadata-include is about objects");
    }

    [Fact]
    public async Task What_a_filter_leaves_out_by_size_or_metadata_is_no_surplus_of_a_sync()
    {
        var bucket = await server.NewBucketAsync();
        var ct = TestContext.Current.CancellationToken;
        _shelf.Write("d/big", new byte[5000]);
        _shelf.Write("d/small", new byte[5]);
        await server.PutAsync(bucket, "p/big", "an older and smaller one");
        await server.PutAsync(bucket, "p/surplus", "x");
        var up = await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p", "--max-size", "1Ki", "--delete", "-f");
        Assert.Equal((1, 1), (up.Number("done"), up.Number("deleted")));
        Assert.Equal(["p/big", "p/small"], await server.KeysAsync(bucket));

        await server.Client.PutObjectAsync(bucket, "p/film", RequestBody.FromBytes(new byte[5]), new() { ContentType = "video/mp4" }, ct);
        _shelf.Write("e/film", "kept");
        _shelf.Write("e/gone", "x");
        var down = await _shelf.JsonAsync("transfer", "sync", $"oss://{bucket}/p", "e", "--metadata-exclude", "content-type=video/*", "--delete", "-f");
        Assert.Equal((2, 1), (down.Number("done"), down.Number("deleted")));
        Assert.Equal("kept", _shelf.Read("e/film"));
        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--metadata-exclude", "content-type=video/*")).Exits(1).Says("is about objects");
    }

    [Fact]
    public async Task Open_uploads_are_chosen_by_what_they_have_and_by_nothing_else()
    {
        var bucket = await BucketAsync("object");
        var ct = TestContext.Current.CancellationToken;
        foreach (var key in new[] { "a/1", "a/b/2", "a/c.tmp", "d" })
        {
            await server.Client.InitiateMultipartUploadAsync(bucket, key, ct: ct);
        }

        async Task<string[]> Removed(params string[] options) =>
            [.. (await _shelf.JsonAsync("rm-dry-run", ["rm", "-m", "-r", "-n", .. options])).All("uri").Select(uri => uri[($"oss://{bucket}/").Length..])];
        var all = $"oss://{bucket}/";
        Assert.Equal(["a/1", "a/b/2", "a/c.tmp", "d"], await Removed(all));
        Assert.Equal(["a/1", "a/b/2"], await Removed(all + "a/", "--exclude", "/*.tmp"));
        Assert.Equal(["a/1", "a/c.tmp"], await Removed(all + "a/", "-d"));
        Assert.Equal(["a/c.tmp", "d"], await Removed(all, "--start-after", "a/b/2"));
        Assert.Equal(["a/1"], await Removed(all, "--end-with", "a/1"));
        Assert.Equal(["a/1", "a/b/2"], await Removed(all, "--limited-num", "2"));
        Assert.Empty(await Removed(all, "--max-mtime", "2020-01-01"));
        (await _shelf.RunAsync("rm", "-mrf", all, "--min-size", "1Gi")).Exits(1).Says("neither size nor metadata");
        (await _shelf.RunAsync("rm", "-arf", all, "--metadata-include", "x-oss-storage-class=IA")).Exits(1).Says("neither size nor metadata");
        (await _shelf.RunAsync("rm", "-arf", all, "--limited-num", "1")).Exits(1).Says("--all-type");
        var outcome = (await _shelf.RunAsync("ls", "-a", all, "--metadata-include", "content-type=a/*")).Exits(1);
        Assert.Equal("", outcome.Output);
        Assert.Equal(0, (await _shelf.JsonAsync("du", "du", all, "--min-size", "1")).Number("parts"));
        Assert.Equal(["object"], await server.KeysAsync(bucket));
    }

    [Fact]
    public async Task Rules_from_stdin_hold_for_every_address()
    {
        var bucket = await BucketAsync("a/keep", "a/x", "b/keep", "b/x");
        (await _shelf.RunWithAsync("keep\n", "rm", "-rf", $"oss://{bucket}/a/", $"oss://{bucket}/b/", "--exclude-from", "-")).Exits(0);
        Assert.Equal(["a/keep", "b/keep"], await server.KeysAsync(bucket));
        _shelf.Write("one", "1");
        (await _shelf.RunWithAsync("*.txt\n", "cp", "one", $"oss://{bucket}/", "--include-from", "-")).Exits(0);
        Assert.Equal(["a/keep", "b/keep"], await server.KeysAsync(bucket));
        (await _shelf.RunWithAsync("x\n", "rm", "-rf", $"oss://{bucket}/", "--files-from", "-", "--end-with", "a")).Exits(1).Says("takes the place of a listing");
        (await _shelf.RunAsync("cp", "-r", ".", $"oss://{bucket}/", "--files-from", "one", "-d")).Exits(1).Says("does not go with --dirs");
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/", "out", "--limited-num", "1")).Number("done"));
    }

    [Fact]
    public async Task Names_of_a_list_are_chosen_among_and_keys_may_be_encoded()
    {
        var bucket = await BucketAsync("p/ä b", "p/c", "p/#x");
        Assert.Equal(["oss://" + bucket + "/p/c"], (await _shelf.JsonAsync("rm-dry-run", "rm", "-r", "-n", $"oss://{bucket}/p", "--files-from", _shelf.Write("list", "#x\n\n c \n"))).All("uri"));
        Assert.Equal(["p/c"], await ListedAsync(bucket + "/p%2Fc", "--encoding-type", "url"));
        Assert.Equal(2, (await _shelf.JsonAsync("rm", "rm", "-rf", $"oss://{bucket}/p", "--files-from-raw", _shelf.Write("raw", "#x\nä b\nc\n"), "--exclude", "c")).Number("removedObjects"));
        Assert.Equal(["p/c"], await server.KeysAsync(bucket));
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p/", "out", "--files-from", "raw", "--max-size", "1Ki", "--exclude", "*b")).Number("done"));
        Assert.Equal(0, (await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p/", "out", "--files-from", "raw", "--min-size", "1Ki", "--include", "c")).Number("items"));
    }

    [Fact]
    public async Task What_chooses_is_never_left_unheeded_when_something_is_removed()
    {
        var ct = TestContext.Current.CancellationToken;
        var bucket = await BucketAsync("k");
        var list = _shelf.Write("list", "dangling\nnone\nk\n");
        (await _shelf.RunAsync("rm", $"oss://{bucket}/k", "--files-from", list)).Exits(1).Says("goes with -r");
        (await _shelf.RunAsync("rm", "-rf", $"oss://{bucket}/", "--version-id", "v")).Exits(1).Says("--version-id goes with one key");
        (await _shelf.RunAsync("rm", $"oss://{bucket}/k", "--all-versions", "--version-id", "v")).Exits(1).Says("--version-id goes with one key");
        Assert.Equal(["k"], await server.KeysAsync(bucket));

        await server.Client.PutSymlinkAsync(bucket, "dangling", "none", ct: ct);
        Assert.Equal([$"oss://{bucket}/k"], (await _shelf.JsonAsync("rm-dry-run", "rm", "-r", "-n", $"oss://{bucket}/", "--files-from", list, "--max-size", "1Ki")).All("uri"));
        Assert.Equal(3, (await _shelf.JsonAsync("rm-dry-run", "rm", "-r", "-n", $"oss://{bucket}/", "--files-from", list)).All("uri").Length);

        var versioned = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(versioned, enabled: true, ct);
        await server.PutAsync(versioned, "large", new('x', 2000));
        await server.PutAsync(versioned, "small", "x");
        await server.Client.DeleteObjectAsync(versioned, "large", ct: ct);
        Assert.Equal([$"oss://{versioned}/small"], (await _shelf.JsonAsync("rm-dry-run", "rm", "-r", "-n", "--all-versions", $"oss://{versioned}/", "--max-size", "1Ki")).All("uri"));
    }
}
