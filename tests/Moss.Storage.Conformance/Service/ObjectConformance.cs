using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Storage.Listing;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Conformance.Service;

/// <summary>What every pair of stores must give buckets and whole objects. Inheriting it is running it.</summary>
public abstract class ObjectConformance
{
    protected abstract Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData((32 * 1024) + 1)]
    [InlineData(1_000_003)]
    public async Task A_body_comes_back_as_it_went_in(int length)
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var body = Bytes(length, length);
        var put = await harness.PutAsync("k", body);
        Assert.Equal(body, await harness.GetAsync("k"));
        Assert.Equal((Md5(body), Crc64.Compute(body), (long)length), (put.ETag.Value, put.Crc64, put.Size));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(40_000)]
    [InlineData(300_000)]
    public async Task A_body_of_unknown_length_is_stored(int length)
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var body = Bytes(length, length);
        await harness.PutAsync("k", body, new());
        Assert.Equal(body, await harness.GetAsync("k"));
    }

    [Fact]
    public async Task Ranges_are_exact()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var body = Bytes(1, 200_000);
        await harness.PutAsync("k", body);
        await using var content = await harness.Service.Objects.OpenAsync(Bucket(), Key("k"), null, ReadConditions.None, default);
        foreach (var (offset, length) in new[] { (0, 1), (65_535, 2), (65_536, 65_536), (131_071, 68_929), (199_999, 1), (7, 0) })
        {
            Assert.Equal(body[offset..(offset + length)], await ReadAsync(content, offset, length));
        }
    }

    [Fact]
    public async Task Overwriting_replaces_at_once_and_sweeps_the_old_bytes()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        for (var i = 0; i < 5; i++)
        {
            await harness.PutAsync("k", Bytes(i, 50_000 + i));
        }

        Assert.Equal(Bytes(4, 50_004), await harness.GetAsync("k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());
        await harness.DeleteAsync("k");
        await harness.DeleteAsync("k");
        Assert.Empty(await harness.BlobsAfterSweepAsync());
        await RefusedAsync("NoSuchKey", () => harness.GetAsync("k"));
    }

    [Fact]
    public async Task An_open_object_stays_readable_while_it_is_overwritten_and_swept()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.PutAsync("a", Bytes(1, 150_000));
        await harness.PutAsync("b", Bytes(2, 150_000));
        var upload = await harness.InitiateAsync("k");
        var first = await harness.UploadPartAsync("k", upload, 1, Bytes(3, 110_000));
        var second = await harness.UploadPartAsync("k", upload, 2, Bytes(4, 110_000));
        var third = await harness.UploadPartAsync("k", upload, 3, Bytes(5, 10));
        await harness.CompleteAsync("k", upload, [first, second, third]);
        await using (var content = await harness.Service.Objects.OpenAsync(Bucket(), Key("k"), null, ReadConditions.None, default))
        {
            await harness.PutAsync("k", Bytes(6, 10));
            await harness.BlobsAfterSweepAsync();
            byte[] expected = [.. Bytes(3, 110_000), .. Bytes(4, 110_000), .. Bytes(5, 10)];
            Assert.Equal(expected, await ReadAsync(content, 0, content.Record.Size));
        }

        Assert.Equal(2, (await harness.BlobsAfterSweepAsync()).Count);
    }

    [Fact]
    public async Task Readers_and_overwriters_never_meet_a_half()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var bodies = Enumerable.Range(0, 4).Select(i => Bytes(i, 40_000 + (i * 20_000))).ToArray();
        await harness.PutAsync("k", bodies[0]);
        var tags = bodies.ToDictionary(Md5, body => body.Length);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            // At least once: an engine in memory is done before the last reader begins.
            do
            {
                Assert.Contains(Md5(await harness.GetAsync("k")), tags.Keys);
            }
            while (!stop.IsCancellationRequested);
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                await harness.PutAsync("k", bodies[(w + i) % 4]);
                await harness.Service.Sweeper.SweepAsync(default);
            }
        })));
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Forbid_overwrite_lets_exactly_one_of_many_through()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            await Task.Yield();
            try
            {
                var body = Bytes(i, 40_000);
                await harness.PutAsync("k", body, new() { ForbidOverwrite = true, Body = new() { Length = body.Length } });
                return Md5(body);
            }
            catch (OssException refusal) when (refusal.Code == "FileAlreadyExists")
            {
                return null;
            }
        }));
        Assert.Equal(Assert.Single(outcomes, o => o is not null), Md5(await harness.GetAsync("k")));
        Assert.Single(await harness.BlobsAfterSweepAsync());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task A_copy_moves_no_data_and_outlives_its_source(int length)
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.MakeBucketAsync("other");
        var body = Bytes(1, length);
        await harness.PutAsync("a", body);
        var before = (await harness.BlobsAfterSweepAsync()).Count;

        var copy = await harness.Service.Objects.CopyAsync(
            Bucket("other"), Key("b"), new() { Source = new(Bucket(), Key("a"), null) }, default);

        Assert.Equal(before, (await harness.BlobsAfterSweepAsync()).Count);
        Assert.Equal((Md5(body), Crc64.Compute(body)), (copy.Made.Record.ETag.Value, copy.Made.Record.Crc64));
        await harness.DeleteAsync("a");
        Assert.Equal(before, (await harness.BlobsAfterSweepAsync()).Count);
        Assert.Equal(body, await harness.GetAsync("b", "other"));
        await harness.DeleteAsync("b", "other");
        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task A_copy_onto_itself_replaces_the_metadata_and_keeps_the_bytes()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var body = Bytes(1, 100_000);
        await harness.PutAsync("a", body);
        await harness.Service.Objects.CopyAsync(
            Bucket(), Key("a"), new() { Source = new(Bucket(), Key("a"), null), Attributes = new() { ContentType = "x/y" } }, default);
        Assert.Single(await harness.BlobsAfterSweepAsync());
        Assert.Equal(body, await harness.GetAsync("a"));
        var head = await harness.Service.Objects.HeadAsync(Bucket(), Key("a"), null, ReadConditions.None, default);
        Assert.Equal("x/y", head.Record.Attributes.ContentType);
    }

    [Fact]
    public async Task Copies_and_overwrites_of_the_source_may_race()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.PutAsync("a", Bytes(0, 50_000));
        await Task.WhenAll(
            Task.Run(async () =>
            {
                for (var i = 1; i < 40; i++)
                {
                    await harness.PutAsync("a", Bytes(i, 50_000));
                    await harness.Service.Sweeper.SweepAsync(default);
                }
            }),
            Task.Run(async () =>
            {
                for (var i = 0; i < 40; i++)
                {
                    var copy = await harness.Service.Objects.CopyAsync(
                        Bucket(), Key("b"), new() { Source = new(Bucket(), Key("a"), null) }, default);
                    Assert.Equal(copy.Made.Record.ETag.Value, Md5(await harness.GetAsync("b")));
                }
            }));
        await harness.DeleteAsync("a");
        await harness.DeleteAsync("b");
        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Appends_grow_at_the_position_only()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var whole = new List<byte>();
        foreach (var length in new[] { 10, 0, 5_000, 40_000, 3, 30_000, 30_000 })
        {
            var body = Bytes(length, length);
            var record = await AppendAsync(harness, whole.Count, body);
            whole.AddRange(body);
            Assert.Equal((whole.Count, Crc64.Compute(whole.ToArray())), (record.Size, record.Crc64));
        }

        Assert.Equal(whole, await harness.GetAsync("log"));
        var refusal = await Assert.ThrowsAsync<OssException>(() => AppendAsync(harness, 3, [1]));
        Assert.Equal("PositionNotEqualToLength", refusal.Code);
        Assert.Contains(new("x-oss-next-append-position", whole.Count.ToString()), refusal.Headers);
        await harness.Service.Appends.SealAsync(Bucket(), Key("log"), whole.Count, default);
        await RefusedAsync("AppendSealedObjectNotAllowed", () => AppendAsync(harness, whole.Count, [1]));
        await harness.PutAsync("normal", [1]);
        await RefusedAsync("ObjectNotAppendable", () => AppendAsync(harness, 1, [1], "normal"));
        await harness.DeleteAsync("log");
        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Of_many_appends_to_one_position_one_succeeds()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var won = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            await Task.Yield();
            try
            {
                await AppendAsync(harness, 0, Bytes(i, 100));
                Interlocked.Increment(ref won);
            }
            catch (OssException refusal) when (refusal.Code == "PositionNotEqualToLength")
            {
            }
        }));
        Assert.Equal(1, won);
        Assert.Equal(100, (await harness.GetAsync("log")).Length);
    }

    [Fact]
    public async Task Listing_pages_through_weird_keys_in_byte_order()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        string[] keys = ["a", "a/", "a//b", "a/b", "b\u0001", "z", "\uffee", "\U0001F600", "中文/x", "..", "./x", new('q', 1023)];
        foreach (var key in keys)
        {
            await harness.PutAsync(key, [1]);
        }

        var expected = keys.OrderBy(Key).ToList();
        foreach (var size in new[] { 1, 2, 5, 1000 })
        {
            var listed = new List<string>();
            var request = new ListRequest { MaxEntries = size };
            ListPage<ObjectSummary> page;
            do
            {
                page = await harness.Service.Listings.ObjectsAsync(Bucket(), request, default);
                listed.AddRange(page.Items.Select(item => item.Key.Value));
                request = request with { KeyMarker = page.NextKeyMarker };
            }
            while (page.IsTruncated);
            Assert.Equal(expected, listed);
        }
    }

    [Fact]
    public async Task Listing_rolls_groups_up_and_skips_them()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        foreach (var key in new[] { "fun/a", "fun/movie/1", "fun/movie/2", "fun/test", "fun/x/1", "other" })
        {
            await harness.PutAsync(key, [1]);
        }

        var request = new ListRequest { MaxEntries = 2, Prefix = "fun/", Delimiter = "/" };
        var first = await harness.Service.Listings.ObjectsAsync(Bucket(), request, default);
        var second = await harness.Service.Listings.ObjectsAsync(Bucket(), request with { KeyMarker = first.NextKeyMarker }, default);

        Assert.Equal(["fun/a"], first.Items.Select(i => i.Key.Value));
        Assert.Equal(["fun/movie/"], first.CommonPrefixes);
        Assert.Equal((true, "fun/movie/"), (first.IsTruncated, first.NextKeyMarker));
        Assert.Equal(["fun/test"], second.Items.Select(i => i.Key.Value));
        Assert.Equal(["fun/x/"], second.CommonPrefixes);
        Assert.False(second.IsTruncated);
    }

    [Fact]
    public async Task Versions_are_kept_hidden_restored_and_removed()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.PutAsync("k", Bytes(0, 40_000));
        await harness.Service.Buckets.UpdateAsync(Bucket(), b => b with { Versioning = VersioningStatus.Enabled }, default);
        var first = await harness.PutAsync("k", Bytes(1, 40_000));
        var second = await harness.PutAsync("k", Bytes(2, 40_000));
        await harness.DeleteAsync("k");

        var hidden = await Assert.ThrowsAsync<OssException>(() => harness.GetAsync("k"));
        Assert.Contains(new("x-oss-delete-marker", "true"), hidden.Headers);
        Assert.Equal(Bytes(0, 40_000), await harness.GetAsync("k", version: VersionId.Null));
        Assert.Equal(Bytes(1, 40_000), await harness.GetAsync("k", version: first.VersionId));
        var listed = await harness.Service.Listings.VersionsAsync(Bucket(), new() { MaxEntries = 10 }, default);
        Assert.Equal([true, false, false, false], listed.Items.Select(v => v.Summary.IsDeleteMarker));
        Assert.Equal([true, false, false, false], listed.Items.Select(v => v.IsLatest));
        Assert.Empty((await harness.Service.Listings.ObjectsAsync(Bucket(), new() { MaxEntries = 10 }, default)).Items);

        await RemoveAsync(listed.Items[0].Summary.VersionId);
        Assert.Equal(Bytes(2, 40_000), await harness.GetAsync("k"));
        await RemoveAsync(second.VersionId);
        Assert.Equal(Bytes(1, 40_000), await harness.GetAsync("k"));
        await RemoveAsync(VersionId.Null);
        await RemoveAsync(first.VersionId);
        Assert.Empty(await harness.BlobsAfterSweepAsync());
        await harness.Service.Buckets.DeleteAsync(Bucket(), default);

        async Task RemoveAsync(VersionId version) =>
            await harness.Service.Objects.DeleteAsync(Bucket(), [(Key("k"), version)], default);
    }

    [Fact]
    public async Task Suspended_buckets_replace_the_null_version_only()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        var kept = await harness.PutAsync("k", Bytes(1, 40_000));
        await harness.Service.Buckets.UpdateAsync(Bucket(), b => b with { Versioning = VersioningStatus.Suspended }, default);
        await harness.PutAsync("k", Bytes(2, 40_000));
        await harness.PutAsync("k", Bytes(3, 40_000));

        Assert.Equal(Bytes(3, 40_000), await harness.GetAsync("k"));
        Assert.Equal(Bytes(1, 40_000), await harness.GetAsync("k", version: kept.VersionId));
        Assert.Equal(2, (await harness.BlobsAfterSweepAsync()).Count);
        await harness.DeleteAsync("k");
        Assert.Single(await harness.BlobsAfterSweepAsync());
        await RefusedAsync("NoSuchKey", () => harness.GetAsync("k"));
    }

    [Fact]
    public async Task A_symlink_is_followed_once()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await LinkAsync("link", "target");
        await RefusedAsync("SymlinkTargetNotExist", () => harness.GetAsync("link"));
        await harness.PutAsync("target", Bytes(1, 10));
        Assert.Equal(Bytes(1, 10), await harness.GetAsync("link"));
        await LinkAsync("link2", "link");
        await RefusedAsync("InvalidTargetType", () => harness.GetAsync("link2"));

        async Task LinkAsync(string key, string target) =>
            await harness.Service.Objects.PutSymlinkAsync(Bucket(), Key(key), Key(target), new(), default);
    }

    [Fact]
    public async Task A_bucket_goes_only_when_it_is_empty_and_its_name_is_free_at_once()
    {
        await using var harness = await StartAsync();
        var first = await harness.MakeBucketAsync();
        await harness.PutAsync("k", [1]);
        await RefusedAsync("BucketNotEmpty", async () => await harness.Service.Buckets.DeleteAsync(Bucket(), default));
        await harness.DeleteAsync("k");
        var upload = await harness.InitiateAsync("k");
        await RefusedAsync("BucketNotEmpty", async () => await harness.Service.Buckets.DeleteAsync(Bucket(), default));
        await harness.Service.Uploads.AbortAsync(Bucket(), Key("k"), upload, default);
        await harness.Service.Buckets.DeleteAsync(Bucket(), default);
        await RefusedAsync("NoSuchBucket", () => harness.GetAsync("k"));
        Assert.NotEqual(first.Id, (await harness.MakeBucketAsync()).Id);
    }

    [Fact]
    public async Task Puts_and_the_deletion_of_their_bucket_may_race()
    {
        await using var harness = await StartAsync();
        for (var round = 0; round < 20; round++)
        {
            await harness.MakeBucketAsync();
            var put = Outcome(() => harness.PutAsync("k", Bytes(round, 40_000)));
            var drop = Outcome(async () => await harness.Service.Buckets.DeleteAsync(Bucket(), default));
            var outcome = (await put, await drop);
            Assert.Contains(outcome, new[] { ("ok", "BucketNotEmpty"), ("NoSuchBucket", "ok") });
            if (outcome.Item1 == "ok")
            {
                Assert.Equal(Bytes(round, 40_000), await harness.GetAsync("k"));
                await harness.DeleteAsync("k");
            }
        }

        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Blobs_that_no_row_knows_are_swept_and_the_others_stay()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        await harness.PutAsync("k", Bytes(1, 50_000));
        var orphan = harness.Engine.Ids.NewBlobId(inline: false);
        await using (var writer = await harness.Engine.Blobs.CreateAsync(orphan, null, default))
        {
            await writer.WriteAsync(new(Bytes(2, 10)), default);
            await writer.CommitAsync(default);
        }

        var later = TimeProvider.System.GetUtcNow().AddDays(1);
        Assert.Equal(0, await harness.Service.Sweeper.SweepOrphansAsync(orphan.Created, default));
        Assert.Equal(1, await harness.Service.Sweeper.SweepOrphansAsync(later, default));
        Assert.Equal(Bytes(1, 50_000), await harness.GetAsync("k"));
    }

    static async Task<ObjectRecord> AppendAsync(ServiceHarness harness, long position, byte[] body, string key = "log") =>
        (await harness.Service.Appends.AppendAsync(
            Bucket(), Key(key), position, new() { Body = new() { Length = body.Length } }, Pipe(body), default)).Record;

    static async Task<string> Outcome(Func<Task> action)
    {
        await Task.Yield();
        try
        {
            await action();
            return "ok";
        }
        catch (OssException refusal)
        {
            return refusal.Code;
        }
    }

    static async Task RefusedAsync(string code, Func<Task> action) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<OssException>(action)).Code);
}
