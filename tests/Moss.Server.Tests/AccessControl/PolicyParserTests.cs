using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.AccessControl.Policies;
using Moss.Tests;

namespace Moss.Server.Tests.AccessControl;

public sealed class PolicyParserTests
{
    const string Good = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Principal":["*"],"Resource":"acs:oss:*:*:b/*"}]}""";

    [Theory]
    [InlineData("", "Invalid JSON")]
    [InlineData("nonsense", "Invalid JSON: line 1, byte 2.")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"Statement":[]}""", "Version")]
    [InlineData("""{"Version":"2","Statement":[{}]}""", "Principal is missing")]
    [InlineData("""{"Version":"1"}""", "Statement is missing")]
    [InlineData("""{"Version":"1","Version":"1","Statement":[]}""", "Invalid JSON: Version is given twice, line 1, byte 16.")]
    [InlineData("{\"Version\":\"1\",\n \"Statement\":[{\"Effect\":\"Deny\",\n \"E\\u0066fect\":\"Allow\"}]}", "Invalid JSON: Effect is given twice, line 3, byte 2.")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"*"},{"Effect":"Maybe"}]}""", "Statement 2: Effect must be")]
    [InlineData("""{"Version":"1","Statement":[],"Extra":1}""", "Unknown element Extra")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"allow","Action":"oss:X","Principal":"*","Resource":"*"}]}""", "Effect must be")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Principal":"*","Resource":"*"}]}""", "Action is missing")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":[],"Principal":"*","Resource":"*"}]}""", "Action is empty")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:X","Principal":"*","Resource":"*"}]}""", "Invalid Action ecs:X")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:","Principal":"*","Resource":"*"}]}""", "Invalid Action oss:")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","NotAction":"oss:Y","Principal":"*","Resource":"*"}]}""", "given twice")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*"}]}""", "Resource is missing")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"b/*"}]}""", "Invalid Resource b/*")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"acs:ecs:*:*:b"}]}""", "Invalid Resource")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Resource":"*"}]}""", "Principal is missing")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"alice","Resource":"*"}]}""", "Invalid Principal alice")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":["acs:ram::1:user/a"],"Resource":"*"}]}""", "Invalid Principal")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"*","Condition":{"StringLike":{"acs:Referer":"x"}}}]}""", "Unknown condition key acs:Referer")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"*","Condition":{"Like":{"acs:SourceIp":"x"}}}]}""", "unknown condition operator Like")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"x"}}}]}""", "does not suit IpAddress")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:X","Principal":"*","Resource":"*","Condition":[]}]}""", "Condition must be an object")]
    [InlineData("""{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:\ud800","Principal":"*","Resource":"*"}]}""", "not Unicode")]
    [InlineData("""{"Version":"1","Statement":[[[[[[[[[[]]]]]]]]]]}""", "Invalid JSON")]
    public void A_bad_bucket_policy_is_refused_and_the_fault_is_named(string json, string expected)
    {
        var refusal = Assert.Throws<OssException>(() => Ask.Policy(json, PolicyKind.Bucket));

        Assert.Equal("InvalidPolicyDocument", refusal.Code);
        Assert.StartsWith("Invalid Policy: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acs:oss:::b/*", "the region is empty")]
    [InlineData("acs:oss:*::b/*", "the owner is empty")]
    [InlineData("acs:*:*::*", "the owner is empty")]
    [InlineData("acs:oss:*:alice:b/*", "the owner is no uid")]
    [InlineData("acs:OSS:*:*:b/*", "small letters")]
    [InlineData("acs:oss:*:*:Photos/*", "small letters")]
    [InlineData("acs:oss:*:*:/b/*", "does not begin with a bucket")]
    [InlineData("acs:oss:*:*:b/", "written without a /")]
    [InlineData("acs:ram:*::role/r", "the owner is empty")]
    public void A_resource_that_nothing_could_match_is_refused_when_it_is_given_and_read_when_it_is_stored(string resource, string expected)
    {
        var json = $$"""{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":["*","{{resource}}"]}]}""";
        foreach (var kind in (PolicyKind[])[PolicyKind.Identity, PolicyKind.Session])
        {
            var refusal = Assert.Throws<OssException>(() => PolicyParser.ParseNew(json, kind));
            Assert.Equal("InvalidPolicyDocument", refusal.Code);
            Assert.Contains($"Statement 1: Invalid Resource {resource}", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        }

        Ask.Policy(json);
    }

    [Theory]
    [InlineData("oss:GetObject", "acs:ram::*:role/r", "actions of oss")]
    [InlineData("oss:*", "acs:log:*:*:*", "actions of oss")]
    [InlineData("sts:AssumeRole", "acs:oss:*:*:*", "roles are resources of ram")]
    [InlineData("STS:AssumeRole", "acs:sts:*:*:role/r", "roles are resources of ram")]
    [InlineData("sts:AssumeRole", "acs:ram::*:role/r", null)]
    [InlineData("*", "acs:ram::*:role/r", null)]
    [InlineData("log:*", "acs:log:*:*:*", null)]
    public void An_action_and_a_resource_that_never_meet_are_refused(string action, string resource, string? expected)
    {
        var json = $$"""{"Version":"1","Statement":[{"Effect":"Deny","Action":"{{action}}","Resource":"{{resource}}"}]}""";
        var refusal = Record.Exception(() => PolicyParser.ParseNew(json, PolicyKind.Identity));

        Assert.Equal(expected is null, refusal is null);
        Assert.Contains(expected ?? "", refusal?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acs:ram::1:user/", "no user or role has such a name")]
    [InlineData("acs:ram::1:user/a b", "no user or role has such a name")]
    [InlineData("acs:ram::1:role/a/b", "no user or role has such a name")]
    [InlineData("acs:ram::1:role/a*?", null)]
    [InlineData("acs:ram::1:root", null)]
    public void A_principal_that_nobody_could_be_is_refused(string principal, string? expected)
    {
        var json = $$$"""{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":["{{{principal}}}"]}}]}""";
        var refusal = Record.Exception(() => PolicyParser.ParseNew(json, PolicyKind.Trust));

        Assert.Equal(expected is null, refusal is null);
        Assert.Contains(expected ?? "", refusal?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("acs:oss:*:*:*")]
    [InlineData("acs:oss:*:*:b?*/A/")]
    [InlineData("acs:oss:*:*:*Photo")]
    [InlineData("acs:oss:cn-hangzhou:10*:b/K")]
    [InlineData("acs:*:*:*:*")]
    [InlineData("acs:ram::*:role/R")]
    [InlineData("acs:log:::x")]
    public void A_resource_that_something_could_match_is_taken(string resource) =>
        PolicyParser.ParseNew($$"""{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"{{resource}}"}]}""", PolicyKind.Identity);

