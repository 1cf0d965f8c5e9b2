using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.PostObject;
using Moss.Server.Tests.AccessControl;
using Moss.Tests;

namespace Moss.Server.Tests.PostObject;

public sealed class PostPolicyTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"bucket":"photos"}""", true)]
    [InlineData("""{"bucket":"other"}""", false)]
    [InlineData("""["eq","$bucket","photos"]""", true)]
    [InlineData("""{"key":"user/1/${filename}"}""", true)]
    [InlineData("""["eq","$KEY","user/1/${filename}"]""", true)]
    [InlineData("""["eq","$key","user/1/x"]""", false)]
    [InlineData("""["Starts-With","$key","user/"]""", true)]
    [InlineData("""["starts-with","$key",""]""", true)]
    [InlineData("""["starts-with","$key","other/"]""", false)]
    [InlineData("""["in","$content-type",["image/png","image/jpeg"]]""", true)]
    [InlineData("""["in","$content-type",["image/png"]]""", false)]
    [InlineData("""["not-in","$content-type",["image/png"]]""", true)]
    [InlineData("""["not-in","$content-type",["image/jpeg"]]""", false)]
    [InlineData("""["eq","$absent",""]""", false)]
    [InlineData("""["not-in","$absent",["x"]]""", false)]
    [InlineData("""{"success_action_status":201}""", true)]
    [InlineData("""["eq","$price","\$5"]""", true)]
    [InlineData("""["content-length-range",0,10]""", true)]
    public void A_condition_holds_or_names_itself(string condition, bool holds)
    {
        var form = new PostForm();
        foreach (var (name, value) in new[] { ("key", "user/1/${filename}"), ("Content-Type", "image/jpeg"), ("success_action_status", "201"), ("price", "$5") })
        {
            form.Add(name, Encoding.UTF8.GetBytes(value));
        }

        var policy = Parse($$"""{"expiration":"2030-01-01T00:00:00Z","conditions":[{{condition}},]}""");
        if (holds)
        {
            policy.Check(form, "photos", Now);
            return;
        }

        var refusal = Assert.Throws<OssException>(() => policy.Check(form, "photos", Now));
        Assert.Equal("AccessDenied", refusal.Code);
        Assert.StartsWith("Invalid according to Policy: Policy Condition failed: [\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_refusal_names_the_condition_as_documented()
    {
        var policy = Parse("""{"expiration":"2030-01-01T00:00:00.000Z","conditions":[{"field":"v"}]}""");
        Assert.Equal(
            "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$field\", \"v\"]",
            Assert.Throws<OssException>(() => policy.Check(new(), "photos", Now)).Message);
    }

    [Fact]
    public void An_expired_policy_is_refused()
    {
        var refusal = Assert.Throws<OssException>(() => Parse("""{"expiration":"2025-12-31T23:59:59.999Z","conditions":[]}""").Check(new(), "photos", Now));
        Assert.Equal(("AccessDenied", "Invalid according to Policy: Policy expired.", "0006-00000213"), (refusal.Code, refusal.Message, refusal.EC));
    }

    [Fact]
    public void Ranges_of_length_narrow_each_other()
    {
        var policy = Parse("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",1,"100"],["content-length-range","5",1000]]}""");
        Assert.Equal((5, 100), (policy.MinLength, policy.MaxLength));
    }

    [Theory]
    [InlineData("""{"conditions":[]}""", "missing expiration")]
    [InlineData("""{"expiration":"tomorrow","conditions":[]}""", "ISO 8601")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00+08:00","conditions":[]}""", "ISO 8601")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":{}}""", "unexpected")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[{"a":"1","b":"2"}]}""", "Simple-Conditions must have exactly one property specified.")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","$key"]]}""", "Invalid Condition")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","key","x"]]}""", "begins with $")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["like","$key","x"]]}""", "unknown operator like")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["in","$key","x"]]}""", "takes a list")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",-1,5]]}""", "must be numbers")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":["x"]}""", "Invalid Condition")]
    [InlineData("""{"expiration":"2030-01-01T00:00:00Z","conditions":[{"a":"\ud800"}]}""", "not Unicode")]
    [InlineData("{e", "Invalid JSON")]
    [InlineData("[]", "Invalid JSON")]
    public void A_bad_policy_is_refused_and_the_fault_is_named(string json, string expected)
    {
        var refusal = Assert.Throws<OssException>(() => Parse(json));
        Assert.Equal("InvalidPolicyDocument", refusal.Code);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_base64_is_no_policy() => Assert.Equal("InvalidPolicyDocument", Assert.Throws<OssException>(() => PostPolicy.Parse("?")).Code);

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_the_bytes_are_they_are_read_or_refused()
    {
        var seed = Fuzzing.Seed(815);
        var random = new Random(seed);
        byte[][] corpus =
        [
            """{"expiration":"2030-01-01T00:00:00.000Z","conditions":[{"bucket":"b"},["starts-with","$key","user/"],["content-length-range",0,1048576]]}"""u8.ToArray(),
            """{"expiration":"2030-01-01T00:00:00Z","conditions":[["in","$a",["b","c"]],["not-in","$a",["d"]],["eq","$x","\$"]]}"""u8.ToArray(),
        ];
        var read = 0;
        foreach (var round in Fuzzing.Rounds(20_000))
        {
            var bytes = Mutation.Of(corpus[random.Next(corpus.Length)], corpus, random);
            try
            {
                PostPolicy.Parse(Convert.ToBase64String(bytes)).Check(new(), "b", Now);
                read++;
            }
            catch (OssException refusal)
            {
                read += refusal.Code == "AccessDenied" ? 1 : 0;
                Assert.True(refusal.Code is "InvalidPolicyDocument" or "AccessDenied", $"seed {seed}, round {round}: {Encoding.UTF8.GetString(bytes)}");
            }
        }

        Assert.True(read > 200, $"only {read} were read");
    }

    static PostPolicy Parse(string json) => PostPolicy.Parse(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)));
}
