using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketVersioning, and every object operation in buckets that keep versions or did.</summary>
public sealed class VersioningTests(TestServer server)
{
    [Fact]
    public async Task The_status_is_set_and_has_no_way_back()
    {
        var bucket = await server.BucketAsync();
        foreach (var status in new[] { "Suspended", "Enabled", "Suspended" })
        {
            await SetAsync(bucket, status);
            Assert.Equal(
                $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration>\n  <Status>{status}</Status>\n</VersioningConfiguration>\n",
                (await server.SendAsync(Call.Get(bucket, null, ("versioning", null)))).Is(200).Text);
            Assert.Equal(status, (await server.SendAsync(Call.Get(bucket, null, ("bucketInfo", null)))).Is(200).Element("Versioning"));
        }
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<VersioningConfiguration/>", "InvalidArgument")]
    [InlineData("<VersioningConfiguration><Status></Status></VersioningConfiguration>", "InvalidArgument")]
    [InlineData("<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>", "MalformedXML")]
    [InlineData("<Versioning><Status>Enabled</Status></Versioning>", "MalformedXML")]
    public async Task Bad_documents_change_nothing(string xml, string code)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("versioning", null)))).Is(400, code);
        Assert.Null((await server.SendAsync(Call.Get(bucket, null, ("versioning", null)))).Is(200).Element("Status"));
    }

    [Fact]
    public async Task A_missing_bucket_is_told() =>
        (await server.SendAsync(Call.Put("no-such-bucket", null, Document("Enabled"), ("versioning", null)))).Is(404, "NoSuchBucket");

    [Fact]
    public async Task Each_write_is_a_version_of_its_own()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("before"));
        await SetAsync(bucket, "Enabled");
        var first = await PutAsync(bucket, "k", "one");
        var second = await PutAsync(bucket, "k", "two");
        Assert.Equal(3, new[] { "null", first, second }.Distinct().Count());

        var current = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(("two", second), (current.Text, current["x-oss-version-id"]));
        foreach (var (version, body) in new[] { ("null", "before"), (first, "one"), (second, "two") })
        {
            var got = (await server.SendAsync(Call.Get(bucket, "k", ("versionId", version)))).Is(200);
            Assert.Equal((body, version), (got.Text, got["x-oss-version-id"]));
            Assert.Equal(version, (await server.SendAsync(Call.Head(bucket, "k", ("versionId", version)))).Is(200)["x-oss-version-id"]);
            var meta = (await server.SendAsync(Call.Head(bucket, "k", ("objectMeta", null), ("versionId", version)))).Is(200);
            Assert.Equal((version, Bytes.ETag(Bytes.Of(body))), (meta["x-oss-version-id"], meta["ETag"]));
        }

        var page = (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200);
        Assert.Equal([second, first, "null"], page.Elements("VersionId"));
        Assert.Equal(["true", "false", "false"], page.Elements("IsLatest"));
        Assert.Single((await server.SendAsync(Call.Get(bucket))).Is(200).Elements("Key"));
        (await server.SendAsync(Call.Delete(bucket))).Is(409, "BucketNotEmpty");
    }

    [Fact]
    public async Task A_delete_marker_hides_and_its_removal_shows_again()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var version = await PutAsync(bucket, "k", "body");
        var deleted = (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204);
        var marker = deleted["x-oss-version-id"]!;
        Assert.Equal("true", deleted["x-oss-delete-marker"]);

        foreach (var call in new[] { Call.Get(bucket, "k"), Call.Head(bucket, "k"), Call.Head(bucket, "k", ("objectMeta", null)) })
        {
            var hidden = (await server.SendAsync(call)).Is(404, "NoSuchKey");
            Assert.Equal(("true", marker), (hidden["x-oss-delete-marker"], hidden["x-oss-version-id"]));
        }

        var named = (await server.SendAsync(Call.Get(bucket, "k", ("versionId", marker)))).Is(405, "MethodNotAllowed")
            .Has("Method", "GET").Has("ResourceType", "DeleteMarker");
        Assert.Equal(("DELETE", "true", marker), (named["Allow"], named["x-oss-delete-marker"], named["x-oss-version-id"]));
        Assert.Equal("body", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", version)))).Is(200).Text);
        var page = (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200);
        Assert.Equal([marker], page.Xml.Elements("DeleteMarker").Select(element => element.Element("VersionId")!.Value));
        Assert.Empty((await server.SendAsync(Call.Get(bucket))).Is(200).Elements("Key"));

        var removed = (await server.SendAsync(Call.Delete(bucket, "k", ("versionId", marker)))).Is(204);
        Assert.Equal(("true", marker), (removed["x-oss-delete-marker"], removed["x-oss-version-id"]));
        Assert.Equal("body", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);

        var last = (await server.SendAsync(Call.Delete(bucket, "k", ("versionId", version)))).Is(204);
        Assert.Equal((null, version), (last["x-oss-delete-marker"], last["x-oss-version-id"]));
        (await server.SendAsync(Call.Get(bucket, "k"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Delete(bucket))).Is(204);
    }

    [Fact]
    public async Task Removing_the_current_version_promotes_the_one_below()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var first = await PutAsync(bucket, "k", "one");
        var second = await PutAsync(bucket, "k", "two");
        (await server.SendAsync(Call.Delete(bucket, "k", ("versionId", second)))).Is(204);
        var current = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Equal(("one", first), (current.Text, current["x-oss-version-id"]));
        (await server.SendAsync(Call.Get(bucket, "k", ("versionId", second)))).Is(404, "NoSuchVersion").Has("Key", "k").Has("VersionId", second);
    }

    [Fact]
    public async Task Suspended_writes_and_deletes_replace_the_null_version_only()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var kept = await PutAsync(bucket, "k", "kept");
        await SetAsync(bucket, "Suspended");
        Assert.Equal("null", await PutAsync(bucket, "k", "one"));
        Assert.Equal("null", await PutAsync(bucket, "k", "two"));
        Assert.Equal("two", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", "null")))).Is(200).Text);

        var deleted = (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204);
        Assert.Equal(("true", "null"), (deleted["x-oss-delete-marker"], deleted["x-oss-version-id"]));
        (await server.SendAsync(Call.Get(bucket, "k", ("versionId", "null")))).Is(405, "MethodNotAllowed");
        var page = (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200);
        Assert.Equal(["null", kept], page.Elements("VersionId"));
        Assert.Equal("kept", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", kept)))).Is(200).Text);
        Assert.Equal("null", await PutAsync(bucket, "k", "three"));
        Assert.Equal(2, (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200).Elements("VersionId").Count);
    }

    [Fact]
    public async Task Forbidding_overwrites_counts_only_where_versions_never_were()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        var call = Call.Put(bucket, "k", Bytes.Of("y")).With(("x-oss-forbid-overwrite", "true"));
        (await server.SendAsync(call)).Is(409, "FileAlreadyExists");
        foreach (var status in new[] { "Enabled", "Suspended" })
        {
            await SetAsync(bucket, status);
            (await server.SendAsync(call)).Is(200);
            (await server.SendAsync(Call.Put(bucket, "k").With(("x-oss-forbid-overwrite", "true"), ("x-oss-copy-source", $"/{bucket}/k")))).Is(200);
            var upload = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)).With(("x-oss-forbid-overwrite", "true")))).Is(200).Element("UploadId")!;
            (await server.SendAsync(Call.Delete(bucket, "k", ("uploadId", upload)))).Is(204);
        }
    }

    [Fact]
    public async Task Copies_name_the_version_they_took_and_the_one_they_made()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var first = await PutAsync(bucket, "k", "one");
        var second = await PutAsync(bucket, "k", "two");

        var copied = (await server.SendAsync(Call.Put(bucket, "c").With(("x-oss-copy-source", $"/{bucket}/k?versionId={first}")))).Is(200);
        Assert.Equal(first, copied["x-oss-copy-source-version-id"]);
        Assert.Equal("one", (await server.SendAsync(Call.Get(bucket, "c", ("versionId", copied["x-oss-version-id"])))).Is(200).Text);
        var current = (await server.SendAsync(Call.Put(bucket, "d").With(("x-oss-copy-source", $"/{bucket}/k")))).Is(200);
        Assert.Equal(second, current["x-oss-copy-source-version-id"]);

        // The way to restore an old version: copy it over the key.
        (await server.SendAsync(Call.Put(bucket, "k").With(("x-oss-copy-source", $"/{bucket}/k?versionId={first}")))).Is(200);
        Assert.Equal("one", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        Assert.Equal("two", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", second)))).Is(200).Text);

        var marker = (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204)["x-oss-version-id"];
        (await server.SendAsync(Call.Put(bucket, "e").With(("x-oss-copy-source", $"/{bucket}/k")))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Put(bucket, "e").With(("x-oss-copy-source", $"/{bucket}/k?versionId={marker}")))).Is(400, "BadRequest");
        (await server.SendAsync(Call.Put(bucket, "e").With(("x-oss-copy-source", $"/{bucket}/k?versionId=none")))).Is(404, "NoSuchVersion");
    }

    [Fact]
    public async Task Parts_are_copied_from_a_version_and_Complete_makes_one()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var old = await PutAsync(bucket, "source", "old");
        await PutAsync(bucket, "source", "new");
        var before = await PutAsync(bucket, "k", "before");
        var upload = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)))).Is(200).Element("UploadId")!;
        var part = (await server.SendAsync(Call.Put(bucket, "k", null, ("partNumber", "1"), ("uploadId", upload))
            .With(("x-oss-copy-source", $"/{bucket}/source?versionId={old}")))).Is(200);
        Assert.Equal(old, part["x-oss-copy-source-version-id"]);
        var xml = $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part["ETag"]}</ETag></Part></CompleteMultipartUpload>";
        var complete = Call.Post(bucket, "k", Bytes.Of(xml), ("uploadId", upload));
        var made = (await server.SendAsync(complete)).Is(200)["x-oss-version-id"];
        Assert.Equal(made, (await server.SendAsync(complete)).Is(200)["x-oss-version-id"]);
        Assert.Equal("old", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", made)))).Is(200).Text);
        Assert.Equal("before", (await server.SendAsync(Call.Get(bucket, "k", ("versionId", before)))).Is(200).Text);
        Assert.Equal(4, (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200).Elements("VersionId").Count);
    }

    [Fact]
    public async Task Appends_grow_the_current_version_and_no_other()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var first = (await server.SendAsync(Append(bucket, "log", "ab", 0))).Is(200)["x-oss-version-id"];
        var second = (await server.SendAsync(Append(bucket, "log", "cd", 2))).Is(200)["x-oss-version-id"];
        Assert.NotNull(first);
        Assert.Equal(first, second);
        Assert.Single((await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200).Elements("VersionId"));
        await SetAsync(bucket, "Suspended");
        Assert.Equal("null", (await server.SendAsync(Append(bucket, "other", "ab", 0))).Is(200)["x-oss-version-id"]);

        await SetAsync(bucket, "Enabled");
        await PutAsync(bucket, "log", "normal");
        (await server.SendAsync(Append(bucket, "log", "ef", 4))).Is(409, "ObjectNotAppendable");
        (await server.SendAsync(Call.Delete(bucket, "other"))).Is(204);
        (await server.SendAsync(Append(bucket, "other", "cd", 2))).Is(409, "ObjectNotAppendable");
        Assert.Equal("abcd", (await server.SendAsync(Call.Get(bucket, "log", ("versionId", first)))).Is(200).Text);
    }

    [Fact]
    public async Task Many_are_deleted_by_key_and_by_version()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var version = await PutAsync(bucket, "a", "x");
        await PutAsync(bucket, "b", "x");
        var marker = (await server.SendAsync(Call.Delete(bucket, "c"))).Is(204)["x-oss-version-id"];
        var xml = $"""
            <Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object><Object><Key>b</Key></Object>
            <Object><Key>c</Key><VersionId>{marker}</VersionId></Object><Object><Key>d</Key><VersionId>none</VersionId></Object></Delete>
            """;
        var deleted = (await server.SendAsync(Call.Post(bucket, null, Bytes.Of(xml), ("delete", null)))).Is(200).Xml.Elements("Deleted").ToList();
        List<string?> Row(int index) => [.. new[] { "Key", "VersionId", "DeleteMarker", "DeleteMarkerVersionId" }.Select(name => deleted[index].Element(name)?.Value)];
        Assert.Equal(["a", version, null, null], Row(0));
        Assert.Equal(["b", null, "true"], Row(1)[..3]);
        Assert.Equal(["c", marker, "true", marker], Row(2));
        Assert.Equal(["d", "none", null, null], Row(3));
        var page = (await server.SendAsync(Call.Get(bucket, null, ("versions", null)))).Is(200);
        Assert.Equal(["b", "b"], page.Elements("Key"));
        Assert.Equal(Row(1)[3], page.Xml.Element("DeleteMarker")!.Element("VersionId")!.Value);
    }

    [Fact]
    public async Task Acl_tags_and_links_belong_to_a_version()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var first = await PutAsync(bucket, "k", "one");
        var second = await PutAsync(bucket, "k", "two");
        var tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
        Assert.Equal(first, (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of(tagging), ("tagging", null), ("versionId", first)))).Is(200)["x-oss-version-id"]);
        Assert.Equal(first, (await server.SendAsync(Call.Put(bucket, "k", null, ("acl", null), ("versionId", first)).With(("x-oss-object-acl", "public-read")))).Is(200)["x-oss-version-id"]);

        Assert.Equal(["a"], (await server.SendAsync(Call.Get(bucket, "k", ("tagging", null), ("versionId", first)))).Is(200).Elements("Key"));
        var current = (await server.SendAsync(Call.Get(bucket, "k", ("tagging", null)))).Is(200);
        Assert.Empty(current.Elements("Key"));
        Assert.Equal(second, current["x-oss-version-id"]);
        Assert.Equal("public-read", (await server.SendAsync(Call.Get(bucket, "k", ("acl", null), ("versionId", first)))).Is(200).Element("Grant"));
        Assert.Equal("default", (await server.SendAsync(Call.Get(bucket, "k", ("acl", null)))).Is(200).Element("Grant"));
        (await server.SendAsync(Call.Get(bucket, "k", ("versionId", first)).Anonymously())).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(403, "AccessDenied");
        Assert.Equal(first, (await server.SendAsync(Call.Delete(bucket, "k", ("tagging", null), ("versionId", first)))).Is(204)["x-oss-version-id"]);

        var link = (await server.SendAsync(Call.Put(bucket, "l", null, ("symlink", null)).With(("x-oss-symlink-target", "k")))).Is(200)["x-oss-version-id"];
        await PutAsync(bucket, "l", "no link");
        Assert.Equal("k", (await server.SendAsync(Call.Get(bucket, "l", ("symlink", null), ("versionId", link)))).Is(200)["x-oss-symlink-target"]);
        (await server.SendAsync(Call.Get(bucket, "l", ("symlink", null)))).Is(400, "NotSymlink");
        Assert.Equal("two", (await server.SendAsync(Call.Get(bucket, "l", ("versionId", link)))).Is(200).Text);

        var marker = (await server.SendAsync(Call.Delete(bucket, "k"))).Is(204)["x-oss-version-id"];
        (await server.SendAsync(Call.Get(bucket, "k", ("tagging", null), ("versionId", marker)))).Is(405, "MethodNotAllowed");
        (await server.SendAsync(Call.Put(bucket, "k", null, ("acl", null)).With(("x-oss-object-acl", "private")))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task A_listing_goes_on_in_the_middle_of_a_key()
    {
        var bucket = await server.BucketAsync();
        await SetAsync(bucket, "Enabled");
        var all = new List<string>();
        foreach (var key in new[] { "a", "b" })
        {
            var versions = new List<string>();
            for (var i = 0; i < 5; i++)
            {
                versions.Insert(0, await PutAsync(bucket, key, $"{i}"));
            }

            all.AddRange(versions);
        }

        var (seen, key2, version) = (new List<string>(), "", "");
        while (true)
        {
            (string, string?)[] markers = key2.Length == 0 ? [] : version.Length == 0 ? [("key-marker", key2)] : [("key-marker", key2), ("version-id-marker", version)];
            var page = (await server.SendAsync(Call.Get(bucket, null, [("versions", null), ("max-keys", "3"), .. markers]))).Is(200);
            seen.AddRange(page.Xml.Elements("Version").Select(element => element.Element("VersionId")!.Value));
            if (page.Element("IsTruncated") == "false")
            {
                break;
            }

            (key2, version) = (page.Element("NextKeyMarker")!, page.Element("NextVersionIdMarker") ?? "");
        }

        Assert.Equal(all, seen);
    }

    static Call Append(string bucket, string key, string body, int position) =>
        Call.Post(bucket, key, Bytes.Of(body), ("append", null), ("position", $"{position}"));

    static byte[] Document(string status) => Bytes.Of($"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");

    async Task SetAsync(string bucket, string status) =>
        (await server.SendAsync(Call.Put(bucket, null, Document(status), ("versioning", null)))).Is(200);

    async Task<string> PutAsync(string bucket, string key, string body) =>
        (await server.SendAsync(Call.Put(bucket, key, Bytes.Of(body)))).Is(200)["x-oss-version-id"]!;
}
