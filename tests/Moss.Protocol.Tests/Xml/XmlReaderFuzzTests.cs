using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Tests;

namespace Moss.Protocol.Tests.Xml;

/// <summary>Whatever bytes come, a document is read or refused as <c>MalformedXML</c>: no other exception, no entity, no deep recursion.</summary>
public sealed class XmlReaderFuzzTests
{
    /// <summary>What the mutations begin at; an input that ever failed is added here.</summary>
    static readonly string[] Corpus =
    [
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"X\"</ETag></Part></CompleteMultipartUpload>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<Delete xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">\n <Quiet>true</Quiet><Object><Key>a&#x0C;&amp;&lt;</Key><VersionId/></Object></Delete>",
        "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
        "<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>",
        "<!DOCTYPE Delete [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><Delete><Object><Key>&b;</Key></Object></Delete>",
        "<Delete><Object><Key><![CDATA[<x>]]></Key></Object></Delete>",
        "<Delete><!-- -- --><Object><Key>a<b/>c</Key></Object></Delete>",
        "\ufeff<Delete><Object><Key>\u0001\u0000</Key></Object></Delete>",
        "<Delete><Object><Key>&#xD800;&#xFFFF;&#0;&#1114112;</Key></Object></Delete>",
        "<?xml version=\"1.1\" encoding=\"GB2312\"?><Delete/>",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><Delete/>",
        "<a:Delete xmlns:a=\"x\"><a:Object><a:Key>k</a:Key></a:Object></a:Delete>",
        "",
        "<",
    ];

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_the_bytes_are_they_are_read_or_refused()
    {
        var seed = Fuzzing.Seed(Environment.TickCount);
        var random = new Random(seed);
        foreach (var _ in Fuzzing.Rounds(60_000))
        {
            var bytes = Mutated(random);
            Try<CompleteMultipartUpload>(bytes, seed);
            Try<Delete>(bytes, seed);
            Try<Tagging>(bytes, seed);
            Try<CreateBucketConfiguration>(bytes, seed);
        }
    }

    [Fact]
    public void Kept_inputs_have_a_known_outcome()
    {
        Assert.Single(Parse<Delete>(Corpus[1]).Objects);
        Assert.Equal("a\f&<", Parse<Delete>(Corpus[1]).Objects[0].Key);
        Assert.Throws<OssException>(() => Parse<Delete>(Corpus[4]));
        Assert.Equal("<x>", Parse<Delete>(Corpus[5]).Objects[0].Key);
        Assert.Throws<OssException>(() => Parse<Delete>(Corpus[6]));
        Assert.Equal("\u0001\0", Parse<Delete>(Corpus[7]).Objects[0].Key);
        Assert.Equal("k", Parse<Delete>(Corpus[11]).Objects[0].Key);
    }

    /// <summary>Found by mutation: the reader decodes the first bytes when it is made, not when it is asked to read.</summary>
    [Fact]
    public void Bytes_that_are_no_text_at_all_are_refused() =>
        Assert.Throws<OssException>(() => XmlDocuments.Parse<Delete>(new byte[] { 0xef, 0xbb, 0xbf, 0xc1, 0x3e }));

    [Fact]
    public void Depth_and_numbers_have_an_end()
    {
        Assert.Throws<OssException>(() => Parse<Delete>(string.Concat(Enumerable.Repeat("<Delete>", 100_000))));
        Assert.Throws<OssException>(() => Parse<Delete>("<Delete>" + string.Concat(Enumerable.Repeat("<a>", 100)) + string.Concat(Enumerable.Repeat("</a>", 100)) + "</Delete>"));
        Assert.Throws<OssException>(() => Parse<CompleteMultipartUpload>("<CompleteMultipartUpload><Part><PartNumber>99999999999</PartNumber><ETag/></Part></CompleteMultipartUpload>"));
        var parts = string.Concat(Enumerable.Repeat("<Part><PartNumber>1</PartNumber><ETag/></Part>", 20_001));
        Assert.Throws<OssException>(() => Parse<CompleteMultipartUpload>($"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"));
    }

    static T Parse<T>(string text)
        where T : IXmlDocument<T> => XmlDocuments.Parse<T>(Encoding.UTF8.GetBytes(text));

    static void Try<T>(byte[] bytes, int seed)
        where T : IXmlDocument<T>
    {
        try
        {
            XmlDocuments.Parse<T>(bytes);
        }
        catch (OssException refusal)
        {
            Assert.Equal(OssErrors.MalformedXML, refusal.Error);
        }
        catch (Exception exception)
        {
            Assert.Fail($"seed {seed}: {Convert.ToBase64String(bytes)}: {exception}");
        }
    }

    static byte[] Mutated(Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(Corpus[random.Next(Corpus.Length)]).ToList();
        var alphabet = "<>/&;#!?[]\"'= x1A\0\u0001-:"u8;
        for (var change = random.Next(5); change > 0; change--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < bytes.Count:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 10), bytes.Count - at));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Corpus[random.Next(Corpus.Length)]));
                    break;
                default:
                    bytes.Insert(at, alphabet[random.Next(alphabet.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
