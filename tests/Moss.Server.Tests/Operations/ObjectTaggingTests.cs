using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class ObjectTaggingTests(TestServer server)
{
    static byte[] Tags(params (string, string)[] tags) => XmlDocuments.ToUtf8(new Tagging([.. tags.Select(tag => KeyValuePair.Create(tag.Item1, tag.Item2))]));

    [Fact]
    public async Task Sets_replaces_and_removes()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tagging>\n  <TagSet></TagSet>\n</Tagging>\n",
            (await server.SendAsync(Call.Get(bucket, "k", ("tagging", null)))).Is(200).Text);
        (await server.SendAsync(Call.Put(bucket, "k", Tags(("a", "1"), ("键", "值")), ("tagging", null)))).Is(200);
        var got = (await server.SendAsync(Call.Get(bucket, "k", ("tagging", null)))).Is(200);
        Assert.Equal(["a", "键"], got.Elements("Key"));
        Assert.Equal(["1", "值"], got.Elements("Value"));
        Assert.Equal("2", (await server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-tagging-count"]);
        (await server.SendAsync(Call.Delete(bucket, "k", ("tagging", null)))).Is(204);
        Assert.Null((await server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-tagging-count"]);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "", "MalformedXML" },
        { "<Tagging></Tagging>", "MalformedXML" },
        { "<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>", "MalformedXML" },
        { "<Tagging><TagSet><Tag><Key></Key><Value>v</Value></Tag></TagSet></Tagging>", "InvalidTag" },
        { "<Tagging><TagSet><Tag><Key>k</Key></Tag><Tag><Key>k</Key></Tag></TagSet></Tagging>", "InvalidTag" },
        { "<Tagging><TagSet><Tag><Key>k*</Key></Tag></TagSet></Tagging>", "InvalidTag" },
        { $"<Tagging><TagSet><Tag><Key>{new string('k', 129)}</Key></Tag></TagSet></Tagging>", "InvalidTag" },
        { $"<Tagging><TagSet><Tag><Key>k</Key><Value>{new string('v', 257)}</Value></Tag></TagSet></Tagging>", "InvalidTag" },
        { $"<Tagging><TagSet>{string.Concat(Enumerable.Range(0, 11).Select(i => $"<Tag><Key>{i}</Key></Tag>"))}</TagSet></Tagging>", "InvalidTag" },
        { $"<Tagging>{string.Concat(Enumerable.Repeat("<a>", 1000))}", "MalformedXML" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Refuses_bad_tags_and_changes_nothing(string body, string code)
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of(body), ("tagging", null)))).Is(400, code);
        Assert.Null((await server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-tagging-count"]);
        (await server.SendAsync(Call.Put(bucket, "no", Tags(("a", "b")), ("tagging", null)))).Is(404, "NoSuchKey");
    }
}
