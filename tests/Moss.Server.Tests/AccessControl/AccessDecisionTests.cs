using System.Collections.Immutable;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.Tests.AccessControl;

/// <summary>The truth table of the documented order of evaluation, every row of it.</summary>
public sealed class AccessDecisionTests
{
    const string None = "-";

    /// <summary>
    /// Columns: who; the identity's policy; the bucket's policy (its statement names the sender); the session's policy; the ACL of the bucket and of the object; the outcome.
    /// </summary>
    public static TheoryData<string, string, string, string, string, string, string> Reads => new()
    {
        // The account that owns the bucket needs nothing, and a Deny that names it hits it.
        { "OwnAccount", None, None, None, "private", "default", "OwnAccount" },
        { "OwnAccount", None, "Deny", None, "private", "default", "BucketPolicyDenies" },
        { "OwnAccount", None, "Deny", None, "public-read-write", "public-read-write", "BucketPolicyDenies" },
        { "OwnAccount", None, "Allow", None, "private", "private", "BucketPolicyAllows" },
        { "OwnAccount", None, None, None, "private", "private", "OwnAccount" },

        // Its users need an Allow of either side, or an ACL.
        { "OwnUser", None, None, None, "private", "default", "BucketAclDenies" },
        { "OwnUser", None, None, None, "public-read", "default", "AclAllows" },
        { "OwnUser", None, None, None, "public-read", "private", "ObjectAclDenies" },
        { "OwnUser", None, None, None, "private", "public-read", "AclAllows" },
        { "OwnUser", "Allow", None, None, "private", "default", "IdentityPolicyAllows" },
        { "OwnUser", None, "Allow", None, "private", "default", "BucketPolicyAllows" },
        { "OwnUser", "Allow", "Allow", None, "private", "private", "IdentityPolicyAllows" },
        { "OwnUser", "Deny", None, None, "public-read", "default", "IdentityPolicyDenies" },
        { "OwnUser", "Deny", "Allow", None, "public-read", "default", "IdentityPolicyDenies" },
        { "OwnUser", "Allow", "Deny", None, "public-read", "default", "BucketPolicyDenies" },
        { "OwnUser", "Deny", "Deny", None, "public-read", "default", "BothDeny" },

        // A role is as a user; its session's policy has to allow as well.
        { "OwnRole", "Allow", None, None, "private", "default", "IdentityPolicyAllows" },
        { "OwnRole", "Allow", None, "Allow", "private", "default", "IdentityPolicyAllows" },
        { "OwnRole", "Allow", None, "Deny", "public-read-write", "default", "SessionPolicyDenies" },
        { "OwnRole", "Allow", None, "Other", "public-read-write", "default", "SessionPolicyDenies" },
        { "OwnRole", None, None, "Allow", "private", "default", "BucketAclDenies" },
        { "OwnRole", None, "Allow", "Allow", "private", "default", "BucketPolicyAllows" },
        { "OwnRole", "Deny", None, "Allow", "private", "default", "IdentityPolicyDenies" },

        // Another account's own policies grant nothing here, yet deny.
        { "OtherAccount", None, None, None, "private", "default", "BucketAclDenies" },
        { "OtherAccount", None, "Allow", None, "private", "private", "BucketPolicyAllows" },
        { "OtherAccount", None, "Deny", None, "public-read", "default", "BucketPolicyDenies" },
        { "OtherAccount", None, None, None, "public-read", "default", "AclAllows" },
        { "OtherUser", "Allow", None, None, "private", "default", "BucketAclDenies" },
        { "OtherUser", "Allow", "Allow", None, "private", "default", "BucketPolicyAllows" },
        { "OtherUser", "Deny", "Allow", None, "public-read", "default", "IdentityPolicyDenies" },
        { "OtherUser", None, "Allow", None, "private", "default", "BucketPolicyAllows" },

        // Nobody has the bucket's policy for everyone, and the ACL.
        { "Nobody", None, None, None, "private", "default", "BucketAclDenies" },
        { "Nobody", None, None, None, "private", "private", "ObjectAclDenies" },
        { "Nobody", None, None, None, "public-read", "default", "AclAllows" },
        { "Nobody", None, None, None, "public-read", "private", "ObjectAclDenies" },
        { "Nobody", None, "Allow", None, "private", "private", "BucketPolicyAllows" },
        { "Nobody", None, "Deny", None, "public-read-write", "default", "BucketPolicyDenies" },
    };

