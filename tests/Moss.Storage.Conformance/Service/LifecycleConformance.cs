using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Storage.Buckets;
using Moss.Storage.Lifecycle;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Conformance.Service;

/// <summary>What lifecycle rules do over every pair of stores, and what they never do. Inheriting it is running it.</summary>
public abstract class LifecycleConformance
{
    /// <summary>The clock starts at 03:04:05, so that things made then are a day old at the midnight after the next.</summary>
    static readonly DateTimeOffset NextMidnight = new(2026, 1, 3, 0, 0, 0, TimeSpan.Zero);

    protected abstract Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null);

    [Fact]
    public async Task Objects_go_at_the_midnight_that_ends_their_last_day()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync();
        await harness.PutAsync("logs/a", Bytes(1, 40_000));
        await harness.PutAsync("logs/b", Bytes(2, 100));
        await harness.PutAsync("logsx", Bytes(3, 40_000));
        await harness.PutAsync("kept", Bytes(4, 40_000));
        await RulesAsync(harness, Expire("logs/", 1));
        Assert.Equal(0, (await RunAsync(harness, NextMidnight.AddDays(1).AddTicks(-1))).Expired);
        Assert.Equal(["kept", "logs/a", "logs/b", "logsx"], await KeysAsync(harness));

        var totals = await RunAsync(harness, NextMidnight.AddDays(1));
        Assert.Equal((2, 40_100), (totals.Expired, totals.Bytes));
        Assert.Equal(["kept", "logsx"], await KeysAsync(harness));
        Assert.Equal(2, (await harness.BlobsAfterSweepAsync()).Count);
        Assert.Equal(new LifecycleTotals { Buckets = 1 }, await RunAsync(harness, NextMidnight.AddDays(1)));
    }

    [Fact]
    public async Task Rules_that_are_disabled_or_of_no_bucket_do_nothing()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync();
        await harness.MakeBucketAsync("other");
        await harness.PutAsync("k", Bytes(1, 10));
        await harness.PutAsync("k", Bytes(1, 10), bucket: "other");
        await RulesAsync(harness, Expire("", 1) with { IsEnabled = false });
        Assert.Equal(new LifecycleTotals { Buckets = 1 }, await RunAsync(harness, NextMidnight.AddDays(100)));
        Assert.Equal(["k"], await KeysAsync(harness));
    }

    [Fact]
    public async Task Dates_count_to_the_midnight_they_name()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync();
        await harness.PutAsync("before", Bytes(1, 10));
        await harness.PutAsync("on", Bytes(1, 10));
        await RulesAsync(
            harness,
            new() { Prefix = "before", Expiration = new() { CreatedBeforeDate = NextMidnight } },
            new() { Prefix = "later", Expiration = new() { CreatedBeforeDate = NextMidnight.AddDays(-1) } },
            new() { Prefix = "on", Expiration = new() { Date = NextMidnight.AddDays(5) } });
        await harness.PutAsync("later", Bytes(1, 10));
        await RunAsync(harness, NextMidnight.AddTicks(-1));
        Assert.Equal(["before", "later", "on"], await KeysAsync(harness));
        await RunAsync(harness, NextMidnight);
        Assert.Equal(["later", "on"], await KeysAsync(harness));
        await RunAsync(harness, NextMidnight.AddDays(5));
        Assert.Equal(["later"], await KeysAsync(harness));
    }

    [Fact]
    public async Task Filters_narrow_a_rule()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync();
        KeyValuePair<string, string> red = new("color", "red"), big = new("size", "big");
        await TaggedAsync(harness, "t/both", 100, red, big);
        await TaggedAsync(harness, "t/red", 100, red);
        await TaggedAsync(harness, "t/blue", 100, new KeyValuePair<string, string>("color", "blue"), big);
        await TaggedAsync(harness, "t/none", 100);
        await RulesAsync(harness, Expire("t/", 1) with { Tags = [red, big] });
        Assert.Equal(1, (await RunAsync(harness, NextMidnight.AddDays(1))).Expired);
        Assert.Equal(["t/blue", "t/none", "t/red"], await KeysAsync(harness));

        await RulesAsync(harness, Expire("t/", 1) with { Nots = [new("t/n"), new("t/r", red), new("t/b", red)] });
        Assert.Equal(1, (await RunAsync(harness, NextMidnight.AddDays(1))).Expired);
        Assert.Equal(["t/none", "t/red"], await KeysAsync(harness));

        foreach (var size in new[] { 99, 100, 101, 199, 200, 201 })
        {
            await harness.PutAsync($"s/{size}", Bytes(size, size));
        }

        await RulesAsync(harness, Expire("s/", 1) with { ObjectSizeGreaterThan = 100, ObjectSizeLessThan = 200 });
        await RunAsync(harness, NextMidnight.AddDays(1));
        Assert.Equal(["s/100", "s/200", "s/201", "s/99", "t/none", "t/red"], await KeysAsync(harness));
    }

    [Fact]
    public async Task Classes_only_get_colder_and_the_coldest_that_is_due_wins()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync();
        var put = await harness.PutAsync("a", Bytes(1, 40_000));
        await harness.PutAsync("b", Bytes(1, 10), new() { StorageClass = StorageClass.Archive });
        await RulesAsync(harness, new LifecycleRule
        {
            Transitions = [To(StorageClass.IA, 30), To(StorageClass.Archive, 60), To(StorageClass.ColdArchive, 90) with { IsAccessTime = true }],
        });
        Assert.Equal(0, (await RunAsync(harness, NextMidnight.AddDays(29))).Transitioned);
        Assert.Equal(1, (await RunAsync(harness, NextMidnight.AddDays(30))).Transitioned);
        var moved = await FindAsync(harness, "a");
        Assert.Equal((StorageClass.IA, put.LastModified, put.Sequence), (moved.StorageClass, moved.LastModified, moved.Sequence));
        Assert.Equal(harness.Engine.Time.GetUtcNow(), moved.Attributes.TransitionTime);
        Assert.Equal(1, (await RunAsync(harness, NextMidnight.AddDays(1000))).Transitioned);
        Assert.Equal(StorageClass.Archive, (await FindAsync(harness, "a")).StorageClass);
        Assert.Equal(StorageClass.Archive, (await FindAsync(harness, "b")).StorageClass);

        await harness.PutAsync("c", Bytes(1, 10));
        await RunAsync(harness, NextMidnight.AddDays(1000));
        Assert.Equal(StorageClass.Archive, (await FindAsync(harness, "c")).StorageClass);
        await RulesAsync(harness, Expire("", 90), new LifecycleRule { Transitions = [To(StorageClass.DeepColdArchive, 30)] });
        var totals = await RunAsync(harness, NextMidnight.AddDays(90));
        Assert.Equal((3, 0), (totals.Expired, totals.Transitioned));
    }

    [Fact]
    public async Task Where_versions_are_kept_the_current_one_is_hidden_and_older_ones_go_by_their_own_age()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        var first = await harness.PutAsync("k", Bytes(1, 40_000));
        time.Advance(TimeSpan.FromDays(10));
        var second = await harness.PutAsync("k", Bytes(2, 40_000));
        await RulesAsync(harness, Expire("", 3) with { NoncurrentVersionExpiration = new() { Days = 5 } });

        // The second is three days old, but the first was current until it came.
        time.Advance(TimeSpan.FromDays(4));
        Assert.Equal((1, 0), await ActAsync(13));
        Assert.Equal([second.VersionId, first.VersionId], (await VersionsAsync(harness, "k"))[1..].Select(version => version.VersionId));
        Assert.True((await VersionsAsync(harness, "k"))[0].IsDeleteMarker);
        Assert.Equal((0, 0), await ActAsync(14));
        Assert.Equal((0, 1), await ActAsync(15));

        // The second is not current since the first run, whenever that was meant to be.
        Assert.Equal((0, 0), await ActAsync(18));
        Assert.Equal(Bytes(2, 40_000), await harness.GetAsync("k", version: second.VersionId));
        Assert.Equal((0, 1), await ActAsync(19));
        Assert.Single(await VersionsAsync(harness, "k"));
        Assert.Empty(await harness.BlobsAfterSweepAsync());

        async Task<(long, long)> ActAsync(int days)
        {
            var totals = await RunAsync(harness, NextMidnight.AddDays(days));
            return (totals.Hidden, totals.VersionsRemoved);
        }
    }

    [Fact]
    public async Task A_delete_marker_goes_with_the_last_version_below_it()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        for (var i = 0; i < 3; i++)
        {
            await harness.PutAsync("k", Bytes(i, 10));
        }

        await harness.DeleteAsync("k");
        await harness.DeleteAsync("lone");
        await harness.DeleteAsync("other");
        await harness.PutAsync("other", Bytes(1, 10));
        var rule = new LifecycleRule { Expiration = new() { ExpiredObjectDeleteMarker = true } };
        await RulesAsync(harness, rule with { Prefix = "x" });
        Assert.Equal(0, (await RunAsync(harness, NextMidnight)).MarkersRemoved);
        await RulesAsync(harness, rule with { NoncurrentVersionExpiration = new() { Days = 1 } });
        var early = await RunAsync(harness, NextMidnight);
        Assert.Equal((1, 0), (early.MarkersRemoved, early.VersionsRemoved));
        var totals = await RunAsync(harness, NextMidnight.AddDays(1));
        Assert.Equal((1, 4), (totals.MarkersRemoved, totals.VersionsRemoved));
        Assert.Empty(await VersionsAsync(harness, "k"));
        Assert.Single(await VersionsAsync(harness, "other"));
        Assert.Equal(Bytes(1, 10), await harness.GetAsync("other"));
    }

    [Fact]
    public async Task Suspended_buckets_get_a_null_marker()
    {
        await using var harness = await StartAsync(time: new ManualTimeProvider());
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        var kept = await harness.PutAsync("k", Bytes(1, 40_000));
        await harness.Service.Buckets.UpdateAsync(Bucket(), b => b with { Versioning = VersioningStatus.Suspended }, default);
        await harness.PutAsync("k", Bytes(2, 40_000));
        await RulesAsync(harness, Expire("", 1));
        Assert.Equal(1, (await RunAsync(harness, NextMidnight.AddDays(1))).Hidden);
        var versions = await VersionsAsync(harness, "k");
        Assert.Equal([(VersionId.Null, true), (kept.VersionId, false)], versions.Select(version => (version.VersionId, version.IsDeleteMarker)));
        Assert.Single(await harness.BlobsAfterSweepAsync());
        Assert.Equal(0, (await RunAsync(harness, NextMidnight.AddDays(9))).Hidden);
    }

    [Fact]
    public async Task Open_uploads_are_aborted_by_the_age_of_their_initiation()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        var old = await harness.InitiateAsync("u/k");
        await harness.UploadPartAsync("u/k", old, 1, Bytes(1, 200_000));
        await harness.UploadPartAsync("u/k", old, 2, Bytes(2, 10));
        var elsewhere = await harness.InitiateAsync("v");
        await harness.PutAsync("u/k", Bytes(3, 40_000));
        time.Advance(TimeSpan.FromDays(3));
        var young = await harness.InitiateAsync("u/k");
        var part = await harness.UploadPartAsync("u/k", young, 1, Bytes(4, 40_000));

        // The last part is young: only the initiation counts.
        await harness.UploadPartAsync("u/k", old, 3, Bytes(3, 10));
        await RulesAsync(harness, new LifecycleRule { Prefix = "u/", AbortMultipartUpload = new() { Days = 3 } });
        Assert.Equal(0, (await RunAsync(harness, NextMidnight.AddDays(3).AddTicks(-1))).UploadsAborted);
        var totals = await RunAsync(harness, NextMidnight.AddDays(3));
        Assert.Equal((1, 200_020), (totals.UploadsAborted, totals.Bytes));
        var open = await harness.Service.Listings.UploadsAsync(Bucket(), new() { MaxEntries = 10 }, default);
        Assert.Equal([young, elsewhere], open.Items.Select(upload => upload.Id));
        Assert.Equal(Bytes(3, 40_000), await harness.GetAsync("u/k"));
        await harness.CompleteAsync("u/k", young, [part]);
        Assert.Equal(Bytes(4, 40_000), await harness.GetAsync("u/k"));
        Assert.Single(await harness.BlobsAfterSweepAsync());

        await RulesAsync(harness, new LifecycleRule { AbortMultipartUpload = new() { CreatedBeforeDate = NextMidnight.AddDays(-1) } });
        Assert.Equal(0, (await RunAsync(harness, NextMidnight.AddDays(30))).UploadsAborted);
        await RulesAsync(harness, new LifecycleRule { AbortMultipartUpload = new() { CreatedBeforeDate = NextMidnight } });
        Assert.Equal(1, (await RunAsync(harness, NextMidnight)).UploadsAborted);
    }

    [Fact]
    public async Task A_walk_is_whole_over_many_pages()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        await harness.Engine.Metadata.WriteAsync<bool>(
            [],
            async tx =>
            {
                var bucket = (await tx.Buckets.FindAsync(Bucket()))!;
                for (var i = 0; i < 2100; i++)
                {
                    await tx.Objects.PutAsync(Row(bucket, $"a{i:d5}", i, current: true));
                }

                for (var i = 0; i < 2100; i++)
                {
                    await tx.Objects.PutAsync(Row(bucket, "b", i, current: i == 2099));
                }

                return true;
            },
            default);
        await RulesAsync(
            harness, Expire("a", 1), Expire("a00001", 2), new LifecycleRule { Prefix = "b", NoncurrentVersionExpiration = new() { Days = 1 } });
        var totals = await RunAsync(harness, NextMidnight.AddDays(1));
        Assert.Equal((2100, 2099, 4200), (totals.Hidden, totals.VersionsRemoved, totals.Examined));
        Assert.Equal(["b"], await KeysAsync(harness));
        Assert.Single(await VersionsAsync(harness, "b"));

        ObjectRecord Row(BucketRecord bucket, string key, int index, bool current) => new()
        {
            BucketId = bucket.Id,
            Key = Key(key),
            VersionId = new($"v{index}"),
            Sequence = time.GetUtcNow().UtcTicks + index,
            IsCurrent = current,
            LastModified = time.GetUtcNow(),
            OwnerId = "1",
        };
    }

    [Fact]
    public async Task What_changes_between_the_look_and_the_act_is_left_alone()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        foreach (var key in new[] { "appended", "deleted", "overwritten", "plain", "tagged" })
        {
            await harness.PutAsync(key, Bytes(1, 10), Tagged(key == "tagged" ? "red" : "blue"));
        }

        await harness.DeleteAsync("appended");
        await AppendAsync(0);
        time.Advance(TimeSpan.FromDays(5));
        await RulesAsync(harness, Expire("", 1) with { Nots = [new("", new("color", "green"))] });
        var totals = await RunAsync(harness, time.GetUtcNow(), async () =>
        {
            await harness.PutAsync("overwritten", Bytes(2, 10));
            await harness.DeleteAsync("deleted");
            await harness.Service.Objects.UpdateAsync(
                Bucket(), Key("tagged"), null, record => record with { Attributes = Tagged("green").Attributes }, default);
            await AppendAsync(10);
        });
        Assert.Equal(1, totals.Expired);
        Assert.Equal(["appended", "overwritten", "tagged"], await KeysAsync(harness));
        Assert.Equal(Bytes(2, 10), await harness.GetAsync("overwritten"));

        Task AppendAsync(long position) => harness.Service.Appends.AppendAsync(
            Bucket(), Key("appended"), position, new() { Body = new() { Length = 10 } }, Pipe(Bytes(7, 10)), default).AsTask();
    }

    [Fact]
    public async Task A_version_that_became_current_again_is_left_alone()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync(versioning: VersioningStatus.Enabled);
        var old = await harness.PutAsync("k", Bytes(1, 10));
        var newer = await harness.PutAsync("k", Bytes(2, 10));
        time.Advance(TimeSpan.FromDays(5));
        await RulesAsync(harness, new LifecycleRule { NoncurrentVersionExpiration = new() { Days = 1 } });

        // Current again, and then again not, since a moment ago.
        var totals = await RunAsync(harness, time.GetUtcNow(), async () =>
        {
            await harness.Service.Objects.DeleteAsync(Bucket(), [(Key("k"), newer.VersionId)], default);
            await harness.PutAsync("k", Bytes(3, 10));
        });
        Assert.Equal(0, totals.VersionsRemoved);
        Assert.Equal(Bytes(1, 10), await harness.GetAsync("k", version: old.VersionId));
    }

    [Fact]
    public async Task Rules_that_are_replaced_stop_the_walk_of_their_bucket()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        await harness.PutAsync("k", Bytes(1, 10));
        await harness.InitiateAsync("u");
        foreach (var rule in new[] { Expire("", 1), new LifecycleRule { AbortMultipartUpload = new() { Days = 1 } } })
        {
            await RulesAsync(harness, rule);
            var totals = await RunAsync(harness, NextMidnight.AddDays(9), () => RulesAsync(harness, Expire("none", 1)));
            Assert.Equal((1, 1, 0, 0), (totals.Buckets, totals.BucketsChanged, totals.Expired, totals.UploadsAborted));
        }

        await RulesAsync(harness, Expire("", 1));
        var removed = await RunAsync(
            harness, NextMidnight.AddDays(9), () => harness.Service.Buckets.PutConfigurationAsync(Bucket(), "lifecycle", null, default).AsTask());
        Assert.Equal((1, 0), (removed.BucketsChanged, removed.Expired));
        Assert.Equal(["k"], await KeysAsync(harness));
    }

    [Theory]
    [InlineData(VersioningStatus.Unversioned)]
    [InlineData(VersioningStatus.Suspended)]
    [InlineData(VersioningStatus.Enabled)]
    public async Task A_retention_outlasts_the_rules(VersioningStatus versioning)
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync(versioning: versioning);
        await harness.PutAsync("k", Bytes(1, 40_000));
        await harness.PutAsync("k", Bytes(2, 40_000));
        var retention = new BucketRetention { WormId = "w", Days = 5, CreationDate = time.GetUtcNow(), IsLocked = true };
        var stored = await harness.Service.Buckets.UpdateAsync(Bucket(), b => b with { Retention = retention }, default);
        Assert.Equal(stored.Retention, (await harness.Service.Buckets.FindAsync(Bucket(), default)).Retention);
        await RulesAsync(harness, Expire("", 1) with { NoncurrentVersionExpiration = new() { Days = 1 } });

        // The clock decides over what is protected, not the time that a run is told.
        var early = await RunAsync(harness, NextMidnight.AddDays(9));
        Assert.Equal((0, versioning == VersioningStatus.Enabled ? 1 : 0, 0), (early.Expired, early.Hidden, early.VersionsRemoved));
        time.Advance(TimeSpan.FromDays(6));
        await RunAsync(harness, NextMidnight.AddDays(20));
        await RunAsync(harness, NextMidnight.AddDays(20));
        Assert.Empty(await harness.BlobsAfterSweepAsync());
    }

    [Fact]
    public async Task Running_beside_writers_never_takes_what_they_wrote()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        string[] keys = [.. Enumerable.Range(0, 300).Select(i => $"k{i:d3}")];
        foreach (var key in keys)
        {
            await harness.PutAsync(key, Bytes(1, 10));
        }

        time.Advance(TimeSpan.FromDays(3));
        await RulesAsync(harness, Expire("", 1));
        var dice = new Random(20260102);
        var written = keys.Where(_ => dice.Next(2) == 0).ToList();
        var shuffled = written.OrderBy(_ => dice.Next()).Chunk(written.Count / 4);
        var runs = Task.Run(async () =>
        {
            for (var i = 0; i < 3; i++)
            {
                await RunAsync(harness, time.GetUtcNow());
            }
        });
        var writers = shuffled.Select(share => Task.Run(async () =>
        {
            foreach (var key in share)
            {
                await harness.PutAsync(key, Bytes(2, 20));
            }
        }));
        await Task.WhenAll([runs, .. writers]);
        Assert.Equal(written, await KeysAsync(harness));
        foreach (var key in written)
        {
            Assert.Equal(Bytes(2, 20), await harness.GetAsync(key));
        }
    }

    [Fact]
    public async Task A_day_has_one_run_and_an_interrupted_one_is_repeated()
    {
        var time = new ManualTimeProvider();
        await using var harness = await StartAsync(time: time);
        await harness.MakeBucketAsync();
        await RulesAsync(harness, Expire("", 1));
        await harness.PutAsync("k", Bytes(1, 10));
        Assert.NotNull(await DueAsync(harness.Engine));
        Assert.Null(await DueAsync(harness.Engine));
        time.Advance(TimeSpan.FromHours(21));
        var interrupted = new InterposedStore(harness.Engine.Metadata, () => throw new IOException("the process died"));
        await Assert.ThrowsAsync<IOException>(() => DueAsync(new StorageEngine(interrupted, harness.Engine.Blobs, time, StorageOptions.Default)));
        Assert.NotNull(await DueAsync(harness.Engine));
        Assert.Null(await DueAsync(harness.Engine));
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, (await DueAsync(harness.Engine))!.Expired);

        static async Task<LifecycleTotals?> DueAsync(StorageEngine engine)
        {
            using var runner = new LifecycleRunner(engine);
            return await runner.RunIfDueAsync((_, failure) => throw failure, default);
        }
    }

    static LifecycleRule Expire(string prefix, int days) => new() { Id = "expire-" + prefix, Prefix = prefix, Expiration = new() { Days = days } };

    static LifecycleAction To(StorageClass storageClass, int days) => new() { StorageClass = storageClass, Days = days };

    static PutObjectRequest Tagged(string color) => new() { Attributes = new() { Tags = [new("color", color)] } };

    static async Task TaggedAsync(ServiceHarness harness, string key, int size, params KeyValuePair<string, string>[] tags) =>
        await harness.PutAsync(key, Bytes(size, size), new() { Attributes = new() { Tags = tags } });

    static async Task RulesAsync(ServiceHarness harness, params LifecycleRule[] rules) =>
        await harness.Service.Buckets.PutConfigurationAsync(
            Bucket(), LifecycleRunner.ConfigurationName, XmlDocuments.ToUtf8(new LifecycleConfiguration(rules)), default);

    // With something that happens right before the first transaction that acts.
    static async Task<LifecycleTotals> RunAsync(ServiceHarness harness, DateTimeOffset at, Func<Task>? between = null)
    {
        var metadata = between is null ? harness.Engine.Metadata : new InterposedStore(harness.Engine.Metadata, between);
        using var runner = new LifecycleRunner(new StorageEngine(metadata, harness.Engine.Blobs, harness.Engine.Time, StorageOptions.Default));
        return await runner.RunAsync(at, (_, failure) => throw failure, default);
    }

    static async Task<IReadOnlyList<string>> KeysAsync(ServiceHarness harness) =>
        [.. (await harness.Service.Listings.ObjectsAsync(Bucket(), new() { MaxEntries = 1000 }, default)).Items.Select(item => item.Key.Value)];

    static async Task<List<ObjectSummary>> VersionsAsync(ServiceHarness harness, string key) =>
        [.. (await harness.Service.Listings.VersionsAsync(Bucket(), new() { MaxEntries = 1000, Prefix = key }, default)).Items.Select(item => item.Summary)];

    static async Task<ObjectRecord> FindAsync(ServiceHarness harness, string key) =>
        (await harness.Service.Objects.FindAsync(Bucket(), Key(key), null, default)).Record;

    /// <summary>Lets something happen right before the first write.</summary>
    sealed class InterposedStore(IMetadataStore inner, Func<Task> between) : IMetadataStore
    {
        Func<Task>? _between = between;

        public ValueTask<string> InitializeAsync(CancellationToken ct) => inner.InitializeAsync(ct);

        public ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct) => inner.ReadAsync(body, ct);

        public async ValueTask<T> WriteAsync<T>(
            IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
        {
            if (Interlocked.Exchange(ref _between, null) is { } happens)
            {
                await happens();
            }

            return await inner.WriteAsync(locks, body, ct);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
