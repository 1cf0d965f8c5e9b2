using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Tests.Service;

/// <summary>A small object that is kept is never older than the last change that completed before it was asked for, nor than what any other call has shown.</summary>
public sealed class SmallObjectTests
{
    [Fact]
    public async Task What_is_read_again_and_again_is_as_it_was_last_written()
    {
        await using var harness = await StartAsync();
        await KeepAsync(harness, "key", [1]);
        await harness.PutAsync("key", [2]);
        Assert.Equal([2], await harness.GetAsync("key"));
        var before = await RecordAsync(harness);
        await harness.Service.Objects.UpdateAsync(Bucket(), Key("key"), null, record => record with { Acl = Acl.PublicRead }, default);
        Assert.Equal(Acl.PublicRead, (await RecordAsync(harness)).Acl);
        Assert.NotEqual(Acl.PublicRead, before.Acl);

        await harness.Service.Objects.DeleteAsync(Bucket(), [(Key("key"), null)], default);
        Assert.Equal(OssErrors.NoSuchKey, (await Assert.ThrowsAsync<OssException>(() => harness.GetAsync("key"))).Error);
    }

    [Fact]
    public async Task A_condition_holds_of_what_is_kept()
    {
        await using var harness = await StartAsync();
        await KeepAsync(harness, "key", [1]);
        var etag = (await RecordAsync(harness)).ETag;
        var conditions = ReadConditions.None with { IfNoneMatch = etag.Value };
        await Assert.ThrowsAsync<OssException>(async () => await harness.Service.Objects.OpenAsync(Bucket(), Key("key"), null, conditions, default));
    }

    [Fact]
    public async Task A_bucket_that_is_made_anew_has_nothing_of_the_old_one()
    {
        await using var harness = await StartAsync();
        await KeepAsync(harness, "key", [1]);
        await harness.Service.Objects.DeleteAsync(Bucket(), [(Key("key"), null)], default);
        await harness.Service.Buckets.DeleteAsync(Bucket(), default);
        await harness.MakeBucketAsync();
        Assert.Equal(OssErrors.NoSuchKey, (await Assert.ThrowsAsync<OssException>(() => harness.GetAsync("key"))).Error);
    }

    [Fact]
    public void A_store_that_others_write_too_keeps_nothing()
    {
        var objects = new SmallObjects(keeps: false);
        Assert.Null(objects.Reserve(Bucket(), Key("key")));
        Assert.Null(objects.Reserve(Bucket(), Key("key")));
        Assert.Null(objects.Find(NewBucket(), Key("key")));
    }

    [Fact]
    public void While_a_key_is_changed_nothing_is_found_and_what_is_read_then_is_not_kept()
    {
        var objects = new SmallObjects(keeps: true);
        var bucket = NewBucket();
        var record = NewRecord("key");
        MetadataLock[] locks = [MetadataLock.Bucket(Bucket(), shared: true), MetadataLock.Key(Bucket(), Key("key"))];
        Assert.Null(objects.Reserve(Bucket(), Key("key")));
        objects.Keep(objects.Reserve(Bucket(), Key("key"))!, new(record, [1]));
        Assert.NotNull(objects.Find(bucket, Key("key")));
        Assert.Null(objects.Find(bucket with { Id = 2 }, Key("key")));
        Assert.Null(objects.Find(bucket, Key("other")));

        var early = objects.Reserve(Bucket(), Key("key"))!;
        objects.BeginChange(locks);
        Assert.Null(objects.Find(bucket, Key("key")));
        objects.Keep(early, new(record, [1]));
        Assert.Null(objects.Find(bucket, Key("key")));
        Assert.Null(objects.Reserve(Bucket(), Key("key")));
        objects.EndChange(locks);
        Assert.Null(objects.Find(bucket, Key("key")));

        // A place that was given back is nobody's, and one that is filled stays.
        var left = objects.Reserve(Bucket(), Key("key"))!;
        objects.Release(left);
        objects.Keep(left, new(record, [1]));
        Assert.Null(objects.Find(bucket, Key("key")));
        objects.Keep(objects.Reserve(Bucket(), Key("key"))!, new(record, [2]));
        objects.Release(objects.Reserve(Bucket(), Key("key"))!);
        Assert.Equal([2], objects.Find(bucket, Key("key"))!.Bytes);
    }

    [Theory]
    [InlineData(32 * 1024, 0, 2048)]
    [InlineData(1, 16_000, 2048)] // Characters of 2 bytes.
    public void Not_more_is_kept_than_there_is_room_for(int length, int metadata, int most)
    {
        var objects = new SmallObjects(keeps: true);
        var bucket = NewBucket();
        var attributes = new ObjectAttributes { UserMetadata = [new("m", new string('x', metadata))] };
        for (var n = 1; n <= 10_000; n++)
        {
            var key = Key($"key{n}");
            objects.Reserve(Bucket(), key);
            objects.Keep(objects.Reserve(Bucket(), key)!, new(NewRecord(key.Value) with { Attributes = attributes }, new byte[length]));
            if (n % 500 == 0)
            {
                Assert.InRange(Enumerable.Range(1, n).Count(i => objects.Find(bucket, Key($"key{i}")) is not null), 1, most);
            }
        }
    }

    /// <summary>Neither after a write was acknowledged nor after a look past the cache has shown one may an older body be read.</summary>
    [Fact]
    public async Task Readers_beside_a_writer_never_see_less_than_was_done_or_shown()
    {
        const int Changes = 3000;
        await using var harness = await StartAsync();
        await KeepAsync(harness, "key", BitConverter.GetBytes(0));
        var done = 0;
        var writing = Task.Run(async () =>
        {
            for (var n = 1; n <= Changes; n++)
            {
                await harness.PutAsync("key", BitConverter.GetBytes(n));
                Volatile.Write(ref done, n);
                if (n % 7 == 0)
                {
                    await Task.Yield();
                }
            }
        });
        var reading = Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            for (var least = 0; least < Changes;)
            {
                least = Volatile.Read(ref done);
                if (reader % 2 == 0)
                {
                    var shown = await harness.Service.Objects.HeadAsync(Bucket(), Key("key"), null, ReadConditions.None, default);
                    await using var content = await harness.Service.Objects.OpenAsync(Bucket(), Key("key"), null, ReadConditions.None, default);
                    Assert.True(content.Record.LastModified >= shown.Record.LastModified, "An older object than HeadObject has shown.");
                }

                var seen = BitConverter.ToInt32(await harness.GetAsync("key"));
                Assert.True(seen >= least, $"saw {seen} after {least} was done");
            }
        }));
        await Task.WhenAll([writing, .. reading]);
    }

    static Task<ServiceHarness> StartAsync() => ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore());

    static async Task KeepAsync(ServiceHarness harness, string key, byte[] body)
    {
        await harness.MakeBucketAsync();
        await harness.PutAsync(key, body);
        Assert.Equal(body, await harness.GetAsync(key));
    }

    static BucketRecord NewBucket() => new() { Id = 1, Name = Bucket(), OwnerId = "o", CreationDate = default };

    static ObjectRecord NewRecord(string key) => new() { BucketId = 1, Key = Key(key), Sequence = 1, IsCurrent = true, LastModified = default, OwnerId = "o" };

    static async Task<ObjectRecord> RecordAsync(ServiceHarness harness)
    {
        await using var content = await harness.Service.Objects.OpenAsync(Bucket(), Key("key"), null, ReadConditions.None, default);
        return content.Record;
    }
}
