using System.Text;
using Moss.Cli.Tests.Support;
using Moss.Client;
using Moss.Protocol.Names;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>sync</c> in its three directions.</summary>
public sealed class SyncTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    void Age(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_shelf.Files, directory), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        }
    }

    [Fact]
    public async Task What_is_new_or_changed_goes_and_the_rest_is_not_touched()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/a", "1");
        _shelf.Write("d/b/c", "2");
        Age("d");
        var first = await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p");
        Assert.Equal((2, 0), (first.Number("done"), first.Number("unchanged")));
        Assert.Equal(["p/a", "p/b/c"], await server.KeysAsync(bucket));
        var again = await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p/");
        Assert.Equal((0, 2), (again.Number("done"), again.Number("unchanged")));
        _shelf.Write("d/a", "changed");
        await server.PutAsync(bucket, "p/surplus", "x");
        Assert.Equal(["d/a"], (await _shelf.FormatsAsync("transfer-dry-run", "sync", "d", $"oss://{bucket}/p", "-n")).All("source"));
        var third = await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p");
        Assert.Equal((1, 1, 1, 0), (third.Number("done"), third.Number("unchanged"), third.Number("surplus"), third.Number("deleted")));
        Assert.Equal("changed", Encoding.UTF8.GetString(await server.GetAsync(bucket, "p/a")));
    }

    [Fact]
    public async Task What_would_be_removed_is_moved_to_a_backup_and_never_into_what_is_compared()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/keep", "1");
        foreach (var key in new[] { "p/keep", "p/x/1", "p/2" })
        {
            await server.PutAsync(bucket, key, key);
        }

        var up = await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}/old", "--size-only");
        Assert.Equal((2, $"oss://{bucket}/old"), (up.Number("deleted"), up["backup"]));
        Assert.Equal(["old/2", "old/x/1", "p/keep"], await server.KeysAsync(bucket));
        Assert.Equal("p/x/1", Encoding.UTF8.GetString(await server.GetAsync(bucket, "old/x/1")));

        _shelf.Write("back/x/gone", "was here");
        string[] down = ["sync", $"oss://{bucket}/p", "back", "--delete", "-f", "--backup-dir", "aside"];
        var planned = await _shelf.JsonAsync("transfer-dry-run", [.. down, "-n"]);
        Assert.Equal("aside/x/gone", planned.Items.Single(item => item["kind"] == "delete")["destination"]);
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", down)).Number("deleted"));
        Assert.Equal(("was here", false), (_shelf.Read("aside/x/gone"), Directory.Exists(Path.Combine(_shelf.Files, "back/x"))));

        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--backup-dir", $"oss://{bucket}/old")).Exits(1).Says("goes with --delete");
        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", "old")).Exits(1).Says("must look like oss://");
        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}/p/old")).Exits(1).Says("lies within");
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p", "back", "--delete", "-f", "--backup-dir", "back/../back/old")).Exits(1).Says("lies within");
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p", $"oss://{bucket}/q", "--delete", "-f", "--backup-dir", $"oss://{bucket}/p/old")).Exits(1).Says("lies within");

        Directory.CreateSymbolicLink(Path.Combine(_shelf.Files, "link"), Path.Combine(_shelf.Files, "back"));
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p", "back", "--delete", "-f", "--backup-dir", "link/old")).Exits(1).Says("lies within");
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p", "back", "--delete", "-f", "--backup-dir", ".")).Exits(1).Says("holds what");
        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}")).Exits(1).Says("holds what");
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p/x", $"oss://{bucket}/q", "--delete", "-f", "--backup-dir", $"oss://{bucket}/p")).Exits(1).Says("holds what");
    }

    [Fact]
    public async Task An_older_backup_of_the_same_name_is_kept_and_what_would_replace_it_stays()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/keep", "1");
        foreach (var key in new[] { "p/keep", "p/2", "p/3", "old/2" })
        {
            await server.PutAsync(bucket, key, key);
        }

        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}/old", "--size-only")).Exits(4).Says("1 surplus names were not removed");
        Assert.Equal(["old/2", "old/3", "p/2", "p/keep"], await server.KeysAsync(bucket));
        Assert.Equal("old/2", Encoding.UTF8.GetString(await server.GetAsync(bucket, "old/2")));

        _shelf.Write("back/x/gone", "newer");
        _shelf.Write("back/other", "goes");
        _shelf.Write("aside/x/gone", "older");
        (await _shelf.RunAsync("sync", $"oss://{bucket}/p", "back", "--delete", "-f", "--backup-dir", "aside")).Exits(4).Says("1 surplus names were not removed");
        Assert.Equal(("newer", "older", "goes", false), (_shelf.Read("back/x/gone"), _shelf.Read("aside/x/gone"), _shelf.Read("aside/other"), _shelf.Has("back/other")));
    }

    [Fact]
    public async Task A_backup_keeps_what_is_stored_beside_the_bytes()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/keep", "1");
        await server.Client.PutObjectAsync(bucket, "p/gone", RequestBody.FromBytes("x"u8.ToArray()), new()
        {
            ContentType = "text/x-a",
            UserMetadata = new Dictionary<string, string> { ["a"] = "1" },
            Acl = Acl.PublicRead,
            StorageClass = StorageClass.IA,
            Tags = new Dictionary<string, string> { ["t"] = "1" },
            ServerSideEncryption = "AES256",
        });
        await server.Client.PutSymlinkAsync(bucket, "p/link", "p/gone");
        await server.Client.PutSymlinkAsync(bucket, "p/to-nowhere", "nowhere");
        Assert.Equal(3, (await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}/old")).Number("deleted"));
        Assert.Equal(["old/gone", "old/link", "old/to-nowhere", "p/keep"], await server.KeysAsync(bucket));
        var stat = await _shelf.FormatsAsync("stat-object", "stat", $"oss://{bucket}/old/gone");
        Assert.Equal(
            ("text/x-a", "1", "public-read", "IA", "AES256"),
            (stat["contentType"], stat["metadata.a"], stat["acl"], stat["storageClass"], stat["serverSideEncryption"]));
        Assert.Equal("t", Assert.Single(await server.Client.GetObjectTaggingAsync(bucket, "old/gone")).Key);
        Assert.Equal(("p/gone", "nowhere"), ((await server.Client.GetSymlinkAsync(bucket, "old/link")).Target, (await server.Client.GetSymlinkAsync(bucket, "old/to-nowhere")).Target));
    }

    [Fact]
    public async Task What_changes_after_its_backup_is_not_removed()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/keep", "1");
        await server.PutAsync(bucket, "p/busy", "old");
        await server.PutAsync(bucket, "p/quiet", "old");
        var (copied, written) = (false, false);
        using var front = new FlakyFront(server.Endpoint, 0, async line =>
        {
            if (copied && !written && (line.Contains("/p/busy", StringComparison.Ordinal) || line.StartsWith("POST", StringComparison.Ordinal)))
            {
                written = true;
                await server.PutAsync(bucket, "p/busy", "newer");
            }

            copied |= line.StartsWith($"PUT /{bucket}/old/busy", StringComparison.Ordinal);
        });
        _shelf.Environment["OSS_ENDPOINT"] = front.Endpoint;
        var outcome = (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/p", "--delete", "-f", "--backup-dir", $"oss://{bucket}/old")).Exits(4);
        Assert.True(written);
        outcome.Says("p/busy' was changed after it was looked at").Says("1 surplus names were not removed");
        Assert.Equal(["old/busy", "old/quiet", "p/busy", "p/keep"], await server.KeysAsync(bucket));
        Assert.Equal("newer", Encoding.UTF8.GetString(await server.GetAsync(bucket, "p/busy")));
    }

    [Fact]
    public async Task Surplus_is_deleted_only_when_asked_and_never_more_than_allowed()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/keep", "1");
        foreach (var key in new[] { "keep", "s1", "s2", "s3" })
        {
            await server.PutAsync(bucket, key, "1");
        }

        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/", "--delete")).Exits(1).Says("--max-delete N, or -f");
        (await _shelf.RunAsync("sync", "d", $"oss://{bucket}/", "--delete", "--max-delete", "2")).Exits(4).Says("nothing was removed");
        Assert.Equal(4, (await server.KeysAsync(bucket)).Length);
        Assert.Equal(
            ["delete", "delete", "delete"], (await _shelf.JsonAsync("transfer-dry-run", "sync", "d", $"oss://{bucket}/", "--delete", "--size-only", "-n")).All("kind"));
        Assert.Equal(2, (await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/", "--delete", "--max-delete", "2", "--exclude", "s3")).Number("deleted"));
        Assert.Equal(["keep", "s3"], await server.KeysAsync(bucket));
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/", "--delete", "-f")).Number("deleted"));
        Assert.Equal(["keep"], await server.KeysAsync(bucket));
    }

    [Fact]
    public async Task Down_and_within_the_service()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "p/a", "1");
        await server.PutAsync(bucket, "p/b/c", "22");
        _shelf.Write("out/old/gone", "x");
        var down = await _shelf.JsonAsync("transfer", "sync", $"oss://{bucket}/p", "out", "--delete", "--max-delete", "1");
        Assert.Equal((2, 1), (down.Number("done"), down.Number("deleted")));
        Assert.Equal(("1", "22", false), (_shelf.Read("out/a"), _shelf.Read("out/b/c"), Directory.Exists(Path.Combine(_shelf.Files, "out/old"))));
        Assert.Equal(2, (await _shelf.JsonAsync("transfer", "sync", $"oss://{bucket}/p", "out")).Number("unchanged"));

        var other = await server.NewBucketAsync();
        Assert.Equal(2, (await _shelf.JsonAsync("transfer", "sync", $"oss://{bucket}/p", $"oss://{other}/q")).Number("done"));
        Assert.Equal(["q/a", "q/b/c"], await server.KeysAsync(other));
        Assert.Equal(2, (await _shelf.JsonAsync("transfer", "sync", $"oss://{bucket}/p", $"oss://{other}/q")).Number("unchanged"));
    }

    [Fact]
    public async Task Checksums_see_what_size_and_time_do_not()
    {
        var bucket = await server.NewBucketAsync();
        _shelf.Write("d/x", "1234");
        Age("d");
        await server.PutAsync(bucket, "x", "9999");
        Assert.Equal(0, (await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/")).Number("done"));
        Assert.Equal(1, (await _shelf.JsonAsync("transfer", "sync", "d", $"oss://{bucket}/", "--checksum")).Number("done"));
        Assert.Equal("1234", Encoding.UTF8.GetString(await server.GetAsync(bucket, "x")));
        (await _shelf.RunAsync("sync", "none", $"oss://{bucket}/")).Exits(3).Says("there is no directory");
        (await _shelf.RunAsync("sync", "d", "e")).Exits(1);
    }
}
