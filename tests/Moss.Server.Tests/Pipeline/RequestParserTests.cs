using System.Text;
using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Server.Pipeline;
using Moss.Tests;

namespace Moss.Server.Tests.Pipeline;

public sealed class RequestParserTests
{
    static readonly RequestParser Parser = new(new HostMap(["localhost", "oss.example.com", "example.com"], new Bound()));

    sealed class Bound : ICnameTable
    {
        public string? FindBucket(string host) => host == "img.shop.cn" ? "pictures" : null;
    }

    [Theory]
    [InlineData("127.0.0.1:9020", "/", null, null)]
    [InlineData("127.0.0.1:9020", "/bucket", "bucket", null)]
    [InlineData("127.0.0.1:9020", "/bucket/", "bucket", null)]
    [InlineData("127.0.0.1:9020", "/bucket/key", "bucket", "key")]
    [InlineData("[::1]:9020", "/bucket/key", "bucket", "key")]
    [InlineData("unknown.host", "/bucket/key", "bucket", "key")]
    [InlineData("localhost", "/bucket/key", "bucket", "key")]
    [InlineData("localhost:80", "/", null, null)]
    [InlineData("bucket.localhost", "/", "bucket", null)]
    [InlineData("bucket.localhost:9020", "/key", "bucket", "key")]
    [InlineData("BUCKET.LocalHost", "/key", "bucket", "key")]
    [InlineData("bucket.oss.example.com", "/a/b", "bucket", "a/b")]
    [InlineData("oss.example.com", "/bucket/b", "bucket", "b")]
    [InlineData("oss-x.example.com", "/b", "oss-x", "b")]
    [InlineData("img.shop.cn", "/logo.png", "pictures", "logo.png")]
    [InlineData("bucket.oss-cn-hangzhou.aliyuncs.com", "/key", "bucket", "key")]
    [InlineData(".oss-cn-hangzhou.aliyuncs.com", "/", null, null)]
    [InlineData("oss-cn-hangzhou.aliyuncs.com", "/bucket/key", "bucket", "key")]
    [InlineData("127.0.0.1", "/bucket/a%2Fb", "bucket", "a/b")]
    [InlineData("127.0.0.1", "/bucket%2Fa", "bucket", "a")]
    [InlineData("127.0.0.1", "/bucket/a//b", "bucket", "a//b")]
    [InlineData("127.0.0.1", "/bucket/./a/../b", "bucket", "./a/../b")]
    [InlineData("127.0.0.1", "/bucket/a%20b+c%2B%25", "bucket", "a b+c+%")]
    [InlineData("127.0.0.1", "/bucket/%E4%B8%AD", "bucket", "中")]
    [InlineData("127.0.0.1", "/bucket/%01%0A", "bucket", "\u0001\n")]
    [InlineData("127.0.0.1", "/bucket/%2541", "bucket", "%41")]
    [InlineData("127.0.0.1", "http://127.0.0.1/bucket/key?acl", "bucket", "key")]
    [InlineData("127.0.0.1", "http://127.0.0.1", null, null)]
    [InlineData("127.0.0.1", "/bucket/a#b", "bucket", "a#b")]
    public void Finds_bucket_and_key(string host, string target, string? bucket, string? key)
    {
        var request = Parser.Parse("GET", host, target);
        Assert.Equal(bucket, request.Bucket?.Value);
        Assert.Equal(key, request.Key?.Value);
    }

    [Theory]
    [InlineData("127.0.0.1", "//key", "InvalidBucketName")]
    [InlineData("127.0.0.1", "/Bucket/key", "InvalidBucketName")]
    [InlineData("a.b.localhost", "/key", "InvalidBucketName")]
    [InlineData("127.0.0.1", "/bucket//key", "InvalidObjectName")]
    [InlineData("bucket.localhost", "//key", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%5Ckey", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%FF", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%C0%AF", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%ED%A0%80", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%4", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/%zz", "InvalidObjectName")]
    [InlineData("127.0.0.1", "/bucket/key?a=%4", "InvalidArgument")]
    [InlineData("127.0.0.1", "/bucket/key?%FF", "InvalidArgument")]
    public void Refuses_what_has_no_reading(string host, string target, string code) =>
        Assert.Equal(code, Assert.Throws<OssException>(() => Parser.Parse("GET", host, target)).Code);

