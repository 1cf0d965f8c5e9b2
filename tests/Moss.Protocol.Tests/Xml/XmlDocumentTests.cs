using System.Text;
using Moss.Protocol.Xml;

namespace Moss.Protocol.Tests.Xml;

public sealed class XmlDocumentTests
{
    static readonly DateTimeOffset Time = new(2015, 12, 12, 0, 36, 26, 987, TimeSpan.Zero);

    /// <summary>The lengths are those of recorded answers of the public service.</summary>
    [Fact]
    public void Documents_have_the_recorded_length_to_the_byte()
    {
        Assert.Equal(232, XmlDocuments.ToUtf8(new InitiateMultipartUploadResult("ming-oss-share", "uosvelpvgjwtxaciqtxoplnx", "97BD544A65DB46F9A8735C93917A960F")).Length);
        Assert.Equal(180, XmlDocuments.ToUtf8(new CopyPartResult(Time, "\"4DE8075FB607DF4D13FBC480EA488EFA\"")).Length);
        Assert.Equal(184, XmlDocuments.ToUtf8(new CopyObjectResult("\"C4CA4238A0B923820DCC509A6F75849B\"", Time)).Length);
        Assert.Equal(96, XmlDocuments.ToUtf8(new LocationConstraint("oss-cn-hangzhou")).Length);
        Assert.Equal(
            327,
            XmlDocuments.ToUtf8(new CompleteMultipartUploadResult(
                "http://ming-oss-share.oss-cn-hangzhou.aliyuncs.com/pasncdoyuvuvuiyewfsobdwn",
                "ming-oss-share",
                "pasncdoyuvuvuiyewfsobdwn",
                "\"1C787C506EABFB9B45EAAA8DB039F4B2-2\"")).Length);
    }