    [Theory]
    [MemberData(nameof(Reads))]
    public void Reading_an_object_is_decided_as_documented(
        string who, string identity, string bucket, string session, string bucketAcl, string objectAcl, string expected)
    {
        var sender = Sender(who);
        Assert.True(WireWords.TryParseAcl(bucketAcl, out var acl));
        Assert.True(WireWords.TryParseAcl(objectAcl, out var own));
        var question = Ask.Question(sender) with
        {
            IdentityPolicies = identity == None ? [] : [Ask.One(identity, "oss:Get*")],
            BucketPolicy = bucket == None ? null : Ask.One(bucket, "oss:GetObject", PrincipalOf(sender)),
            SessionPolicy = session == None ? null : session == "Other" ? Ask.One("Allow", "oss:PutObject") : Ask.One(session, "*"),
            BucketAcl = acl,
            ObjectAcl = own,
        };

        var decision = AccessDecision.Decide(question);

        Assert.Equal(expected, decision.Reason.ToString());
        Assert.Equal(decision.Reason <= DecisionReason.OwnAccount, decision.IsAllowed);
    }

    [Theory]
    [InlineData("private", "Read", "BucketAclDenies")]
    [InlineData("private", "Write", "BucketAclDenies")]
    [InlineData("public-read", "Read", "AclAllows")]
    [InlineData("public-read", "Write", "BucketAclDenies")]
    [InlineData("public-read-write", "Read", "AclAllows")]
    [InlineData("public-read-write", "Write", "AclAllows")]
    [InlineData("public-read-write", "None", "NothingAllows")]
    public void An_acl_grants_strangers_reading_and_writing_of_objects_and_nothing_else(string acl, string right, string expected)
    {
        Assert.True(WireWords.TryParseAcl(acl, out var parsed));
        foreach (var stranger in (Identity[])[Ask.Nobody, Ask.OtherAccount, Ask.OwnUser])
        {
            Assert.Equal(expected, (Ask.Question(stranger, "oss:X", Enum.Parse<AclRight>(right)) with { BucketAcl = parsed }).Reason().ToString());
        }
    }

    [Fact]
    public void A_star_without_condition_leaves_out_the_owners_identities_and_with_one_means_everybody()
    {
        var plain = Ask.One("Deny", "oss:GetObject", "*");
        var conditional = Ask.One("Deny", "oss:GetObject", "*", """{"Bool":{"acs:SecureTransport":"false"}}""");

        Assert.Equal(DecisionReason.OwnAccount, (Ask.Question(Ask.OwnAccount) with { BucketPolicy = plain }).Reason());
        Assert.Equal(DecisionReason.BucketPolicyDenies, (Ask.Question(Ask.OtherAccount) with { BucketPolicy = plain, BucketAcl = Acl.PublicRead }).Reason());
        Assert.Equal(DecisionReason.BucketPolicyDenies, (Ask.Question(Ask.Nobody) with { BucketPolicy = plain, BucketAcl = Acl.PublicRead }).Reason());
        var overHttp = Ask.Question(Ask.OwnAccount, values: (ConditionKeys.SecureTransport, "false")) with { BucketPolicy = conditional };
        Assert.Equal(DecisionReason.BucketPolicyDenies, overHttp.Reason());
        var overTls = Ask.Question(Ask.OwnAccount, values: (ConditionKeys.SecureTransport, "true")) with { BucketPolicy = conditional };
        Assert.Equal(DecisionReason.OwnAccount, overTls.Reason());
    }

    [Theory]
    [InlineData("oss:PutBucketPolicy")]
    [InlineData("oss:GetBucketPolicy")]
    [InlineData("oss:DeleteBucketPolicy")]
    public void The_owner_always_has_a_way_back_to_the_bucket_policy(string action)
    {
        var lockout = Ask.One("Deny", "oss:*", "*", """{"StringNotEquals":{"acs:AccessId":"nobody"}}""");

        Assert.Equal(DecisionReason.OwnAccount, (Ask.Question(Ask.OwnAccount, action, AclRight.None) with { BucketPolicy = lockout }).Reason());
        Assert.Equal(DecisionReason.BucketPolicyDenies, (Ask.Question(Ask.OwnAccount, "oss:ListObjects", AclRight.None) with { BucketPolicy = lockout }).Reason());
        Assert.Equal(DecisionReason.BucketPolicyDenies, (Ask.Question(Ask.OwnUser, action, AclRight.None) with { BucketPolicy = lockout }).Reason());
    }

    [Fact]
    public void Blocked_public_access_takes_what_everybody_has_and_leaves_what_is_granted_by_name()
    {
        var everybody = Ask.One("Allow", "oss:GetObject", "*");
        var named = Ask.One("Allow", "oss:GetObject", Ask.Other);
        var blocked = Ask.Question(Ask.OtherAccount) with { BlocksPublicAccess = true, BucketAcl = Acl.PublicRead };

        Assert.Equal(DecisionReason.BucketAclDenies, blocked.Reason());
        Assert.Equal(DecisionReason.BucketAclDenies, (blocked with { BucketPolicy = everybody }).Reason());
        Assert.Equal(DecisionReason.BucketPolicyAllows, (blocked with { BucketPolicy = named }).Reason());
        Assert.Equal(DecisionReason.OwnAccount, (blocked with { Identity = Ask.OwnAccount }).Reason());

        // Also where everybody is named first, and in one and the same policy.
        var both = new PolicyDocument { Statements = [.. everybody.Statements, .. named.Statements] };
        Assert.Equal(DecisionReason.BucketPolicyAllows, (blocked with { BucketPolicy = both }).Reason());
        Assert.Equal(DecisionReason.BucketAclDenies, (blocked with { BucketPolicy = both, Identity = Ask.Nobody }).Reason());
    }

