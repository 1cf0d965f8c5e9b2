using System.Collections.Immutable;
using System.Text;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.Tests.AccessControl;

/// <summary>Who asks and what there is, in the tests of policies: the bucket belongs to <see cref="Owner"/>.</summary>
static class Ask
{
    public const string Owner = "1000000000000001";
    public const string Other = "1000000000000002";
    public const string Bucket = "examplebucket";

    public static readonly Identity OwnAccount = Identity.OfAccount(Owner);
    public static readonly Identity OwnUser = Identity.OfUser(Owner, "2000000000000001", "alice");
    public static readonly Identity OwnRole = Identity.OfRole(Owner, "uploader", "phone-7");
    public static readonly Identity OtherAccount = Identity.OfAccount(Other);
    public static readonly Identity OtherUser = Identity.OfUser(Other, "2000000000000002", "bob");
    public static readonly Identity Nobody = Identity.Anonymous;

    public static PolicyDocument Policy(string json, PolicyKind kind = PolicyKind.Identity) =>
        PolicyParser.Parse(Encoding.UTF8.GetBytes(json), kind);

    /// <summary>A policy of one statement without conditions on the bucket and everything in it.</summary>
    public static PolicyDocument One(string effect, string action, string? principal = null, string? condition = null) => Policy(
        $$"""
        {"Version":"1","Statement":[{"Effect":"{{effect}}","Action":"{{action}}",
          {{(principal is null ? "" : $"\"Principal\":[\"{principal}\"],")}}
          {{(condition is null ? "" : $"\"Condition\":{condition},")}}
          "Resource":["acs:oss:*:*:{{Bucket}}","acs:oss:*:*:{{Bucket}}/*"]}]}
        """,
        principal is null ? PolicyKind.Identity : PolicyKind.Bucket);

    public static AccessQuestion Question(
        Identity identity, string action = "oss:GetObject", AclRight right = AclRight.Read, params (string Key, string Value)[] values) => new()
        {
            Identity = identity,
            Request = new(
                action,
                right == AclRight.None ? Arn.OfBucket("cn-hangzhou", Owner, Bucket) : Arn.OfObject("cn-hangzhou", Owner, Bucket, "a/b.txt"),
                values.ToImmutableDictionary(pair => pair.Key, pair => pair.Value)),
            Right = right,
            BucketAcl = Acl.Private,
        };

    public static DecisionReason Reason(this AccessQuestion question) => AccessDecision.Decide(question).Reason;
}
