using System.Text;
using Moss.Cli.Tests.Support;
using Moss.Client;
using Moss.Protocol.Names;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>set-props</c>, <c>restore</c> and <c>revert</c>: what is changed of many objects without their bytes.</summary>
public sealed class PropertyTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    async Task PutAsync(string bucket, string key, ObjectProperties properties) =>
        await server.Client.PutObjectAsync(bucket, key, RequestBody.FromBytes("x"u8.ToArray()), properties, Ct);

    Task<Json> StatAsync(string uri) => _shelf.JsonAsync("stat-object", "stat", uri);

    async Task<string[]> TagsAsync(string bucket, string key) =>
        [.. (await server.Client.GetObjectTaggingAsync(bucket, key, ct: Ct)).Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)];

    [Fact]
    public async Task Metadata_is_updated_replaced_deleted_and_purged_and_everything_else_stays()
    {
        var bucket = await server.NewBucketAsync();
        await PutAsync(bucket, "k", new()
        {
            ContentType = "text/x-a",
            CacheControl = "max-age=1",
            UserMetadata = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
            Acl = Acl.PublicRead,
            StorageClass = StorageClass.IA,
            Tags = new Dictionary<string, string> { ["t"] = "1" },
            ServerSideEncryption = "AES256",
        });
        var at = $"oss://{bucket}/k";
        await _shelf.JsonAsync("each", "set-props", at, "--cache-control", "no-cache", "--metadata", "x-oss-meta-B=3,c=4", "--metadata", "\"title=x, y\"");
        var stat = await StatAsync(at);
        Assert.Equal(("text/x-a", "no-cache", "1", "3", "4", "x, y"), (stat["contentType"], stat["cacheControl"], stat["metadata.a"], stat["metadata.b"], stat["metadata.c"], stat["metadata.title"]));
        await _shelf.JsonAsync("each", "set-props", at, "--metadata", "a=anything,c=", "--cache-control", "x", "--metadata-directive", "delete");
        stat = await StatAsync(at);
        Assert.Equal((null, null, "3", null), (stat["cacheControl"], stat["metadata.a"], stat["metadata.b"], stat["metadata.c"]));
        await _shelf.JsonAsync("each", "set-props", at, "--content-type", "text/x-b", "--metadata-directive", "Replace");
        stat = await StatAsync(at);
        Assert.Equal(("text/x-b", null), (stat["contentType"], stat["metadata.b"]));
        await _shelf.JsonAsync("each", "set-props", at, "--metadata", "z=1");
        await _shelf.JsonAsync("each", "set-props", at, "--metadata-directive", "purge");
        stat = await StatAsync(at);
        Assert.Null(stat["metadata.z"]);
        Assert.Equal(("public-read", "IA", "AES256"), (stat["acl"], stat["storageClass"], stat["serverSideEncryption"]));
        Assert.Equal(["t=1"], await TagsAsync(bucket, "k"));
        await _shelf.JsonAsync("each", "set-meta", at, "Content-Type:text/x-c#x-oss-server-side-encryption:AES256", "--update");
        await PutAsync(bucket, "plain", new());
        await _shelf.JsonAsync("each", "set-props", $"oss://{bucket}/plain", "--meta", "x-oss-server-side-encryption:AES256");
        Assert.Equal(("AES256", "AES256"), ((await StatAsync(at))["serverSideEncryption"], (await StatAsync($"oss://{bucket}/plain"))["serverSideEncryption"]));
        Assert.Equal("x", Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")));
    }

    [Theory]
    [InlineData("set-props", "--cache-control", "no-cache")]
    [InlineData("set-meta", "Cache-Control:no-cache", "--update")]
    public async Task An_object_replaced_after_it_was_read_keeps_what_it_came_with(string verb, string what, string more)
    {
        var bucket = await server.NewBucketAsync();
        await PutAsync(bucket, "k", new() { ContentType = "text/x-old", Tags = new Dictionary<string, string> { ["old"] = "1" } });
        var looks = 0;
        using var front = new FlakyFront(server.Endpoint, 0, async line =>
        {
            if (line.StartsWith($"HEAD /{bucket}/k", StringComparison.Ordinal) && ++looks == 2)
            {
                await server.Client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(new byte[3]), new() { ContentType = "text/x-new" }, ct: Ct);
            }
        });
        _shelf.Environment["OSS_ENDPOINT"] = front.Endpoint;
        var outcome = await _shelf.RunAsync(verb, $"oss://{bucket}/k", what, more);
        Assert.Equal(2, looks);
        Assert.NotEqual(0, outcome.ExitCode);
        outcome.Says("was replaced");
        _shelf.Environment["OSS_ENDPOINT"] = server.Endpoint;
        var stat = await StatAsync($"oss://{bucket}/k");
        Assert.Equal(("text/x-new", null, "3"), (stat["contentType"], stat["cacheControl"], stat["size"]));
        Assert.Empty(await TagsAsync(bucket, "k"));
    }

    [Fact]
    public async Task Acl_tags_and_class_are_set_without_touching_the_rest()
    {
        var bucket = await server.NewBucketAsync();
        await PutAsync(bucket, "k", new() { ContentType = "text/x-a", Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } });
        var at = $"oss://{bucket}/k";
        var before = (await StatAsync(at))["lastModified"];
        await _shelf.JsonAsync("each", "set-props", at, "--acl", "private", "--tagging", "b=3,c=4");
        Assert.Equal(["a=1", "b=3", "c=4"], await TagsAsync(bucket, "k"));
        await _shelf.JsonAsync("each", "set-props", at, "--tagging", "a=any", "--tagging-directive", "delete");
        Assert.Equal(["b=3", "c=4"], await TagsAsync(bucket, "k"));
        var stat = await StatAsync(at);
        Assert.Equal(("private", "text/x-a", before), (stat["acl"], stat["contentType"], stat["lastModified"]));
        await _shelf.JsonAsync("each", "set-props", at, "--storage-class", "IA", "--tagging", "d=5", "--tagging-directive", "replace");
        stat = await StatAsync(at);
        Assert.Equal(("IA", "text/x-a", "private"), (stat["storageClass"], stat["contentType"], stat["acl"]));
        Assert.Equal(["d=5"], await TagsAsync(bucket, "k"));
        await _shelf.JsonAsync("each", "set-props", at, "--tagging-directive", "purge", "--storage-class", "Standard");
        Assert.Empty(await TagsAsync(bucket, "k"));
        await _shelf.JsonAsync("each", "set-props", at, "--tagging", "e=6");
        await _shelf.JsonAsync("each", "set-props", at, "--tagging-directive", "purge");
        Assert.Empty(await TagsAsync(bucket, "k"));
    }

    [Fact]
    public async Task Many_are_changed_by_filters_shown_beforehand_and_reported_when_they_fail()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var key in new[] { "p/1.html", "p/2.txt", "p/q/3.html" })
        {
            await server.PutAsync(bucket, key, "x");
        }

        await server.Client.PutSymlinkAsync(bucket, "p/link.html", "p/1.html", ct: Ct);
        string[] words = ["set-props", "-r", $"oss://{bucket}/p/", "--include", "*.html", "--cache-control", "no-cache"];
        var planned = await _shelf.JsonAsync("transfer-dry-run", [.. words, "-n"]);
        Assert.Equal(["change"], planned.All("kind").Distinct());
        Assert.Equal([$"oss://{bucket}/p/1.html", $"oss://{bucket}/p/link.html", $"oss://{bucket}/p/q/3.html"], planned.All("source"));
        Assert.Null((await StatAsync($"oss://{bucket}/p/1.html"))["cacheControl"]);
        var (outcome, json) = await _shelf.CodeAndJsonAsync(4, "each", [.. words, "--output-dir", "reports"]);
        Assert.Equal((2, 0, 1), (json.Number("done"), json.Number("skipped"), json.Number("failed")));
        Assert.Contains("is a symbolic link", outcome.Error, StringComparison.Ordinal);
        var line = Assert.Single(File.ReadAllLines(Path.Combine(_shelf.Files, json["report"]!)));
        Assert.Empty(Schemas.Problems("report", System.Text.Json.JsonDocument.Parse(line).RootElement));
        Assert.Equal(("no-cache", null), ((await StatAsync($"oss://{bucket}/p/q/3.html"))["cacheControl"], (await StatAsync($"oss://{bucket}/p/2.txt"))["cacheControl"]));
        Assert.Equal(1, (await _shelf.JsonAsync("each", "set-acl", "-r", $"oss://{bucket}/p/", "private", "--exclude", "*.html")).Number("done"));
        Assert.Equal(1, (await _shelf.JsonAsync("each", "set-props", "-r", $"oss://{bucket}/p", "--acl", "private", "--files-from", _shelf.Write("list", "2.txt\n"))).Number("done"));
        var text = (await _shelf.RunAsync("set-meta", "-r", "-d", $"oss://{bucket}/p/", "Cache-Control:a", "--update", "--include", "?.*", "--no-progress")).Exits(0);
        Assert.Equal("Succeed: Total num: 2. OK num: 2.\n", text.Output);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_before_anything_is_changed()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "x");
        var at = $"oss://{bucket}/k";
        (await _shelf.RunAsync("set-props", at)).Exits(1).Says("say what to set");
        (await _shelf.RunAsync("set-props", $"oss://{bucket}", "--acl", "private")).Exits(1).Says("names no object");
        (await _shelf.RunAsync("set-props", at, "--metadata-directive", "replace")).Exits(1).Says("say which");
        (await _shelf.RunAsync("set-props", at, "--metadata", "a=1", "--metadata-directive", "purge")).Exits(1).Says("purge drops all");
        (await _shelf.RunAsync("set-props", at, "--metadata", "a=1, b")).Exits(1).Says("a value with a comma in quotes");
        (await _shelf.RunAsync("set-props", at, "--metadata-directive", "copy")).Exits(1);
        (await _shelf.RunAsync("set-props", at, "--acl", "private", "--include", "*")).Exits(1).Says("goes with -r");
        (await _shelf.RunAsync("set-props", "-r", at, "--acl", "private", "--version-id", "v")).Exits(1).Says("one object");
        (await _shelf.RunAsync("set-props", $"oss://{bucket}/none", "--acl", "private")).Exits(2).Says("NoSuchKey");
        (await _shelf.RunAsync("restore", at, "--days", "366")).Exits(1).Says("from 1 to 365");
        (await _shelf.RunAsync("revert", at, "HEAD~x")).Exits(1).Says("HEAD~ and a number");
        (await _shelf.RunAsync("revert", at, "NOW~soon")).Exits(1).Says("NOW~ and a time");
    }

    [Fact]
    public async Task Archived_objects_are_restored_each_as_its_class_allows()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var kind in new[] { StorageClass.Standard, StorageClass.Archive, StorageClass.ColdArchive, StorageClass.DeepColdArchive })
        {
            await PutAsync(bucket, "a/" + kind, new() { StorageClass = kind });
        }

        (await _shelf.RunAsync("cat", $"oss://{bucket}/a/Archive")).Exits(2).Says("InvalidObjectState");
        Assert.Equal(1, (await _shelf.JsonAsync("each", "restore", $"oss://{bucket}/a/Archive", "--days", "100")).Number("done"));
        Assert.Equal("x", (await _shelf.RunAsync("cat", $"oss://{bucket}/a/Archive")).Succeeds().Output);
        var until = (await server.Client.HeadObjectAsync(bucket, "a/Archive", ct: Ct)).Headers.Get("x-oss-restore")!;
        var days = (DateTimeOffset.Parse(until[(until.IndexOf("expiry-date=\"", StringComparison.Ordinal) + 13)..^1], System.Globalization.CultureInfo.InvariantCulture) - TimeProvider.System.GetUtcNow()).TotalDays;
        Assert.InRange(days, 5, 8);
        Assert.Equal(["restore"], (await _shelf.JsonAsync("transfer-dry-run", "restore", "-r", "-n", $"oss://{bucket}/a/Cold", "--tier", "bulk")).All("kind"));
        var many = await _shelf.JsonAsync("each", "restore", "-r", $"oss://{bucket}/a/", "--days", "30", "--tier", "Bulk");
        Assert.Equal((3, 1, 0), (many.Number("done"), many.Number("skipped"), many.Number("failed")));
        Assert.Equal("x", (await _shelf.RunAsync("cat", $"oss://{bucket}/a/DeepColdArchive")).Succeeds().Output);
        (await _shelf.RunAsync("restore", $"oss://{bucket}/a/Standard")).Exits(2).Says("OperationNotSupported");
        Assert.Equal(1, (await _shelf.JsonAsync("each", "restore", "-r", $"oss://{bucket}/a", "--files-from", _shelf.Write("list", "Standard"))).Number("skipped"));
    }

    [Fact]
    public async Task Deletions_are_undone_one_by_one_and_below_a_prefix()
    {
        var bucket = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        foreach (var key in new[] { "k", "k2", "p/1", "p/2.tmp", "p/kept" })
        {
            await server.PutAsync(bucket, key, key);
        }

        foreach (var key in new[] { "k", "k", "p/1", "p/2.tmp" })
        {
            await server.Client.DeleteObjectAsync(bucket, key, ct: Ct);
        }

        Assert.Equal(["k2", "p/kept"], await server.KeysAsync(bucket));
        Assert.Equal([$"oss://{bucket}/p/1", $"oss://{bucket}/p/2.tmp"], (await _shelf.JsonAsync("transfer-dry-run", "revert", "-r", "-n", $"oss://{bucket}/p/")).All("source"));
        Assert.Equal(1, (await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k")).Number("done"));
        Assert.Equal("k", Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")));
        Assert.Equal(0, (await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k")).Number("done"));
        Assert.Equal(1, (await _shelf.JsonAsync("each", "revert-versioning", "-r", $"oss://{bucket}/p/", "--exclude", "*.tmp")).Number("done"));
        Assert.Equal(["k", "k2", "p/1", "p/kept"], await server.KeysAsync(bucket));
        (await _shelf.RunAsync("revert", $"oss://{bucket}/none")).Exits(3).Says("there is no version");
    }

    [Fact]
    public async Task Earlier_versions_become_the_current_one_with_all_they_had()
    {
        var bucket = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        var versions = new List<string>();
        foreach (var text in new[] { "one", "two", "three" })
        {
            var written = await server.Client.PutObjectAsync(
                bucket,
                "k",
                RequestBody.FromBytes(Encoding.UTF8.GetBytes(text)),
                new() { ContentType = "text/" + text, StorageClass = StorageClass.IA, Acl = Acl.PublicRead, Tags = new Dictionary<string, string> { ["n"] = text } },
                Ct);
            versions.Add(written.VersionId!);
        }

        async Task Is(string text)
        {
            var stat = await StatAsync($"oss://{bucket}/k");
            Assert.Equal((text, "text/" + text, "IA", "public-read"), (Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")), stat["contentType"], stat["storageClass"], stat["acl"]));
            Assert.Equal(["n=" + text], await TagsAsync(bucket, "k"));
        }

        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", "HEAD~2");
        await Is("one");
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", versions[1]);
        await Is("two");
        await server.Client.DeleteObjectAsync(bucket, "k", ct: Ct);
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", "HEAD~1");
        await Is("one");
        (await _shelf.RunAsync("revert", $"oss://{bucket}/k", "HEAD~9")).Exits(3).Says("has no such version");
        (await _shelf.RunAsync("revert", $"oss://{bucket}/k", "NOW~1d")).Exits(3).Says("has no such version");
        Assert.Equal(0, (await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", "NOW~0s")).Number("done"));
        await server.PutAsync(bucket, "only", "once");
        var (_, some) = await _shelf.CodeAndJsonAsync(4, "each", "revert", "-r", $"oss://{bucket}/", "HEAD~1");
        Assert.Equal((1, 1), (some.Number("done"), some.Number("failed")));
        Assert.Equal(0, (await _shelf.JsonAsync("each", "revert", "-r", $"oss://{bucket}/", "HEAD~1", "--ignore-version-not-exist", "--include", "only")).Number("failed"));
    }

    [Fact]
    public async Task Where_versioning_is_suspended_nothing_is_lost_by_a_return()
    {
        var bucket = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        await server.PutAsync(bucket, "k", "A");
        await server.PutAsync(bucket, "gone", "A");
        await server.PutAsync(bucket, "covered", "A");
        await server.Client.DeleteObjectAsync(bucket, "covered", ct: Ct);
        await server.Client.PutBucketVersioningAsync(bucket, enabled: false, Ct);
        await server.PutAsync(bucket, "k", "B");
        await server.Client.DeleteObjectAsync(bucket, "gone", ct: Ct);

        (await _shelf.RunAsync("revert", $"oss://{bucket}/k", "HEAD~1")).Exits(3).Says("would be lost");
        (await _shelf.RunAsync("revert", $"oss://{bucket}/gone")).Exits(3).Says("put-bucket-versioning");
        Assert.Equal("B", Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")));
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/covered");
        Assert.Equal(["covered", "k"], await server.KeysAsync(bucket));

        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", "HEAD~1");
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/gone");
        Assert.Equal(("A", "A"), (Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")), Encoding.UTF8.GetString(await server.GetAsync(bucket, "gone"))));
        // The marker 'null' is there still: no new object can have gone with it.
        Assert.Equal(3, (await _shelf.JsonAsync("rm-dry-run", "rm", "-n", "--all-versions", $"oss://{bucket}/gone")).All("uri").Length);
        await _shelf.JsonAsync("each", "revert", $"oss://{bucket}/k", "null");
        Assert.Equal("B", Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")));
    }

    [Fact]
    public async Task What_was_deleted_at_a_time_stays_deleted_on_the_way_back_to_it()
    {
        var bucket = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        foreach (var key in new[] { "before", "after" })
        {
            await server.PutAsync(bucket, key, key);
        }

        await server.Client.DeleteObjectAsync(bucket, "before", ct: Ct);
        // Times of listings are whole seconds, as are those of the command line.
        await Task.Delay(TimeSpan.FromSeconds(2.2), Ct);
        var time = TimeProvider.System.GetUtcNow().AddSeconds(-1).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        await server.Client.DeleteObjectAsync(bucket, "after", ct: Ct);

        var (outcome, json) = await _shelf.CodeAndJsonAsync(0, "each", "revert", "-r", $"oss://{bucket}/", "NOW~" + time);
        Assert.Equal((1, 0), (json.Number("done"), json.Number("failed")));
        Assert.Contains("1 objects were deleted at that time", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["after"], await server.KeysAsync(bucket));
        (await _shelf.RunAsync("revert", $"oss://{bucket}/before", "NOW~" + time)).Exits(3).Says("was deleted at that time");
    }

    [Fact]
    public async Task A_version_that_is_not_the_current_one_is_not_made_so_by_its_properties()
    {
        var bucket = await server.NewBucketAsync();
        await server.Client.PutBucketVersioningAsync(bucket, enabled: true, Ct);
        var ids = new List<string>();
        foreach (var text in new[] { "old", "new" })
        {
            ids.Add((await server.Client.PutObjectAsync(bucket, "k", RequestBody.FromBytes(Encoding.UTF8.GetBytes(text)), ct: Ct)).VersionId!);
        }

        var at = $"oss://{bucket}/k";
        (await _shelf.RunAsync("set-props", at, "--version-id", ids[0], "--storage-class", "IA")).Exits(3).Says("is not the current version");
        (await _shelf.RunAsync("set-props", at, "--version-id", ids[0], "--metadata", "a=1")).Exits(3).Says("is not the current version");
        await _shelf.JsonAsync("each", "set-props", at, "--version-id", ids[0], "--acl", "private", "--tagging", "a=1");
        Assert.Equal(("new", 0), (Encoding.UTF8.GetString(await server.GetAsync(bucket, "k")), (await TagsAsync(bucket, "k")).Length));
        await _shelf.JsonAsync("each", "set-props", at, "--version-id", ids[1], "--storage-class", "IA");
        Assert.Equal("IA", (await StatAsync(at))["storageClass"]);
    }
}
