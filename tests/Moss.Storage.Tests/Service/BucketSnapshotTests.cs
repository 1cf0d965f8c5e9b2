using Moss.Protocol.Errors;
using Moss.Storage.Blobs;
using Moss.Storage.Buckets;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Service.ServiceHarness;

namespace Moss.Storage.Tests.Service;

/// <summary>What is known of a bucket is never older than the last change that completed before it was asked for.</summary>
public sealed class BucketSnapshotTests
{
    [Fact]
    public async Task A_known_bucket_is_not_read_again_until_it_changes()
    {
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var first = await SnapshotAsync(harness);
        Assert.Same(first, await SnapshotAsync(harness));
        await harness.PutAsync("key", [1]);
        Assert.Same(first, await SnapshotAsync(harness));

        await harness.Service.Buckets.PutConfigurationAsync(Bucket(), "cors", [1], default);
        var second = await SnapshotAsync(harness);
        Assert.Equal([1], second.Configuration("cors")!);
        Assert.Same(second.Configuration("cors"), (await SnapshotAsync(harness)).Configuration("cors"));
        Assert.Null(first.Configuration("cors"));
    }

    [Fact]
    public async Task A_bucket_that_is_gone_is_known_no_more_and_one_made_anew_is_another()
    {
        await using var harness = await StartAsync();
        var old = await harness.MakeBucketAsync();
        await SnapshotAsync(harness);
        await harness.Service.Buckets.DeleteAsync(Bucket(), default);
        Assert.Equal(OssErrors.NoSuchBucket, (await Assert.ThrowsAsync<OssException>(() => SnapshotAsync(harness).AsTask())).Error);
        var anew = await harness.MakeBucketAsync();
        Assert.NotEqual(old.Id, (await SnapshotAsync(harness)).Bucket.Id);
        Assert.Equal(anew.Id, (await SnapshotAsync(harness)).Bucket.Id);
    }

    [Fact]
    public async Task A_store_that_others_write_too_is_asked_each_time()
    {
        await using var harness = await StartAsync(StorageOptions.Default with { IsExclusive = false });
        await harness.MakeBucketAsync();
        Assert.NotSame(await SnapshotAsync(harness), await SnapshotAsync(harness));
    }

    [Fact]
    public async Task Readers_beside_a_writer_never_see_less_than_what_was_done_before_they_asked()
    {
        const int Changes = 2000;
        await using var harness = await StartAsync();
        await harness.MakeBucketAsync();
        var done = 0;
        var writing = Task.Run(async () =>
        {
            for (var n = 1; n <= Changes; n++)
            {
                await harness.Service.Buckets.PutConfigurationAsync(Bucket(), "number", BitConverter.GetBytes(n), default);
                Volatile.Write(ref done, n);
            }
        });
        var reading = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var least = 0; least < Changes;)
            {
                least = Volatile.Read(ref done);
                var seen = (await SnapshotAsync(harness)).Configuration("number") is { } number ? BitConverter.ToInt32(number) : 0;
                Assert.True(seen >= least, $"saw {seen} after {least} was done");
            }
        }));
        await Task.WhenAll([writing, .. reading]);
    }

    static Task<ServiceHarness> StartAsync(StorageOptions? options = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), options: options);

    static ValueTask<BucketSnapshot> SnapshotAsync(ServiceHarness harness) => harness.Service.Buckets.SnapshotAsync(Bucket(), default);
}
