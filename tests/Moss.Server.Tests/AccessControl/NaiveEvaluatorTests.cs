using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Moss.Protocol.Names;
using Moss.Server.AccessControl.Policies;

namespace Moss.Server.Tests.AccessControl;

/// <summary>
/// The evaluator against one that was written as the documentation reads, over the policies' JSON itself, with regular expressions, and without any of the
/// product's code: 30,000 random questions from a fixed seed must get the same answer.
/// </summary>
public sealed class NaiveEvaluatorTests
{
    const int Seed = 5_000_011;

    [Fact]
    public void The_evaluator_agrees_with_a_naive_one()
    {
        var random = new Random(Seed);
        var answers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < 30_000; round++)
        {
            var world = World.Random(random);

            var actual = AccessDecision.Decide(world.ToQuestion()).IsAllowed;
            var expected = Naive.IsAllowed(world);

            Assert.True(expected == actual, $"seed {Seed}, round {round}: naive says {expected}, product says {actual}\n{world}");
            var kind = $"{world.Identity.Kind} {expected}";
            answers[kind] = answers.GetValueOrDefault(kind) + 1;
        }

        // Every kind of sender met both answers, or else the worlds are too dull to compare anything.
        Assert.Equal(8, answers.Count);
        Assert.All(answers, answer => Assert.True(answer.Value > 200, $"{answer.Key} only {answer.Value} times"));
    }

    sealed record World(
        Identity Identity, string Action, string Path, Dictionary<string, string> Values, string? Session, string[] Own, string? Bucket, Acl BucketAcl, Acl ObjectAcl,
        bool BlocksPublicAccess)
    {
        static readonly string[] Actions = ["oss:GetObject", "oss:PutObject", "oss:ListObjects", "oss:PutBucketPolicy"];
        static readonly string[] ActionPatterns = ["oss:GetObject", "OSS:getobject", "oss:Get*", "oss:*Object", "*", "oss:Put?bject", "oss:ListObjects", "oss:PutBucket*"];
        static readonly string[] ResourcePatterns =
            ["*", "acs:oss:*:*:b", "acs:oss:*:*:b/*", "acs:oss:*:1:b/a/*", "acs:oss:*:2:b/*", "acs:oss:oss-r:*:b/?/x", "acs:oss:other:*:*", "acs:ram:*:*:*"];
        static readonly string[] Principals = ["*", "1", "2", "11", "22", "arn:sts::1:assumed-role/r/*", "arn:sts::1:assumed-role/R/s", "arn:sts::2:assumed-role/r/s"];
        static readonly string[] Conditions =
        [
            """{"Bool":{"acs:SecureTransport":"true"}}""", """{"Bool":{"acs:SecureTransport":["false"]}}""", """{"StringLike":{"oss:Prefix":["a/*","b*"]}}""",
            """{"StringNotLike":{"oss:Prefix":["a/*"]}}""", """{"StringNotEquals":{"acs:AccessId":["k1","k2"]},"Bool":{"acs:SecureTransport":true}}""",
            """{"StringEquals":{"acs:AccessId":["k1"],"oss:Delimiter":"/"}}""", """{"StringLike":{"acs:AccessId":"k*"}}""",
            """{"StringEqualsIgnoreCase":{"oss:Prefix":["A/1","B"]}}""", """{"StringNotEqualsIgnoreCase":{"acs:AccessId":"K1","oss:Prefix":"C"}}""",
            """{"NumericEquals":{"oss:object-remaining-retention-days":["7","30.0"]}}""", """{"NumericNotEquals":{"oss:object-remaining-retention-days":7}}""",
            """{"NumericLessThan":{"oss:object-remaining-retention-days":"30"}}""", """{"NumericLessThanEquals":{"oss:object-remaining-retention-days":"7"}}""",
            """{"NumericGreaterThan":{"oss:object-remaining-retention-days":"7"}}""", """{"NumericGreaterThanEquals":{"oss:object-remaining-retention-days":"-1"}}""",
            """{"DateEquals":{"acs:CurrentTime":"2026-06-01T02:00:00+02:00"}}""", """{"DateNotEquals":{"acs:CurrentTime":["2026-06-01"]}}""",
            """{"DateLessThan":{"acs:CurrentTime":"2026-06-01T00:00:00Z"}}""", """{"DateLessThanEquals":{"acs:CurrentTime":"2026-06-01T00:00:00.000Z"}}""",
            """{"DateGreaterThan":{"acs:CurrentTime":"2026-06-01T00:00Z"}}""", """{"DateGreaterThanEquals":{"acs:CurrentTime":"2026-06-01"}}""",
            """{"IpAddress":{"acs:SourceIp":["10.1.0.0/16","192.168.0.7"]}}""", """{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/9","2001:db8::/32"]}}""",
            """{"IpAddressIncludeBorder":{"acs:SourceIp":"10.1.2.*"}}""", """{"IpAddress":{"acs:SourceIp":"0.0.0.0/0"}}""", """{"IpAddress":{"acs:SourceIp":"2001:db8::/29"}}""",
        ];

        static readonly Identity[] Identities =
        [
            Identity.Anonymous, Identity.OfAccount("1"), Identity.OfAccount("2"), Identity.OfUser("1", "11", "u"), Identity.OfUser("2", "22", "u"),
            Identity.OfRole("1", "r", "s"), Identity.OfRole("2", "r", "s"), Identity.OfRole("2", "R", "S"),
        ];

        public static World Random(Random random)
        {
            var identity = Pick(random, Identities);
            var action = Pick(random, Actions);
            var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["acs:SecureTransport"] = random.Next(2) == 0 ? "true" : "false" };
            if (!identity.IsAnonymous)
            {
                values["acs:AccessId"] = $"k{random.Next(1, 4)}";
            }

            values["acs:SourceIp"] = Pick(random, ["10.1.2.3", "10.200.0.1", "192.168.0.7", "2001:db8::1", "2001:db9::1"]);
            values["acs:CurrentTime"] = Pick(random, ["2026-05-31T23:59:59.999Z", "2026-06-01T00:00:00.000Z", "2026-06-01T00:00:00.001Z"]);
            if (random.Next(2) == 0)
            {
                values["oss:object-remaining-retention-days"] = Pick(random, ["6.9", "7", "7.0", "30", "31"]);
            }

            if (random.Next(2) == 0)
            {
                values["oss:Prefix"] = Pick(random, ["a/1", "b", "c"]);
                values["oss:Delimiter"] = "/";
            }

            var own = identity.Kind is IdentityKind.User or IdentityKind.AssumedRole
                ? Enumerable.Range(0, random.Next(3)).Select(_ => Document(random, hasPrincipal: false)).ToArray()
                : [];
            return new(
                identity, action, action.EndsWith("tObject", StringComparison.Ordinal) ? Pick(random, ["b/a/x", "b/c", "b/a"]) : "b", values,
                identity.Kind == IdentityKind.AssumedRole && random.Next(2) == 0 ? Document(random, hasPrincipal: false) : null,
                own,
                random.Next(3) > 0 ? Document(random, hasPrincipal: true) : null,
                Pick(random, [Acl.Private, Acl.Private, Acl.PublicRead, Acl.PublicReadWrite]),
                Pick(random, Enum.GetValues<Acl>()),
                random.Next(3) == 0);
        }

        public AclRight Right => Action switch { "oss:GetObject" => AclRight.Read, "oss:PutObject" => AclRight.Write, _ => AclRight.None };

        public AccessQuestion ToQuestion() => new()
        {
            Identity = Identity,
            Request = new(Action, new("oss", "r", "1", Path), Values),
            SessionPolicy = Session is null ? null : Ask.Policy(Session, PolicyKind.Session),
            IdentityPolicies = [.. Own.Select(json => Ask.Policy(json))],
            BucketPolicy = Bucket is null ? null : Ask.Policy(Bucket, PolicyKind.Bucket),
            Right = Right,
            BucketAcl = BucketAcl,
            ObjectAcl = ObjectAcl,
            BlocksPublicAccess = BlocksPublicAccess,
        };

        public override string ToString() => string.Join(
            '\n',
            [$"{Identity.Kind} {Identity.AccountUid}: {Action} {Path} ({BucketAcl}, {ObjectAcl}{(BlocksPublicAccess ? ", blocked" : "")})", JsonSerializer.Serialize(Values), $"session {Session}", .. Own, $"bucket {Bucket}"]);

        static string Document(Random random, bool hasPrincipal)
        {
            var statements = new JsonArray();
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                var statement = new JsonObject { ["Effect"] = random.Next(4) == 0 ? "Deny" : "Allow" };
                statement[random.Next(6) == 0 ? "NotAction" : "Action"] = Some(random, ActionPatterns);
                statement[random.Next(6) == 0 ? "NotResource" : "Resource"] = Some(random, hasPrincipal ? ResourcePatterns[..^1] : ResourcePatterns);
                if (hasPrincipal)
                {
                    statement[random.Next(5) == 0 ? "NotPrincipal" : "Principal"] = Some(random, Principals);
                }

                if (random.Next(2) == 0)
                {
                    statement["Condition"] = JsonNode.Parse(Pick(random, Conditions));
                }

                statements.Add(statement);
            }

            return new JsonObject { ["Version"] = "1", ["Statement"] = statements }.ToJsonString();
        }

        static JsonArray Some(Random random, string[] from) =>
            [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => (JsonNode)Pick(random, from)!)];

        static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
    }

    /// <summary>The documented rules, one after the other.</summary>
    static class Naive
    {
        public static bool IsAllowed(World world)
        {
            var session = world.Session is null ? ["Allow"] : Effects(world, world.Session);
            if (session.Contains("Deny") || !session.Contains("Allow"))
            {
                return false;
            }

            var isOwnAccount = world.Identity is { Kind: IdentityKind.Account, AccountUid: "1" };
            var own = world.Own.SelectMany(policy => Effects(world, policy)).ToHashSet();
            var isBlocked = world.BlocksPublicAccess && world.Identity.AccountUid != "1";
            var bucket = world.Bucket is null || (isOwnAccount && world.Action == "oss:PutBucketPolicy") ? [] : Effects(world, world.Bucket, isBlocked);
            if (own.Contains("Deny") || bucket.Contains("Deny"))
            {
                return false;
            }

            if (bucket.Contains("Allow") || (own.Contains("Allow") && world.Identity.AccountUid == "1") || isOwnAccount)
            {
                return true;
            }

            var acl = world.BlocksPublicAccess ? Acl.Private : world.ObjectAcl == Acl.Default ? world.BucketAcl : world.ObjectAcl;
            return (world.Action == "oss:GetObject" && acl is Acl.PublicRead or Acl.PublicReadWrite && world.Action == "oss:GetObject")
                || (world.Action == "oss:PutObject" && acl == Acl.PublicReadWrite);
        }

        static HashSet<string> Effects(World world, string json, bool withoutPublic = false) =>
            [.. JsonNode.Parse(json)!["Statement"]!.AsArray()
                .Where(statement => Applies(world, statement!.AsObject()) && !(withoutPublic && IsPublic(statement.AsObject())))
                .Select(statement => (string)statement!["Effect"]!)];

        static bool IsPublic(JsonObject statement) =>
            (string)statement["Effect"]! == "Allow"
            && (statement["Principal"] is not { } principal || Texts(principal).Contains("*"))
            && !(statement["Condition"]?.AsObject() ?? []).Any(test =>
                !test.Key.Contains("Not", StringComparison.Ordinal) && test.Value!.AsObject().Any(pair => Names(pair.Key, Texts(pair.Value!).ToArray())));

        // Of addresses one, or a range that is not a great part of all.
        static bool Names(string key, string[] values) => key switch
        {
            "acs:SourceIp" => values.All(value => !value.Contains('*', StringComparison.Ordinal)
                && (value.Split('/') is not [var address, var prefix] || int.Parse(prefix, CultureInfo.InvariantCulture) >= (address.Contains('.', StringComparison.Ordinal) ? 8 : 32))),
            "acs:AccessId" => values.All(value => !value.Contains('*', StringComparison.Ordinal)),
            _ => false,
        };

        static bool Applies(World world, JsonObject statement) =>
            Any(statement, "Action", pattern => Like(pattern, world.Action, RegexOptions.IgnoreCase))
            && Any(statement, "Resource", pattern => IsResource(pattern, world.Path))
            && Any(statement, "Principal", principal => IsPrincipal(principal, world.Identity, statement.ContainsKey("Condition"), statement.ContainsKey("NotPrincipal")))
            && (statement["Condition"]?.AsObject() ?? []).All(test => test.Value!.AsObject().All(pair => Holds(world, test.Key, pair.Key, pair.Value!)));

        static bool Any(JsonObject statement, string name, Func<string, bool> matches) =>
            statement[name] is { } list ? Texts(list).Any(matches)
            : statement[$"Not{name}"] is not { } others || !Texts(others).Any(matches);

        static bool IsResource(string pattern, string path)
        {
            var parts = pattern.Split(':', 5);
            return pattern == "*"
                || (Like(parts[1], "oss") && (Like(parts[2], "r") || Like(parts[2], "oss-r")) && Like(parts[3], "1") && Like(parts[4], path));
        }

        static bool IsPrincipal(string principal, Identity identity, bool hasCondition, bool isNot) => principal switch
        {
            "*" => isNot || hasCondition || identity.AccountUid != "1",
            _ when principal.StartsWith("arn:", StringComparison.Ordinal) => identity.Kind == IdentityKind.AssumedRole
                && Like(principal[..principal.LastIndexOf('/')], $"arn:sts::{identity.AccountUid}:assumed-role/{identity.Name}", RegexOptions.IgnoreCase)
                && Like(principal[(principal.LastIndexOf('/') + 1)..], identity.SessionName),
            _ => (identity.Kind == IdentityKind.Account && identity.AccountUid == principal) || identity.UserUid == principal,
        };

        static bool Holds(World world, string name, string key, JsonNode expected)
        {
            var value = world.Values.GetValueOrDefault(key);
            var texts = Texts(expected).ToArray();
            if (name.Contains("Not", StringComparison.Ordinal))
            {
                return value is null || !Holds(world, name.Replace("Not", "", StringComparison.Ordinal), key, expected);
            }

            return value is not null && texts.Any(text => name switch
            {
                "Bool" or "StringEquals" => text == value,
                "StringEqualsIgnoreCase" => string.Equals(text.ToUpperInvariant(), value.ToUpperInvariant(), StringComparison.Ordinal),
                "StringLike" => Like(text, value),
                "IpAddress" or "IpAddressIncludeBorder" => IsIn(text, value),
                _ when name.StartsWith("Numeric", StringComparison.Ordinal) => Compares(name["Numeric".Length..], Number(value) - Number(text)),
                _ when name.StartsWith("Date", StringComparison.Ordinal) => Compares(name["Date".Length..], (Date(value) - Date(text)).TotalMilliseconds),
                _ => throw new InvalidOperationException(name),
            });
        }

        static bool Compares(string relation, double difference) => relation switch
        {
            "Equals" => difference == 0,
            "LessThan" => difference < 0,
            "LessThanEquals" => difference <= 0,
            "GreaterThan" => difference > 0,
            "GreaterThanEquals" => difference >= 0,
            _ => throw new InvalidOperationException(relation),
        };

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

        static DateTimeOffset Date(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

        // Bit by bit.
        static bool IsIn(string range, string address)
        {
            static string Bits(string text) => string.Concat(IPAddress.Parse(text).GetAddressBytes().Select(part => Convert.ToString(part, 2).PadLeft(8, '0')));
            if (range.Contains('*', StringComparison.Ordinal))
            {
                return Like(range, address);
            }

            var (network, bits) = (Bits(range.Split('/')[0]), Bits(address));
            var prefix = range.Split('/') is [_, var length] ? int.Parse(length, CultureInfo.InvariantCulture) : network.Length;
            return network.Length == bits.Length && network[..prefix] == bits[..prefix];
        }

        static IEnumerable<string> Texts(JsonNode node) =>
            node is JsonArray list ? list.Select(item => item!.ToString()) : [node.GetValueKind() == JsonValueKind.True ? "true" : node.ToString()];

        static bool Like(string pattern, string text, RegexOptions options = RegexOptions.None) =>
            Regex.IsMatch(
                text,
                $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$",
                options | RegexOptions.Singleline, TimeSpan.FromSeconds(5));
    }
}
