using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketTags, GetBucketTags, DeleteBucketTags.</summary>
public sealed class BucketTagsTests(TestServer server)
{
    [Fact]
    public async Task Tags_are_replaced_as_a_whole_and_removed_by_name()
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, 200, ("old", "x"));
        await PutAsync(bucket, 200, ("a", "1"), ("b", ""), ("c", "三"));
        Assert.Equal(["a", "b", "c"], await KeysAsync(bucket));
        Assert.Equal(["1", "", "三"], (await server.SendAsync(Call.Get(bucket, null, ("tagging", null)))).Is(200).Elements("Value"));
        (await server.SendAsync(Call.Delete(bucket, null, ("tagging", "a,c,none")))).Is(204);
        Assert.Equal(["b"], await KeysAsync(bucket));
        (await server.SendAsync(Call.Delete(bucket, null, ("tagging", "b")))).Is(204);
        Assert.Empty(await KeysAsync(bucket));
        await PutAsync(bucket, 200, ("a", "1"));
        (await server.SendAsync(Call.Delete(bucket, null, ("tagging", null)))).Is(204);
        Assert.Empty(await KeysAsync(bucket));
    }

    [Fact]
    public async Task Limits_are_kept()
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, 200, [.. Enumerable.Range(0, 20).Select(i => ($"k{i}", "v"))]);
        await PutAsync(bucket, 400, "TooManyTags", [.. Enumerable.Range(0, 21).Select(i => ($"k{i}", "v"))]);
        await PutAsync(bucket, 200, (new string('k', 64), new string('v', 128)));
        await PutAsync(bucket, 400, "InvalidTag", (new string('k', 65), "v"));
        await PutAsync(bucket, 400, "InvalidTag", (new string('三', 22), "v"));
        await PutAsync(bucket, 400, "InvalidTag", ("k", new string('v', 129)));
        await PutAsync(bucket, 400, "InvalidTag", ("", "v"));
        await PutAsync(bucket, 400, "InvalidTag", ("http://k", "v"));
        await PutAsync(bucket, 400, "InvalidTag", ("HTTPS://k", "v"));
        await PutAsync(bucket, 400, "InvalidTag", ("aliyunk", "v"));
        await PutAsync(bucket, 400, "RepeatedTags", ("k", "1"), ("k", "2"));
        (await server.SendAsync(Call.Put(bucket, null, Bytes.Of("<Tagging></Tagging>"), ("tagging", null)))).Is(400, "MalformedXML");
        Assert.Equal([new string('k', 64)], await KeysAsync(bucket));
        (await server.SendAsync(Call.Put("no-such-bucket", null, Document(("k", "v")), ("tagging", null)))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task They_go_with_their_bucket()
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, 200, ("a", "1"));
        (await server.SendAsync(Call.Delete(bucket))).Is(204);
        (await server.SendAsync(Call.Put(bucket))).Is(200);
        Assert.Empty(await KeysAsync(bucket));
    }

    static byte[] Document(params (string Key, string Value)[] tags) => Bytes.Of(
        $"<Tagging><TagSet>{string.Concat(tags.Select(tag => $"<Tag><Key>{tag.Key}</Key><Value>{tag.Value}</Value></Tag>"))}</TagSet></Tagging>");

    Task PutAsync(string bucket, int status, params (string Key, string Value)[] tags) => PutAsync(bucket, status, null, tags);

    async Task PutAsync(string bucket, int status, string? code, params (string Key, string Value)[] tags) =>
        (await server.SendAsync(Call.Put(bucket, null, Document(tags), ("tagging", null)))).Is(status, code);

    async Task<IReadOnlyList<string>> KeysAsync(string bucket) =>
        (await server.SendAsync(Call.Get(bucket, null, ("tagging", null)))).Is(200).Elements("Key");
}
