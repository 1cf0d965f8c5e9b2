using System.Text;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Conformance.Metadata.MetadataSamples;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    [Fact]
    public async Task Bucket_comes_back_as_it_was_stored()
    {
        var inserted = await InsertBucket();
        Assert.Equal(Bucket("bucket") with { Id = inserted.Id }, inserted);
        Assert.Equal(inserted, await Read(transaction => transaction.Buckets.FindAsync(Name("bucket"))));
        Assert.Null(await Read(transaction => transaction.Buckets.FindAsync(Name("bucket2"))));
    }

    [Fact]
    public async Task Bucket_update_changes_every_field()
    {
        var inserted = await InsertBucket();
        var changed = inserted with
        {
            OwnerId = "",
            CreationDate = Time.AddDays(1),
            Acl = Acl.Private,
            StorageClass = StorageClass.Standard,
            DataRedundancyType = "LRS",
            Versioning = VersioningStatus.Enabled,
            Region = "",
            ResourceGroupId = "",
        };
        await Write(transaction => transaction.Buckets.UpdateAsync(changed));
        Assert.Equal(changed, await Read(transaction => transaction.Buckets.FindAsync(Name("bucket"))));
    }

    [Fact]
    public async Task Bucket_ids_are_never_used_again()
    {
        var first = await InsertBucket();
        await Write(transaction => transaction.Buckets.DeleteAsync(first.Id));
        Assert.Null(await Read(transaction => transaction.Buckets.FindAsync(first.Name)));
        var second = await InsertBucket();
        Assert.True(second.Id > first.Id, $"{second.Id} after {first.Id}");
    }

    [Fact]
    public async Task Bucket_of_a_taken_name_is_refused()
    {
        await InsertBucket();
        await Assert.ThrowsAnyAsync<Exception>(() => InsertBucket());
        Assert.Single(await Read(transaction => transaction.Buckets.ListAsync("", "", 10)));
    }

    [Fact]
    public async Task Buckets_list_by_name_with_prefix_position_and_limit()
    {
        foreach (var name in new[] { "b-b", "aaa", "b-a", "b0b", "ccc", "bbb" })
        {
            await InsertBucket(name);
        }

        Assert.Equal("aaa b-a b-b b0b bbb ccc", await List("", "", 10));
        Assert.Equal("aaa b-a", await List("", "", 2));
        Assert.Equal("b-b b0b", await List("", "b-a", 2));
        Assert.Equal("b-a b-b b0b bbb", await List("b", "", 10));
        Assert.Equal("b-a b-b", await List("b-", "aaa", 10));
        Assert.Equal("bbb", await List("b", "b0b", 10));
        Assert.Equal("b0b bbb", await List("b", "b-c", 10));
        Assert.Equal("", await List("b", "ccc", 10));
        Assert.Equal("", await List("d", "", 10));

        async Task<string> List(string prefix, string after, int limit) =>
            string.Join(' ', (await Read(transaction => transaction.Buckets.ListAsync(prefix, after, limit))).Select(bucket => bucket.Name));
    }

    [Fact]
    public async Task Configuration_is_stored_replaced_removed_and_goes_with_its_bucket()
    {
        var (first, second) = (await InsertBucket("first"), await InsertBucket("second"));
        var document = Encoding.UTF8.GetBytes("<a>\0\u00e9</a>");
        await Write(transaction => transaction.Buckets.PutConfigurationAsync(first.Id, "cors", document));
        await Write(transaction => transaction.Buckets.PutConfigurationAsync(first.Id, "lifecycle", []));
        await Write(transaction => transaction.Buckets.PutConfigurationAsync(second.Id, "cors", [2]));
        AssertSame(document, await Find(first, "cors"));
        AssertSame(Array.Empty<byte>(), await Find(first, "lifecycle"));
        Assert.Null(await Find(first, "website"));
        Assert.Equal("cors 10, lifecycle 0", await List(first));

        await Write(transaction => transaction.Buckets.PutConfigurationAsync(first.Id, "cors", [1]));
        AssertSame(new byte[] { 1 }, await Find(first, "cors"));
        await Write(transaction => transaction.Buckets.PutConfigurationAsync(first.Id, "cors", null));
        await Write(transaction => transaction.Buckets.PutConfigurationAsync(first.Id, "website", null));
        Assert.Null(await Find(first, "cors"));

        await Write(transaction => transaction.Buckets.DeleteAsync(first.Id));
        Assert.Null(await Find(first, "lifecycle"));
        AssertSame(new byte[] { 2 }, await Find(second, "cors"));
        Assert.Equal("", await List(first));
        Assert.Equal("cors 1", await List(second));

        async Task<string> List(BucketRecord bucket) => string.Join(
            ", ", (await Read(transaction => transaction.Buckets.ListConfigurationsAsync(bucket.Id))).Select(pair => $"{pair.Key} {pair.Value.Length}"));

        Task<byte[]?> Find(BucketRecord bucket, string name) =>
            Read(transaction => transaction.Buckets.FindConfigurationAsync(bucket.Id, name));
    }

    [Fact]
    public async Task Settings_are_stored_replaced_removed_and_listed_by_prefix()
    {
        await Write(async transaction =>
        {
            foreach (var name in new[] { "users/b", "users/", "users/\uffff", "users/\U00010000", "users", "users0", "roles/a" })
            {
                await transaction.Settings.PutAsync(name, Encoding.UTF8.GetBytes(name));
            }
        });
        AssertSame("users/b"u8.ToArray(), await Read(transaction => transaction.Settings.FindAsync("users/b")));
        Assert.Null(await Read(transaction => transaction.Settings.FindAsync("users/c")));
        Assert.Equal("users/|users/b|users/\uffff|users/\U00010000", await List("users/"));
        Assert.Equal("roles/a|users|users/|users/b|users/\uffff|users/\U00010000|users0", await List(""));
        Assert.Equal("", await List("x"));

        await Write(transaction => transaction.Settings.PutAsync("users/", []));
        await Write(transaction => transaction.Settings.PutAsync("users/b", null));
        AssertSame(Array.Empty<byte>(), await Read(transaction => transaction.Settings.FindAsync("users/")));
        Assert.Equal("|users/\uffff|users/\U00010000", await List("users/"));

        async Task<string> List(string prefix) => string.Join('|', (await Read(transaction => transaction.Settings.ListAsync(prefix)))
            .Select(pair => pair.Value.Length == 0 ? "" : pair.Key));
    }
}