    [Theory]
    [InlineData("acs:oss:*:*:photos", true)]
    [InlineData("acs:oss:*:*:photos/*", true)]
    [InlineData("acs:oss:*:*:photos/a/b", true)]
    [InlineData("acs:oss:*:*:p*s/x", true)]
    [InlineData("acs:oss:*:*:*/x", true)]
    [InlineData("acs:oss:*:*:*x", true)]
    [InlineData("acs:oss:*:*:photo?", true)]
    [InlineData("acs:oss:oss-cn-hangzhou:1000000000000001:photos/*", true)]
    [InlineData("*", true)]
    [InlineData("acs:oss:*:*:other", false)]
    [InlineData("acs:oss:*:*:other/*", false)]
    [InlineData("acs:oss:*:*:photo", false)]
    [InlineData("acs:oss:*:*:photos2/*", false)]
    [InlineData("acs:oss:*:*:?photos/*", false)]
    [InlineData("acs:oss:cn-beijing:*:photos/*", false)]
    [InlineData("acs:oss:*:1000000000000002:photos/*", false)]
    public void Every_resource_of_a_buckets_policy_names_something_of_it(string resource, bool isTaken)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"Version":"1","Statement":[{"Effect":"Deny","Principal":["*"],"Action":"oss:*","Resource":["acs:oss:*:*:photos","{{resource}}"]}]}""");
        var refusal = Record.Exception(() => PolicyParser.ParseForBucket(json, Arn.OfBucket("cn-hangzhou", "1000000000000001", "photos")));

        Assert.Equal(isTaken, refusal is null);
        Assert.True(isTaken || refusal!.Message.Contains("it names nothing of the bucket photos", StringComparison.Ordinal), refusal?.Message);
    }

    [Fact]
    public void A_policy_longer_than_the_limit_is_refused_before_it_is_read() =>
        Assert.Throws<OssException>(() => Ask.Policy(Good + new string(' ', PolicyParser.MaxBytes), PolicyKind.Bucket));

    [Fact]
    public void Principals_belong_to_the_policies_of_buckets_and_roles_alone()
    {
        Assert.Throws<OssException>(() => Ask.Policy(Good, PolicyKind.Identity));
        Assert.Throws<OssException>(() => Ask.Policy(Good, PolicyKind.Session));
        Assert.Throws<OssException>(() => Ask.Policy(Good, PolicyKind.Trust));
    }

    [Fact]
    public void A_mark_of_byte_order_a_string_for_a_list_and_trailing_commas_are_read()
    {
        var policy = Ask.Policy("\uFEFF" + Good.Replace("}]}", ",},],}", StringComparison.Ordinal), PolicyKind.Bucket);

        Assert.Equal("acs:oss:*:*:b/*", policy.Statements[0].Resources[0].Text);
    }

    [Theory]
    [InlineData("acs:ram::1000000000000001:root", true, true)]
    [InlineData("acs:ram::1000000000000002:root", false, false)]
    [InlineData("acs:ram::1000000000000001:user/alice", true, false)]
    [InlineData("acs:ram::1000000000000001:user/bob", false, false)]
    [InlineData("acs:ram::1000000000000001:role/uploader", false, true)]
    public void A_trust_policy_names_accounts_users_and_roles(string principal, bool user, bool role)
    {
        var policy = Ask.Policy(
            $$$"""{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["{{{principal}}}"],"Service":["ecs.aliyuncs.com"]}}]}""",
            PolicyKind.Trust);
        var request = new PolicyRequest("sts:AssumeRole", Arn.OfRole(Ask.Owner, "r"), PolicyRequest.NoValues);

        Assert.Equal(user, policy.Statements[0].AppliesTo(request, Ask.OwnUser, ownerUid: ""));
        Assert.Equal(role, policy.Statements[0].AppliesTo(request, Ask.OwnRole, ownerUid: ""));
        Assert.False(policy.Statements[0].AppliesTo(request, Ask.Nobody, ownerUid: ""));
    }

    [Theory]
    [InlineData("acs:oss:*:*:b/*", "acs:oss:cn-hangzhou:1:b/k", true)]
    [InlineData("acs:oss:oss-cn-hangzhou:*:b/*", "acs:oss:cn-hangzhou:1:b/k", true)]
    [InlineData("acs:oss:cn-beijing:*:b/*", "acs:oss:cn-hangzhou:1:b/k", false)]
    [InlineData("acs:oss:*:1:b/*", "acs:oss:cn-hangzhou:1:b/a:b", true)]
    [InlineData("acs:oss:*:2:b/*", "acs:oss:cn-hangzhou:1:b/k", false)]
    [InlineData("acs:oss:*:*:b", "acs:oss:cn-hangzhou:1:b/k", false)]
    [InlineData("acs:*:*:*:*", "acs:oss:cn-hangzhou:1:b/k", true)]
    [InlineData("acs:ram:*:*:*", "acs:oss:cn-hangzhou:1:b/k", false)]
    [InlineData("*", "acs:ram::1:role/r", true)]
    public void Resources_match_segment_by_segment(string pattern, string resource, bool isMatch)
    {
        var parts = resource.Split(':', 5);

        Assert.Equal(isMatch, ArnPattern.Parse(pattern)!.Matches(new(parts[1], parts[2], parts[3], parts[4])));
    }

    /// <summary>
    /// 20,000 changed documents for each kind from a fixed seed, beginning at those of the corpus: each is read or refused, never anything else, and what is
    /// read can be evaluated.
    /// </summary>
    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Whatever_the_bytes_are_they_are_read_or_refused()
    {
        var seed = Fuzzing.Seed(20260728);
        var corpus = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "AccessControl", "Corpus")).Select(File.ReadAllBytes).ToArray();
        Assert.NotEmpty(corpus);
        var random = new Random(seed);
        var read = 0;
        foreach (var kind in Enum.GetValues<PolicyKind>())
        {
            foreach (var round in Fuzzing.Rounds(20_000))
            {
                var bytes = Mutation.Of(corpus[random.Next(corpus.Length)], corpus, random);
                try
                {
                    var policy = round % 2 == 0 ? PolicyParser.Parse(bytes, kind)
                        : kind == PolicyKind.Bucket ? PolicyParser.ParseForBucket(bytes, Arn.OfBucket("cn-hangzhou", Ask.Owner, Ask.Bucket))
                        : PolicyParser.ParseNew(Encoding.UTF8.GetString(bytes), kind);
                    AccessDecision.Decide(Ask.Question(Ask.OtherUser, "oss:GetObject", AclRight.Read, (ConditionKeys.SourceIp, "10.0.0.1")) with
                    {
                        IdentityPolicies = kind == PolicyKind.Bucket ? [] : [policy],
                        BucketPolicy = kind == PolicyKind.Bucket ? policy : null,
                    });
                    read++;
                }
                catch (OssException refusal)
                {
                    Assert.True(refusal.Code == "InvalidPolicyDocument", $"seed {seed}, {kind} {round}: {Encoding.UTF8.GetString(bytes)}");
                }
            }
        }

        Assert.True(read > 500, $"Only {read} changed documents were still policies: the fuzzing does not get behind the parser.");
    }
}
