using System.Text;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>cp</c>: up, down, within, from stdin and to stdout, one and many.</summary>
public sealed class CopyTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public async Task A_file_goes_up_and_comes_back_verified()
    {
        var bucket = await server.NewBucketAsync();
        var bytes = Shelf.Noise(300_000, 1);
        _shelf.Write("video.mp4", bytes);
        var up = await _shelf.JsonAsync("transfer", "cp", "video.mp4", $"oss://{bucket}/", "--bigfile-threshold", "100Ki", "--part-size", "100Ki");
        Assert.Equal((1, 3, 300_000), (up.Number("done"), up.Number("parts"), up.Number("bytes")));
        var hash = await _shelf.FormatsAsync("hash", "hash", "video.mp4");
        Assert.Equal(hash["crc64"], up["crc64"]);
        Assert.Equal(hash["crc64"], (await _shelf.FormatsAsync("hash", "hash", $"oss://{bucket}/video.mp4"))["crc64"]);
        var stat = await _shelf.FormatsAsync("stat-object", "stat", $"oss://{bucket}/video.mp4");
        Assert.Equal(("video/mp4", "Multipart", hash["crc64"]), (stat["contentType"], stat["type"], stat["crc64"]));

        var down = await _shelf.JsonAsync("transfer", "cp", $"oss://{bucket}/video.mp4", "back.mp4");
        Assert.Equal(hash["crc64"], down["crc64"]);
        Assert.Equal(bytes, _shelf.ReadBytes("back.mp4"));
        Directory.CreateDirectory(Path.Combine(_shelf.Files, "into"));
        (await _shelf.RunAsync("cp", $"oss://{bucket}/video.mp4", "into")).Exits(0);
        Assert.Equal(bytes, _shelf.ReadBytes("into/video.mp4"));
    }

    [Fact]
    public async Task A_copy_never_mixes_the_metadata_of_one_object_with_the_bytes_of_the_next()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "from", "old");
        var looks = 0;
        using var front = new FlakyFront(server.Endpoint, 0, async line =>
        {
            if (line.StartsWith($"HEAD /{bucket}/from", StringComparison.Ordinal) && ++looks == 2)
            {
                await server.PutAsync(bucket, "from", "newer");
            }
        });
        _shelf.Environment["OSS_ENDPOINT"] = front.Endpoint;
        var outcome = await _shelf.RunAsync("cp", $"oss://{bucket}/from", $"oss://{bucket}/to", "--cache-control", "no-cache");
        Assert.Equal(2, looks);
        Assert.NotEqual(0, outcome.ExitCode);
        outcome.Says("was replaced");
        Assert.Equal(["from"], await server.KeysAsync(bucket));
    }

    [Fact]
    public async Task The_text_summary_is_what_ossutil_prints()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("a.txt", "hello");
        var outcome = (await _shelf.RunAsync("cp", "a.txt", $"oss://{bucket}/a.txt", "--no-progress")).Exits(0);
        Assert.Equal("Succeed: Total num: 1, size: 5. OK num: 1(1 files).", outcome.Lines[0]);
        Assert.Matches(@"^average speed \d+\(byte/s\)$", outcome.Lines[1]);
        Assert.Matches(@"^\d+\.\d{6}\(s\) elapsed$", outcome.Lines[2]);
        Assert.Matches(@"^5 B, CRC-64 \d+ verified\n$", outcome.Error);
    }

    [Fact]
    public async Task Stdin_becomes_an_object_and_an_object_becomes_stdout()
    {
        var bucket = await server.NewBucketAsync();
        var bytes = Shelf.Noise(500_000, 2);
        (await _shelf.RunWithAsync(bytes, "cp", "-", $"oss://{bucket}/stream", "--part-size", "100Ki", "-q")).Exits(0);
        Assert.Equal(bytes, await server.GetAsync(bucket, "stream"));
        var whole = (await _shelf.RunAsync("cp", $"oss://{bucket}/stream", "-")).Succeeds();
        Assert.Equal(bytes, whole.Bytes);
        Assert.Equal("", whole.Error);
        Assert.Equal(bytes[100..200], (await _shelf.RunAsync("cp", $"oss://{bucket}/stream", "-", "--range", "100-199")).Succeeds().Bytes);
        (await _shelf.RunWithAsync("x", "cp", "-", $"oss://{bucket}/")).Exits(1).Says("has no name");
        (await _shelf.RunWithAsync("", "cp", "-", $"oss://{bucket}/empty", "-q")).Exits(0);
        Assert.Empty(await server.GetAsync(bucket, "empty"));
    }

    [Fact]
    public async Task Cat_takes_ends_ranges_and_several_objects()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "a", "0123456789");
        await server.PutAsync(bucket, "b", "x");
        Assert.Equal("0123456789x", (await _shelf.RunAsync("cat", $"oss://{bucket}/a", $"oss://{bucket}/b")).Succeeds().Output);
        Assert.Equal("012", (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--head", "3")).Succeeds().Output);
        Assert.Equal("89", (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--tail", "2")).Succeeds().Output);
        Assert.Equal("0123456789", (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--head", "3Ki")).Succeeds().Output);
        Assert.Equal("45", (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--range", "4-5")).Succeeds().Output);
        (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--range", "5-4")).Exits(1);
        (await _shelf.RunAsync("cat", $"oss://{bucket}/a", "--head", "1", "--tail", "1")).Exits(1);
        (await _shelf.RunAsync("cat", $"oss://{bucket}/none")).Exits(2).Says("NoSuchKey");
    }

    [Fact]
    public async Task A_directory_goes_up_comes_down_and_is_copied()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/1.txt", "one");
        _shelf.Write("d/sub/2.jpg", "two");
        _shelf.Write("d/sub/ü ?%.txt", "three");
        (await _shelf.RunAsync("cp", "d", $"oss://{bucket}/p/")).Exits(1).Says("add -r");
        var up = await _shelf.JsonAsync("transfer", "cp", "-r", "d", $"oss://{bucket}/p/", "-j", "2");
        Assert.Equal((3, 11), (up.Number("done"), up.Number("bytes")));
        Assert.Equal(["p/1.txt", "p/sub/2.jpg", "p/sub/ü ?%.txt"], await server.KeysAsync(bucket));

        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p/", "out");
        Assert.Equal(("one", "two", "three"), (_shelf.Read("out/1.txt"), _shelf.Read("out/sub/2.jpg"), _shelf.Read("out/sub/ü ?%.txt")));

        var other = await server.NewBucketAsync();
        await _shelf.JsonAsync("transfer", "cp", "-r", $"oss://{bucket}/p/", $"oss://{other}/q");
        Assert.Equal(["q/1.txt", "q/sub/2.jpg", "q/sub/ü ?%.txt"], await server.KeysAsync(other));
        await _shelf.JsonAsync("transfer", "cp", $"oss://{bucket}/p/1.txt", $"oss://{other}/single");
        Assert.Equal("one", Encoding.UTF8.GetString(await server.GetAsync(other, "single")));
    }

    [Fact]
    public async Task Filters_decide_in_the_order_of_the_command_line()
    {
        var bucket = await server.NewBucketAsync();
        foreach (var name in new[] { "a.txt", "b.jpg", "tmp/c.txt", "tmp/keep.txt" })
        {
            _shelf.Write("d/" + name, name);
        }

        _shelf.Write("d/large.txt", new byte[3000]);
        async Task<string[]> Planned(params string[] filters) =>
            [.. (await _shelf.JsonAsync("transfer-dry-run", ["cp", "-r", "d", $"oss://{bucket}/", "--dry-run", .. filters])).All("source").Select(source => source[2..])];
        Assert.Equal(["a.txt", "b.jpg", "large.txt", "tmp/c.txt", "tmp/keep.txt"], await Planned());
        Assert.Equal(["a.txt", "large.txt", "tmp/c.txt", "tmp/keep.txt"], await Planned("--include", "*.txt"));
        Assert.Equal(["a.txt", "b.jpg", "large.txt", "tmp/keep.txt"], await Planned("--filter", "+ keep.txt", "--exclude", "tmp/*"));
        Assert.Equal(["a.txt", "b.jpg", "large.txt"], await Planned("--exclude", "tmp/", "--include", "*"));
        Assert.Equal(["tmp/c.txt", "tmp/keep.txt"], await Planned("--include=/tmp/**"));
        Assert.Equal(["a.txt", "b.jpg", "large.txt"], await Planned("-d"));
        Assert.Equal(["large.txt"], await Planned("--min-size", "2Ki"));
        Assert.Equal(["a.txt", "b.jpg", "tmp/c.txt", "tmp/keep.txt"], await Planned("--max-size", "2999"));
        Assert.Empty(await Planned("--min-age", "1d"));
        Assert.Equal(5, (await Planned("--max-age", "1d")).Length);
        Assert.Empty(await server.KeysAsync(bucket));
    }

    [Fact]
    public async Task What_is_there_already_is_left_alone_when_asked()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/same", "1234");
        _shelf.Write("d/differs", "abcd");
        await server.PutAsync(bucket, "same", "1234");
        await server.PutAsync(bucket, "differs", "wxyz");
        async Task<long> Sent(params string[] options) =>
            (await _shelf.JsonAsync("transfer-dry-run", ["cp", "-r", "d", $"oss://{bucket}/", "-n", .. options])).Count;
        Assert.Equal(2, await Sent());
        Assert.Equal(1, await Sent("--checksum"));
        Assert.Equal(0, await Sent("--size-only"));
        Assert.Equal(0, await Sent("--ignore-existing"));
        // The service knows whole seconds: what changed within the second of its upload counts as newer, and is rather sent once too often.
        foreach (var name in new[] { "same", "differs" })
        {
            File.SetLastWriteTimeUtc(Path.Combine(_shelf.Files, "d", name), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));
        }

        Assert.Equal(0, await Sent("-u"));
        File.SetLastWriteTimeUtc(Path.Combine(_shelf.Files, "d/differs"), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1));
        Assert.Equal(1, await Sent("--update"));
        var done = await _shelf.JsonAsync("transfer", "cp", "-r", "d", $"oss://{bucket}/", "--checksum");
        Assert.Equal((1, 1), (done.Number("done"), done.Number("skipped")));
        Assert.Equal("abcd", Encoding.UTF8.GetString(await server.GetAsync(bucket, "differs")));
        (await _shelf.RunAsync("cp", "d/same", $"oss://{bucket}/same", "--forbid-overwrite")).Exits(2).Says("FileAlreadyExists");
    }

    [Fact]
    public async Task Properties_are_stored_and_kept_by_a_copy()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("a.txt", "x");
        (await _shelf.RunAsync(
            "cp", "a.txt", $"oss://{bucket}/a", "-q", "--content-type", "text/x-own", "--cache-control", "no-cache", "--metadata", "camera=7", "--metadata", "room=a=b",
            "--content-disposition", "attachment", "--acl", "public-read", "--storage-class", "IA", "--tagging", "k=v&w=x%20y", "--meta", "Content-Language:de#X-Oss-Meta-Old:1")).Exits(0);
        (await _shelf.RunAsync("cp", $"oss://{bucket}/a", $"oss://{bucket}/b", "-q")).Exits(0);
        foreach (var key in new[] { "a", "b" })
        {
            var stat = await _shelf.FormatsAsync("stat-object", "stat", $"oss://{bucket}/{key}");
            Assert.Equal(("text/x-own", "no-cache", "attachment", "de"), (stat["contentType"], stat["cacheControl"], stat["contentDisposition"], stat["contentLanguage"]));
            Assert.Equal(("7", "a=b", "1"), (stat["metadata.camera"], stat["metadata.room"], stat["metadata.old"]));
            if (key == "a")
            {
                Assert.Equal(("public-read", "IA"), (stat["acl"], stat["storageClass"]));
            }

            Assert.Equal(["v", "x y"], (await _shelf.FormatsAsync("object-tagging", "object-tagging", $"oss://{bucket}/{key}")).All("value"));
        }
    }

    [Theory]
    [InlineData("512Mi")]
    [InlineData("1Ki")]
    public async Task A_copy_takes_over_what_its_options_say(string threshold)
    {
        var bucket = await server.NewBucketAsync();
        var ct = TestContext.Current.CancellationToken;
        await server.Client.PutObjectAsync(
            bucket,
            "a",
            Moss.Client.RequestBody.FromBytes(Shelf.Noise(3000, 5)),
            new()
            {
                ContentType = "text/x-own",
                CacheControl = "no-cache",
                UserMetadata = new Dictionary<string, string> { ["camera"] = "7" },
                Tags = new Dictionary<string, string> { ["t"] = "1" },
            },
            ct);

        // Content-Type, Cache-Control, x-oss-meta-camera, x-oss-meta-new, storage class, tags
        async Task<string> Copied(params string[] options)
        {
            await _shelf.JsonAsync("transfer", ["cp", $"oss://{bucket}/a", $"oss://{bucket}/b", "--bigfile-threshold", threshold, .. options]);
            var info = await server.Client.HeadObjectAsync(bucket, "b", ct: ct);
            var tags = await server.Client.GetObjectTaggingAsync(bucket, "b", ct: ct);
            Assert.Equal(3000, info.Size);
            return string.Join(' ', info.ContentType, info.Headers.Get("Cache-Control") ?? "-", info.UserMetadata.GetValueOrDefault("camera") ?? "-",
                info.UserMetadata.GetValueOrDefault("new") ?? "-", info.StorageClass, string.Join(',', tags.Select(static tag => $"{tag.Key}={tag.Value}")));
        }

        const string octets = "application/octet-stream";
        Assert.Equal("text/x-own no-cache 7 - Standard t=1", await Copied());
        Assert.Equal("text/x-own no-cache 7 - IA t=1", await Copied("--storage-class", "IA"));
        Assert.Equal("text/x-own no-cache 7 - Standard ", await Copied("--copy-props", "metadata"));
        Assert.Equal($"{octets} - - - Standard ", await Copied("--copy-props", "none"));
        Assert.Equal("text/x-own max-age=1 7 1 Standard t=1", await Copied("--cache-control", "max-age=1", "--metadata", "new=1"));
        Assert.Equal($"{octets} max-age=1 - 1 Standard t=1", await Copied("--cache-control", "max-age=1", "--metadata", "new=1", "--metadata-directive", "REPLACE"));
        Assert.Equal("text/x-own no-cache 7 - Standard n=2", await Copied("--tagging", "n=2"));
        Assert.Equal("text/x-own no-cache 7 - Standard ", await Copied("--tagging-directive", "REPLACE"));
        Assert.Equal($"{octets} - - - Standard t=1", await Copied("--copy-props", "none", "--tagging-directive", "COPY"));
        (await _shelf.RunAsync("cp", $"oss://{bucket}/a", $"oss://{bucket}/b", "--content-type", "a/b", "--metadata-directive", "COPY")).Exits(1).Says("COPY takes what the source has");
        (await _shelf.RunAsync("cp", $"oss://{bucket}/a", "b", "--copy-props", "none")).Exits(1).Says("is about copies within the service");
        (await _shelf.RunAsync("cp", $"oss://{bucket}/a", $"oss://{bucket}/b", "--bigfile-threshold", threshold, "--forbid-overwrite")).Exits(2).Says("FileAlreadyExists");
    }

    [Fact]
    public async Task Settings_of_transfers_stand_in_the_configuration_too()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("a", Shelf.Noise(300_000, 9));
        File.WriteAllText(_shelf.Config, $"[default]\nbigfile-threshold=100K\npart-size=100Ki\njob=2\nparallel=2\nproxy=env\n");
        Assert.Equal(3, (await _shelf.JsonAsync("transfer", "cp", "a", $"oss://{bucket}/")).Number("parts"));
        Assert.Equal(2, (await _shelf.JsonAsync("transfer", "cp", "a", $"oss://{bucket}/b", "--part-size", "200Ki")).Number("parts"));
        File.AppendAllText(_shelf.Config, "part-size=1K\n");
        (await _shelf.RunAsync("cp", "a", $"oss://{bucket}/")).Exits(1).Says("'part-size=1K' in the profile 'default' is out of range");
    }

    [Fact]
    public async Task Some_failures_of_many_are_code_4_and_in_the_report()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "x/good", "1");
        await server.PutAsync(bucket, "x//bad", "2");
        var (outcome, json) = await _shelf.CodeAndJsonAsync(4, "transfer", "cp", "-r", $"oss://{bucket}/x/", "out", "--output-dir", "reports");
        Assert.Equal((1, 1), (json.Number("done"), json.Number("failed")));
        Assert.Contains("cannot be the name of a file", outcome.Error, StringComparison.Ordinal);
        var line = Assert.Single(File.ReadAllLines(Path.Combine(_shelf.Files, json["report"]!)));
        Assert.Empty(Schemas.Problems("report", System.Text.Json.JsonDocument.Parse(line).RootElement));
        Assert.Contains($"oss://{bucket}/x//bad", line, StringComparison.Ordinal);
        Assert.Equal("1", _shelf.Read("out/good"));
        (await _shelf.RunAsync("cp", "-r", $"oss://{bucket}/x/", "out", "--output-dir", "none", "--no-error-report")).Exits(4);
        Assert.False(Directory.Exists(Path.Combine(_shelf.Files, "none")));
    }

    [Fact]
    public async Task What_cannot_work_says_why()
    {
        var bucket = await server.NewBucketAsync();
        (await _shelf.RunAsync("cp", "none", $"oss://{bucket}/")).Exits(3).Says("there is no file 'none'");
        (await _shelf.RunAsync("cp", "a", "b")).Exits(1).Says("neither source nor destination");
        (await _shelf.RunAsync("cp", "a")).Exits(1);
        (await _shelf.RunAsync("cp", $"oss://{bucket}/none", "x")).Exits(2).Says("NoSuchKey");
        (await _shelf.RunAsync("cp", $"oss://{bucket}/none", "-")).Exits(2).Says("NoSuchKey");
        (await _shelf.RunAsync("cp", $"oss://{bucket}/", "x")).Exits(1).Says("add -r");
        _shelf.Write("a", "x");
        (await _shelf.RunAsync("cp", "a", "oss://no-such-bucket-here/")).Exits(2).Says("NoSuchBucket");
        (await _shelf.RunAsync("cp", "a", $"oss://{bucket}/", "--part-size", "1Ki")).Exits(1).Says("100Ki to 5Gi");
        _shelf.Environment["OSS_ACCESS_KEY_SECRET"] = "wrong";
        (await _shelf.RunAsync("cp", "a", $"oss://{bucket}/")).Exits(2).Says("SignatureDoesNotMatch");
        _shelf.Environment["OSS_ENDPOINT"] = "http://127.0.0.1:1";
        (await _shelf.RunAsync("cp", "a", $"oss://{bucket}/", "--retry-times", "0")).Exits(3);
    }
}
