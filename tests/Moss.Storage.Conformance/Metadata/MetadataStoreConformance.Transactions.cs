using System.Globalization;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    [Fact]
    public async Task Initialize_is_repeatable_and_names_the_store()
    {
        var identity = await Store.InitializeAsync(Ct);
        Assert.NotEmpty(identity);
        Assert.Equal(identity, await Store.InitializeAsync(Ct));
        var other = await CreateStoreAsync();
        await using (other)
        {
            Assert.NotEqual(identity, await other.InitializeAsync(Ct));
        }
    }

    [Fact]
    public async Task Committed_rows_are_there_after_reopening()
    {
        var identity = await Store.InitializeAsync(Ct);
        var bucket = await InsertBucket();
        var record = FullObject(bucket.Id, Key("k"));
        await Put(record);
        await AddBlob(BlobRow(1, inline: true), [1, 2, 3]);
        var upload = await InsertUpload("k", "1");
        await Write(transaction => transaction.Uploads.DeleteAsync(upload));
        await ReopenAsync();
        Assert.Equal(identity, await Store.InitializeAsync(Ct));
        AssertSame(record, await Read(transaction => transaction.Objects.FindAsync(bucket.Id, Key("k"))));
        AssertSame(new byte[] { 1, 2, 3 }, await Read(transaction => transaction.Blobs.ReadInlineAsync(Blob(1, inline: true))));
        Assert.True((await InsertUpload("k", "1")).RowId > upload.RowId);
    }

    [Fact]
    public async Task Exception_of_a_body_is_passed_on_and_undoes_all_its_writes()
    {
        var error = await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Write(async transaction =>
        {
            await transaction.Buckets.InsertAsync(Bucket("gone"));
            await transaction.Objects.PutAsync(PlainObject(1, Key("gone")));
            await transaction.Blobs.AddAsync(BlobRow(1), null);
            await transaction.Settings.PutAsync("gone", [1]);
            throw new InvalidTimeZoneException("this one");
        }));
        Assert.Equal("this one", error.Message);
        Assert.Null(await Read(transaction => transaction.Buckets.FindAsync(Name("gone"))));
        Assert.Null(await Read(transaction => transaction.Objects.FindAsync(1, Key("gone"))));
        Assert.Null(await Read(transaction => transaction.Blobs.FindAsync(Blob(1))));
        Assert.Null(await Read(transaction => transaction.Settings.FindAsync("gone")));
    }

    [Fact]
    public async Task Failing_bodies_do_not_touch_their_neighbours()
    {
        var random = new Random(7);
        var tasks = new List<Task>();
        for (var i = 0; i < 300; i++)
        {
            var (key, writes, fails) = (Key(i.ToString("d3", CultureInfo.InvariantCulture)), random.Next(4), i % 3 == 0);
            tasks.Add(Write(
                async transaction =>
                {
                    // Before the writes, between them, or after them.
                    await transaction.Objects.PutAsync(PlainObject(1, key));
                    for (var j = 0; j < writes; j++)
                    {
                        await transaction.Objects.PutAsync(PlainObject(1, key, j, current: false));
                    }

                    Assert.False(fails, "asked to fail");
                    await transaction.Objects.PutAsync(PlainObject(2, key));
                },
                MetadataLock.Key(Name("bucket"), key)));
        }

        for (var i = 0; i < tasks.Count; i++)
        {
            if (i % 3 == 0)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => tasks[i]);
            }
            else
            {
                await tasks[i];
            }
        }

        var expected = Enumerable.Range(0, 300).Where(i => i % 3 != 0).Select(i => i.ToString("d3", CultureInfo.InvariantCulture));
        foreach (var bucket in new[] { 1, 2 })
        {
            var rows = await Read(transaction => transaction.Objects.ScanAsync(bucket, default, null, 1000));
            Assert.Equal(expected, rows.Select(row => row.Key.Value));
        }

        var history = await Read(transaction => transaction.Objects.ScanVersionsAsync(1, default, long.MaxValue, null, 10_000));
        Assert.All(history, row => Assert.NotEqual(0, int.Parse(row.Key.Value, CultureInfo.InvariantCulture) % 3));
    }

    [Fact]
    public async Task Body_sees_its_own_writes()
    {
        await Write(async transaction =>
        {
            var bucket = await transaction.Buckets.InsertAsync(Bucket("bucket"));
            Assert.Equal(bucket, await transaction.Buckets.FindAsync(Name("bucket")));
            await transaction.Objects.PutAsync(PlainObject(bucket.Id, Key("k")));
            await transaction.Objects.PutAsync(PlainObject(bucket.Id, Key("k"), 0, current: false));
            Assert.NotNull(await transaction.Objects.FindAsync(bucket.Id, Key("k")));
            Assert.Equal(2, (await transaction.Objects.ScanVersionsAsync(bucket.Id, default, long.MaxValue, null, 10)).Count);
            await transaction.Blobs.AddAsync(BlobRow(1), null);
            Assert.True(await transaction.Blobs.AddReferenceAsync(Blob(1)));
            Assert.False(await transaction.Blobs.DropReferenceAsync(Blob(1)));
            Assert.True(await transaction.Blobs.DropReferenceAsync(Blob(1)));
            Assert.Null(await transaction.Blobs.FindAsync(Blob(1)));
        });
    }

    [Fact]
    public async Task Read_sees_one_snapshot_to_its_end()
    {
        await Put(PlainObject(1, Key("a"), sequence: 1));
        var (seen, later) = (new TaskCompletionSource(), new TaskCompletionSource());
        var reading = Task.Run(() => Read(async transaction =>
        {
            var before = await transaction.Objects.FindAsync(1, Key("a"));
            seen.SetResult();
            await later.Task;
            var after = await transaction.Objects.FindAsync(1, Key("a"));
            var all = await transaction.Objects.ScanAsync(1, default, null, 10);
            return (before!.Sequence, after!.Sequence, all.Count);
        }));
        await Task.WhenAny(seen.Task, reading);
        await Put(PlainObject(1, Key("a"), sequence: 2), PlainObject(1, Key("b")));
        Assert.Equal(2, (await Read(transaction => transaction.Objects.FindAsync(1, Key("a"))))!.Sequence);
        later.SetResult();
        Assert.Equal((1, 1, 1), await reading);
    }

    [Fact]
    public async Task Read_that_writes_or_throws_leaves_nothing_and_harms_nobody()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Read(async transaction =>
        {
            await transaction.Settings.PutAsync("written", [1]);
            return await transaction.Settings.FindAsync("written");
        }));
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Read<int>(_ => throw new InvalidTimeZoneException()));
        Assert.Null(await Read(transaction => transaction.Settings.FindAsync("written")));
        await Write(transaction => transaction.Settings.PutAsync("written", [1]));
    }

    [Fact]
    public async Task Acknowledged_write_is_seen_by_every_later_read()
    {
        var tasks = Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (var i = 1; i <= 20; i++)
            {
                var key = Key("k" + worker);
                await Store.WriteAsync(
                    [MetadataLock.Key(Name("bucket"), key)],
                    async transaction =>
                    {
                        await transaction.Objects.PutAsync(PlainObject(1, key, i));
                        return true;
                    },
                    Ct);
                Assert.Equal(i, (await Read(transaction => transaction.Objects.FindAsync(1, key)))!.Sequence);
            }
        }));
        await Task.WhenAll(tasks);
    }

    [Fact]
    public async Task Exclusive_locks_lose_no_update()
    {
        const int workers = 64;
        const int rounds = 50;
        await Write(transaction => transaction.Settings.PutAsync("counter", BitConverter.GetBytes(0)));
        var tasks = Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < rounds; i++)
            {
                await Write(
                    async transaction =>
                    {
                        var count = BitConverter.ToInt32(await transaction.Settings.FindAsync("counter"));
                        await transaction.Settings.PutAsync("counter", BitConverter.GetBytes(count + 1));
                    },
                    MetadataLock.Named("counter"));
            }
        }));
        await Task.WhenAll(tasks);
        Assert.Equal(workers * rounds, BitConverter.ToInt32(await Read(transaction => transaction.Settings.FindAsync("counter"))));
    }

    [Fact]
    public async Task Locks_in_any_order_neither_block_each_other_nor_lose_updates()
    {
        const int counters = 5;
        var tasks = Enumerable.Range(0, 32).Select(worker => Task.Run(async () =>
        {
            var random = new Random(worker);
            for (var i = 0; i < 25; i++)
            {
                var names = Enumerable.Range(0, 3).Select(_ => "counter" + random.Next(counters)).ToArray();
                var locks = names.Select(name => MetadataLock.Named(name, shared: random.Next(4) == 0))
                    .Concat(names.Distinct().Select(name => MetadataLock.Named(name)))
                    .Append(MetadataLock.Bucket(Name("bucket"), shared: true)).ToArray();
                random.Shuffle(locks);
                await Write(
                    async transaction =>
                    {
                        foreach (var name in names)
                        {
                            var count = await transaction.Settings.FindAsync(name) is { } bytes ? BitConverter.ToInt32(bytes) : 0;
                            await transaction.Settings.PutAsync(name, BitConverter.GetBytes(count + 1));
                        }
                    },
                    locks);
            }
        }));
        await Task.WhenAll(tasks);
        var total = (await Read(transaction => transaction.Settings.ListAsync("counter"))).Sum(pair => BitConverter.ToInt32(pair.Value));
        Assert.Equal(32 * 25 * 3, total);
    }

    [Fact]
    public async Task Writers_of_different_keys_all_arrive()
    {
        var tasks = Enumerable.Range(0, 500).Select(i => Task.Run(() =>
        {
            var key = Key($"k{i % 7}/{i}");
            return Write(
                transaction => transaction.Objects.PutAsync(PlainObject(1, key, i)),
                MetadataLock.Bucket(Name("bucket"), shared: true),
                MetadataLock.Key(Name("bucket"), key));
        }));
        await Task.WhenAll(tasks);
        var rows = await Read(transaction => transaction.Objects.ScanAsync(1, default, null, 1000));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), rows.Select(row => row.Sequence).Order());
    }

    [Fact]
    public async Task References_of_one_blob_are_counted_across_concurrent_transactions()
    {
        await AddBlob(BlobRow(1), null);
        var added = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() =>
            Write(transaction => transaction.Blobs.AddReferenceAsync(Blob(1))))));
        Assert.DoesNotContain(false, added);
        var dropped = await Task.WhenAll(Enumerable.Range(0, 101).Select(_ => Task.Run(() =>
            Write(transaction => transaction.Blobs.DropReferenceAsync(Blob(1))))));
        Assert.Single(dropped, went => went);
        Assert.Equal([Blob(1)], await Read(transaction => transaction.Blobs.FindUnknownAsync([Blob(1)])));
    }

    [Fact]
    public async Task Cancelled_before_its_turn_a_body_never_runs()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var ran = false;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync(
            [],
            async transaction =>
            {
                ran = true;
                await transaction.Settings.PutAsync("ran", [1]);
                return ran;
            },
            cancelled.Token).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadAsync(
            transaction => transaction.Settings.FindAsync("ran"), cancelled.Token).AsTask());
        Assert.False(ran);
        Assert.Null(await Read(transaction => transaction.Settings.FindAsync("ran")));
    }

    [Fact]
    public async Task Cancelled_while_it_waits_a_body_never_runs_and_others_do()
    {
        // The first body holds the lock until the second was given up.
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using var cancelling = new CancellationTokenSource();
        var key = MetadataLock.Named("one");
        var first = Task.Run(() => Write(
            async transaction =>
            {
                await transaction.Settings.PutAsync("first", [1]);
                entered.Set();
                Assert.True(gate.Wait(Patience, Ct), "the second body was not given up");
            },
            key));
        Assert.True(entered.Wait(Patience, Ct), "the first body did not begin");
        var second = Store.WriteAsync<bool>(
            [key],
            async transaction =>
            {
                await transaction.Settings.PutAsync("second", [1]);
                return true;
            },
            cancelling.Token).AsTask();
        var third = Write(transaction => transaction.Settings.PutAsync("third", [1]), key);
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        await Task.WhenAll(first, third);
        var names = (await Read(transaction => transaction.Settings.ListAsync(""))).Select(pair => pair.Key);
        Assert.Equal(["first", "third"], names);
    }
}