    [Theory]
    [InlineData("""{"IpAddress":{"acs:SourceIp":["10.1.0.0/16","192.168.0.7"]}}""", false)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}""", false)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":"fd00::/32"}}""", false)]
    [InlineData("""{"StringEquals":{"acs:AccessId":"key"}}""", false)]
    [InlineData("""{"StringEquals":{"acs:SourceVpc":["vpc-1"]}}""", false)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":["10.1.0.0/16","0.0.0.0/0"]}}""", true)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":"128.0.0.0/1"}}""", true)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":"::ffff:0:0/96"}}""", true)]
    [InlineData("""{"IpAddress":{"acs:SourceIp":"10.*.*.*"}}""", true)]
    [InlineData("""{"NotIpAddress":{"acs:SourceIp":"10.1.0.0/16"}}""", true)]
    [InlineData("""{"StringLike":{"acs:AccessId":"*"}}""", true)]
    [InlineData("""{"Bool":{"acs:SecureTransport":true}}""", true)]
    public void Public_is_what_no_address_network_or_key_narrows_and_that_is_what_is_blocked(string condition, bool isPublic)
    {
        var policy = Ask.One("Allow", "oss:GetObject", "*", condition);
        Assert.Equal(isPublic, policy.IsPublic);
        Assert.False(Ask.One("Deny", "oss:GetObject", "*", condition).IsPublic);

        // Whatever is not public still grants what it says while public access is blocked; what is public grants nothing.
        var question = Ask.Question(
            Ask.OtherAccount, values: [("acs:SourceIp", "10.1.2.3"), ("acs:AccessId", "key"), ("acs:SourceVpc", "vpc-1"), ("acs:SecureTransport", "true")]);
        var open = (question with { BucketPolicy = policy }).Reason();
        var blocked = (question with { BucketPolicy = policy, BlocksPublicAccess = true }).Reason();
        Assert.Equal(isPublic ? DecisionReason.BucketAclDenies : open, blocked);
    }

    [Fact]
    public void A_bucket_action_needs_the_bucket_and_an_object_action_the_object_as_its_resource()
    {
        var objects = Ask.Policy("""{"Version":"1","Statement":{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:examplebucket/*"}}""");
        var bucket = Ask.Policy("""{"Version":"1","Statement":{"Effect":"Allow","Action":"oss:*","Resource":"acs:oss:*:*:examplebucket"}}""");
        var list = Ask.Question(Ask.OwnUser, "oss:ListObjects", AclRight.None);
        var read = Ask.Question(Ask.OwnUser);

        Assert.False(AccessDecision.Decide(list with { IdentityPolicies = [objects] }).IsAllowed);
        Assert.True(AccessDecision.Decide(read with { IdentityPolicies = [objects] }).IsAllowed);
        Assert.True(AccessDecision.Decide(list with { IdentityPolicies = [bucket] }).IsAllowed);
        Assert.False(AccessDecision.Decide(read with { IdentityPolicies = [bucket] }).IsAllowed);
    }

    [Theory]
    [InlineData("user/a", true)]
    [InlineData("user/", true)]
    [InlineData("", false)]
    [InlineData("use", false)]
    [InlineData(null, false)]
    public void Listing_can_be_bound_to_a_prefix(string? prefix, bool isAllowed)
    {
        var policy = Ask.Policy(
            """
            {"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:ListObjects"],"Resource":["acs:oss:*:*:examplebucket"],
              "Condition":{"StringLike":{"oss:Prefix":["user/*",]}},}]}
            """);
        var values = prefix is null ? ImmutableArray<(string, string)>.Empty : [(ConditionKeys.Prefix, prefix)];

        var question = Ask.Question(Ask.OwnUser, "oss:ListObjects", AclRight.None, [.. values]) with { IdentityPolicies = [policy] };

        Assert.Equal(isAllowed, AccessDecision.Decide(question).IsAllowed);
    }

    static Identity Sender(string name) => name switch
    {
        nameof(Ask.OwnAccount) => Ask.OwnAccount,
        nameof(Ask.OwnUser) => Ask.OwnUser,
        nameof(Ask.OwnRole) => Ask.OwnRole,
        nameof(Ask.OtherAccount) => Ask.OtherAccount,
        nameof(Ask.OtherUser) => Ask.OtherUser,
        _ => Ask.Nobody,
    };

    static string PrincipalOf(Identity identity) => identity.Kind switch
    {
        IdentityKind.Account => identity.AccountUid,
        IdentityKind.User => identity.UserUid,
        IdentityKind.AssumedRole => $"arn:sts::{identity.AccountUid}:assumed-role/{identity.Name}/*",
        _ => "*",
    };
}