    [Fact]
    public void An_error_has_its_elements_in_the_documented_order()
    {
        var document = new ErrorDocument
        {
            Code = "NoSuchKey",
            Message = "The specified key does not exist.",
            RequestId = "64195A905C006935335FE181",
            HostId = "examplebucket.oss-cn-hangzhou.aliyuncs.com",
            Details = [new("Key", "demo-111.uxu")],
            EC = "0026-00000001",
        };
        Assert.Equal(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error>
              <Code>NoSuchKey</Code>
              <Message>The specified key does not exist.</Message>
              <RequestId>64195A905C006935335FE181</RequestId>
              <HostId>examplebucket.oss-cn-hangzhou.aliyuncs.com</HostId>
              <Key>demo-111.uxu</Key>
              <EC>0026-00000001</EC>
              <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc>
            </Error>

            """,
            Encoding.UTF8.GetString(XmlDocuments.ToUtf8(document)));
        var read = XmlDocuments.Parse<ErrorDocument>(XmlDocuments.ToUtf8(document));
        Assert.Equal(document.Details, read.Details);
        Assert.Equal(document with { Details = [] }, read with { Details = [] });
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a & b < c > d \"e\" 'f'", "a &amp; b &lt; c &gt; d \"e\" 'f'")]
    [InlineData("line\nfeed\tand\rreturn", "line\nfeed\tand&#xD;return")]
    [InlineData("\u0001\u000c\u001f", "&#x1;&#xC;&#x1F;")]
    [InlineData("\ufffe中😀", "&#xFFFE;中😀")]
    public void Text_is_escaped_and_comes_back(string text, string written)
    {
        var bytes = XmlDocuments.ToUtf8(new VersioningConfiguration(text));
        Assert.Contains($"<Status>{written}</Status>", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Equal(text, XmlDocuments.Parse<VersioningConfiguration>(bytes).Status);
    }

    [Theory]
    [InlineData("demo/gp-\f\n\u000b", "demo%2Fgp-%0C%0A%0B")]
    [InlineData("a b+c~*", "a%20b%2Bc%7E%2A")]
    [InlineData("中文-_.9Z", "%E4%B8%AD%E6%96%87-_.9Z")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Url_encoding_has_the_services_alphabet(string text, string encoded)
    {
        Assert.Equal(encoded, UrlEncoding.Encode(text));
        Assert.True(UrlEncoding.TryDecode(encoded, plusIsSpace: false, out var decoded));
        Assert.Equal(text, decoded);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    [InlineData("%FF")]
    [InlineData("%C0%AF")]
    [InlineData("%ED%A0%80")]
    [InlineData("\u4e2d")]
    public void Url_decoding_refuses_what_is_not_encoded_utf8(string text) => Assert.False(UrlEncoding.TryDecode(text, plusIsSpace: true, out _));

    [Fact]
    public void Every_listing_comes_back_as_it_was_written()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var encoded = random.Next(2) == 0;
            SameAgain(V1(random, encoded), seed);
            SameAgain(V2(random, encoded), seed);
            SameAgain(Versions(random, encoded), seed);
            SameAgain(Uploads(random, encoded), seed);
            SameAgain(Parts(random, encoded), seed);
            SameAgain(Buckets(random), seed);
            SameAgain(new InitiateMultipartUploadResult("bucket", Name(random), "ID", encoded), seed);
            SameAgain(new CompleteMultipartUploadResult("http://h/b/k", "bucket", Name(random), "\"E-1\"", encoded), seed);
            SameAgain(new DeleteResult([.. Many(random, () => new DeletedEntry(Name(random), null, random.Next(2) == 0, null))], encoded), seed);
            SameAgain(new Tagging([.. Many(random, () => KeyValuePair.Create(Name(random), Name(random)))]), seed);
            SameAgain(new Delete(random.Next(2) == 0, [new(Name(random)), new("b", "v")]), seed);
            SameAgain(new CompleteMultipartUpload([.. Many(random, () => new ListedPart(random.Next(), Name(random)))]), seed);
            SameAgain(new AccessControlPolicy(new(Name(random), Name(random)), "private"), seed);
            SameAgain(new CreateBucketConfiguration("IA", null, "oss-x"), seed);
            SameAgain(new RegionInfoList([.. Many(random, () => new RegionInfo(Name(random), "a", "b", "c"))]), seed);
            SameAgain(new BucketStat([.. BucketStat.Names.Select(name => KeyValuePair.Create(name, random.NextInt64()))]), seed);
        }
    }

    [Fact]
    public void Bucket_info_comes_back()
    {
        var info = new BucketInfo
        {
            Bucket = new() { Name = "b", CreationDate = XmlSecond(Time), ExtranetEndpoint = "e", IntranetEndpoint = "i", Location = "oss-x", ResourceGroupId = "rg" },
            Owner = new("1", "one"),
            Grant = "public-read",
            Versioning = "Enabled",
            SSEAlgorithm = "AES256",
        };
        Assert.Equal(info, XmlDocuments.Parse<BucketInfo>(XmlDocuments.ToUtf8(info)));
    }

    // Records compare their lists by reference, so what is compared is what they write.
    static void SameAgain<T>(T document, int seed)
        where T : IXmlDocument<T>
    {
        var bytes = XmlDocuments.ToUtf8(document);
        var again = XmlDocuments.ToUtf8(XmlDocuments.Parse<T>(bytes));
        Assert.True(bytes.AsSpan().SequenceEqual(again), $"seed {seed}:\n{Encoding.UTF8.GetString(bytes)}\n{Encoding.UTF8.GetString(again)}");
    }

    static ListObjectsResult V1(Random random, bool encoded) => new()
    {
        Name = "b",
        Prefix = Name(random),
        Marker = Name(random),
        MaxKeys = random.Next(),
        Delimiter = "/",
        UrlEncoded = encoded,
        IsTruncated = true,
        NextMarker = Name(random),
        Contents = [.. Many(random, () => Listed(random))],
        Prefixes = [.. Many(random, () => Name(random))],
    };

    static ListObjectsV2Result V2(Random random, bool encoded) => new()
    {
        Name = "b",
        Prefix = Name(random),
        StartAfter = Name(random),
        ContinuationToken = "CgJiYw--",
        MaxKeys = 3,
        UrlEncoded = encoded,
        Contents = [.. Many(random, () => Listed(random))],
        Prefixes = [.. Many(random, () => Name(random))],
    };

    static ListVersionsResult Versions(Random random, bool encoded) => new()
    {
        Name = "b",
        KeyMarker = Name(random),
        VersionIdMarker = "v",
        NextKeyMarker = Name(random),
        NextVersionIdMarker = "null",
        UrlEncoded = encoded,
        Versions = [.. Many(random, () => new ListedVersion(Listed(random), "v", random.Next(2) == 0, random.Next(2) == 0))],
    };

    static ListMultipartUploadsResult Uploads(Random random, bool encoded) => new()
    {
        Bucket = "b",
        NextKeyMarker = Name(random),
        NextUploadIdMarker = "I",
        UrlEncoded = encoded,
        Uploads = [.. Many(random, () => new ListedUpload(Name(random), "I", "IA", Time))],
        Prefixes = [.. Many(random, () => Name(random))],
    };

    static ListPartsResult Parts(Random random, bool encoded) => new()
    {
        Bucket = "b",
        Key = Name(random),
        UploadId = "I",
        NextPartNumberMarker = random.Next(2) == 0 ? null : 7,
        UrlEncoded = encoded,
        ClientEncryption = [new("ClientEncryptionKey", "k")],
        Parts = [.. Many(random, () => new UploadedPart(random.Next(), Time, "\"E\"", random.Next(2) == 0 ? null : ulong.MaxValue, random.NextInt64()))],
    };

    static ListBucketsResult Buckets(Random random) => new()
    {
        Prefix = random.Next(2) == 0 ? null : "p",
        MaxKeys = random.Next(2) == 0 ? null : 3,
        IsTruncated = random.Next(2) == 0 ? null : false,
        Owner = new("1", "one"),
        Buckets = [.. Many(random, () => new DescribedBucket { Name = "b", Location = "oss-x", Region = "x", ExtranetEndpoint = "h:1" })],
    };

    static ListedObject Listed(Random random) =>
        new(Name(random), Time, "\"E\"", "Normal", random.NextInt64(), "Standard", random.Next(2) == 0 ? null : new Owner("1", "one"));

    static IEnumerable<T> Many<T>(Random random, Func<T> make) => Enumerable.Range(0, random.Next(4)).Select(_ => make());

    // Names as keys may be: markup, blanks at the edges, controls, everything beyond the first plane.
    static string Name(Random random)
    {
        string[] pieces = ["a", "&", "<", ">", "\"", " ", "\t", "\n", "\r", "\u0001", "\u001f", "中", "😀", "%41", "+", "/", "]]>", "&amp;", "\ufffd", "é"];
        return string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => pieces[random.Next(pieces.Length)]));
    }

    static DateTimeOffset XmlSecond(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
