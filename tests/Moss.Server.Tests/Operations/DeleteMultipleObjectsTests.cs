using System.Text;
using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

public sealed class DeleteMultipleObjectsTests(TestServer server)
{
    static Call Delete(string bucket, byte[] body, params (string, string?)[] query) =>
        Call.Post(bucket, null, body, [("delete", null), .. query]).With(("Content-MD5", Bytes.Md5(body)));

    static byte[] List(bool quiet, params string[] keys) => XmlDocuments.ToUtf8(new Delete(quiet, [.. keys.Select(key => new DeleteEntry(key))]));

    [Fact]
    public async Task Answers_in_the_order_of_the_request()
    {
        var bucket = await server.BucketWithAsync("b", Bytes.Of("x"));
        (await server.SendAsync(Call.Put(bucket, "a/中 文", Bytes.Of("x")))).Is(200);
        var answer = (await server.SendAsync(Delete(bucket, List(quiet: false, "b", "a/中 文", "nothing", "b")))).Is(200);
        Assert.Equal(["b", "a/中 文", "nothing", "b"], answer.Elements("Key"));
        Assert.Null(answer.Element("EncodingType"));
        Assert.Empty((await server.SendAsync(Call.Get(bucket))).Is(200).Elements("Key"));
    }

    [Fact]
    public async Task Encodes_when_asked_and_is_silent_when_quiet()
    {
        var bucket = await server.BucketAsync();
        var encoded = (await server.SendAsync(Delete(bucket, List(quiet: false, "a b/中"), ("encoding-type", "url")))).Is(200);
        Assert.Equal("url", encoded.Element("EncodingType"));
        Assert.Equal(["a%20b%2F%E4%B8%AD"], encoded.Elements("Key"));
        var quiet = (await server.SendAsync(Delete(bucket, List(quiet: true, "a")))).Is(200);
        Assert.Equal("0", quiet["Content-Length"]);
        Assert.Empty(quiet.Body);
    }

    [Theory]
    [InlineData("raw \u0001 and \u0002")]
    [InlineData("reference &#x1; and &#2;")]
    public async Task Takes_control_characters_as_clients_send_them(string key)
    {
        const string name = "raw \u0001 and \u0002", other = "reference \u0001 and \u0002";
        var bucket = await server.BucketWithAsync(name, Bytes.Of("x"));
        (await server.SendAsync(Call.Put(bucket, other, Bytes.Of("x")))).Is(200);
        var body = Bytes.Of($"<Delete><Object><Key>{key}</Key></Object></Delete>");
        (await server.SendAsync(Delete(bucket, body, ("encoding-type", "url")))).Is(200);
        Assert.Single((await server.SendAsync(Call.Get(bucket, null, ("encoding-type", "url")))).Is(200).Elements("Key"));
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<Delete></Delete>", "MalformedXML")]
    [InlineData("<Delete><Object><Key>a</Key></Object>", "MalformedXML")]
    [InlineData("<Delete><Object></Object></Delete>", "MalformedXML")]
    [InlineData("<Remove><Object><Key>a</Key></Object></Remove>", "MalformedXML")]
    [InlineData("<!DOCTYPE Delete><Delete><Object><Key>a</Key></Object></Delete>", "MalformedXML")]
    [InlineData("<Delete><Quiet>perhaps</Quiet><Object><Key>a</Key></Object></Delete>", "MalformedXML")]
    [InlineData("<Delete><Object><Key></Key></Object></Delete>", "UserKeyMustBeSpecified")]
    [InlineData("<Delete><Object><Key>/a</Key></Object></Delete>", "InvalidObjectName")]
    public async Task Refuses_bad_lists_and_deletes_nothing(string body, string code)
    {
        var bucket = await server.BucketWithAsync("a", Bytes.Of("x"));
        (await server.SendAsync(Delete(bucket, Bytes.Of(body)))).Is(400, code);
        (await server.SendAsync(Call.Head(bucket, "a"))).Is(200);
    }

    [Fact]
    public async Task A_wrong_root_says_so()
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Delete(bucket, Bytes.Of("<Remove/>")))).Is(400, "MalformedXML")
            .Has("ErrorDetail", "the root node is not named Delete.").Has("EC", "0016-00000608");
    }

    [Fact]
    public async Task Takes_a_thousand_keys_and_no_more()
    {
        var bucket = await server.BucketWithAsync("key-7", Bytes.Of("x"));
        var keys = Enumerable.Range(0, 1000).Select(i => $"key-{i}").ToArray();
        Assert.Equal(1000, (await server.SendAsync(Delete(bucket, List(quiet: false, keys)))).Is(200).Elements("Key").Count);
        (await server.SendAsync(Delete(bucket, List(quiet: false, [.. keys, "one-more"])))).Is(400, "MalformedXML");
        (await server.SendAsync(Delete(bucket, Encoding.ASCII.GetBytes(new string(' ', (2 << 20) + 1))))).Is(400, "MalformedXML");
        (await server.SendAsync(Delete(bucket, List(quiet: true, "a")) with { Headers = [("Content-MD5", "x")] })).Is(400, "InvalidDigest");
    }
}