    [Fact]
    public void A_key_may_have_1023_bytes()
    {
        Assert.Equal(new string('k', 1023), Parser.Parse("GET", "h", "/bucket/" + new string('k', 1023)).Key?.Value);
        var refused = Assert.Throws<OssException>(() => Parser.Parse("GET", "h", "/bucket/" + new string('k', 1024)));
        Assert.Equal("The Length of Object name must be less than 1024.", refused.Message);
    }

    [Fact]
    public void The_first_of_repeated_parameters_counts_and_a_second_question_mark_is_part_of_a_name()
    {
        var query = Parser.Parse("GET", "h", "/bucket/?prefix=a&prefix=b&x&y=&?acl=1&a=b=c").Query;
        Assert.Equal("a", query["prefix"]);
        Assert.Equal("", query["x"]);
        Assert.Equal("", query["y"]);
        Assert.Null(query.Given("y"));
        Assert.Null(query["acl"]);
        Assert.Equal("1", query["?acl"]);
        Assert.Equal("b=c", query["a"]);
    }

    [Fact]
    public void What_can_be_read_in_two_ways_has_the_plain_reading_first()
    {
        var request = Parser.Parse("PUT", "bucket.localhost", "/bucket/a+b");
        Assert.Equal("bucket/a+b", request.Key?.Value);
        Assert.Equal(["a+b", "bucket/a b", "a b"], request.OtherReadings.Select(reading => reading.Key?.Value));
        Assert.Empty(Parser.Parse("PUT", "bucket.localhost", "/bucketful/a").OtherReadings);
        var longKey = Parser.Parse("PUT", "bucket.localhost", "/bucket/" + new string('k', 1020));
        Assert.Equal(1020, longKey.Key?.Value.Length);
    }

    /// <summary>Mutates every kept input; whatever comes out is parsed and routed, or refused in the protocol's words.</summary>
    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_the_target_is_it_is_read_or_refused()
    {
        var corpus = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Corpus", "targets.txt"));
        var seed = Fuzzing.Seed(Environment.TickCount);
        var random = new Random(seed);
        string[] hosts = ["127.0.0.1", "localhost", "bucket.localhost", "x.oss-y.aliyuncs.com", ".", "", ":", "[", "[]:", "a..localhost"];
        string[] methods = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "BREW"];
        foreach (var _ in Fuzzing.Rounds(100_000))
        {
            var target = Mutated(corpus[random.Next(corpus.Length)], corpus[random.Next(corpus.Length)], random);
            var host = hosts[random.Next(hosts.Length)];
            try
            {
                var request = Parser.Parse(methods[random.Next(methods.Length)], host, target);
                OperationTable.Find(request, new HeaderDictionary());
                Assert.True(request.Key is null || Encoding.UTF8.GetByteCount(request.Key.Value.Value) is > 0 and <= 1023);
            }
            catch (OssException exception)
            {
                Assert.InRange(exception.Status, 400, 405);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed}: {host} {target}: {exception}");
            }
        }
    }

    static string Mutated(string first, string second, Random random)
    {
        const string alphabet = "/%?&=+;:#.@\\~*'\"<>[]{}|^` 0123456789abcdefABCDEFzZ";
        var text = new StringBuilder(first);
        for (var change = random.Next(6); change > 0; change--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(5))
            {
                case 0 when at < text.Length:
                    text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at));
                    break;
                case 1 when at < text.Length:
                    text[at] = alphabet[random.Next(alphabet.Length)];
                    break;
                case 2:
                    text.Insert(at, $"%{random.Next(256):X2}");
                    break;
                case 3:
                    text.Insert(at, second.AsSpan(random.Next(second.Length)));
                    break;
                default:
                    text.Insert(at, alphabet[random.Next(alphabet.Length)]);
                    break;
            }
        }

        return text.ToString();
    }
}
