using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Signing;
using Moss.Tests;

namespace Moss.Protocol.Tests.Signing;

/// <summary>Garbage is refused with a documented error, whatever it is. The corpus holds what is worth mutating.</summary>
public sealed class SignatureFuzzTests
{
    const int Rounds = 40_000;

    static readonly string[] Authorizations =
    [
        "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=",
        "OSS :", "OSS  ", "OSS", "OSS ak", "OSS ak:x:y", "OSS\tak:x", "oss ak:x", "OSS \u00FFk:\u00FF",
        "OSS2 AccessKeyId:ak,AdditionalHeaders:abc;zabc,Signature:kSHKmLxlyEAKtZPkJhG9bZb5k7M=",
        "OSS2 AccessKeyId:,Signature:", "OSS2 ,,,", "OSS2 ::::", "OSS2 AdditionalHeaders:;,AccessKeyId:ak,Signature:x",
        "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=abc;zabc,Signature=e21d18daa82167720f9b1047ae7e7f1c",
        "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request, Signature=00",
        "OSS4-HMAC-SHA256 Credential=/////,Signature=", "OSS4-HMAC-SHA256 ====,====", "OSS4-HMAC-SHA256 Credential=aliyun_v4_request,Signature=x",
        "OSS4-HMAC-SHA256 Credential=ak/99999999/r/oss/aliyun_v4_request,Signature=x",
        "AWS ak:x", "AWS4-HMAC-SHA256 Credential=x", "Basic YTpi", " ", ":", ",", "=", "\u0080\u00FF\u0001",
    ];

    static readonly string[] Queries =
    [
        "OSSAccessKeyId=ak&Expires=1702743657&Signature=dcLTea%2BYh9ApirQ8o8dOPqtvJXQ%3D&versionId=versionId&security-token=t",
        "Expires=-9223372036854775808&OSSAccessKeyId=ak&Signature=x", "Expires=99999999999999999999&OSSAccessKeyId=ak&Signature=x",
        "x-oss-signature-version=OSS2&x-oss-access-key-id=ak&x-oss-expires=1702743657&x-oss-additional-headers=a;b&x-oss-signature=x",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak%2F20231216%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date=20231216T162057Z&x-oss-expires=599&x-oss-signature=00",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak%2F00010101%2Fr%2Foss%2Faliyun_v4_request&x-oss-date=00010101T000000Z&x-oss-expires=604800&x-oss-signature=00",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak%2F99991231%2Fr%2Foss%2Faliyun_v4_request&x-oss-date=99991231T235959Z&x-oss-expires=604800&x-oss-signature=00",
        "&&&===&%&%2&%zz&+=+&%00=%FF%FE&=", "acl&acl=&acl=1&uploads", "x-oss-process=image%2Fresize&x-oss-x=%ED%A0%80", "",
    ];

    static readonly string[] Dates =
    [
        "Sat, 16 Dec 2023 16:20:57 GMT", "20231216T162057Z", "Saturday, 16-Dec-23 16:20:57 GMT", "Sat Dec 16 16:20:57 2023", "Fri, 31 Dec 9999 23:59:59 GMT",
        "00010101T000000Z", "", "0", "Sat, 32 Dec 2023 99:99:99 GMT", "\u00FF",
    ];

    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Garbage_is_refused_and_never_breaks_anything()
    {
        var random = new Random(Fuzzing.Seed(20231216));
        var refusals = new HashSet<string>(StringComparer.Ordinal);
        foreach (var round in Fuzzing.Rounds(Rounds))
        {
            var request = Garbage(random, round);
            try
            {
                var parsed = ParsedSignature.Parse(request, Requests.Now, Requests.AnyRegion);
                if (!parsed.IsAnonymous)
                {
                    Assert.True(AccessKey.IsValidId(parsed.AccessKeyId!));
                    parsed.Verify(Requests.Secret);
                    Assert.Fail($"round {round} was accepted");
                }
            }
            catch (OssException refusal)
            {
                Assert.InRange(refusal.Status, 400, 403);
                refusals.Add(refusal.Code + refusal.EC + refusal.Message);
            }
        }

        // Most of the refusals are reached, so the mutations are not all of one kind.
        Assert.True(refusals.Count >= 25, $"only {refusals.Count} kinds of refusal");
    }

    [Fact]
    public void A_wrong_signature_costs_a_bounded_number_of_tries()
    {
        // Everything unusual at once: empty values, plus signs, odd order, odd encoding, empty headers, two dates, two names.
        var request = new SignableRequest(
            "GET",
            "b",
            "k",
            QueryParameter.Parse("Zeta=+&alpha&Beta=&uploads=&x-oss-new=%7e"),
            [new("x-oss-a", ""), new("x-oss-date", "20231216T162057Z")])
        {
            BucketAlias = "alias",
            AlternativeKey = "k ",
        };
        Assert.InRange(CanonicalForm.Alternatives(request, SignatureScheme.V4Header, 2).Count(), 10, 50);
        Assert.InRange(CanonicalForm.Alternatives(request, SignatureScheme.V1Header, 2).Count(), 10, 50);

        var usual = Requests.Received("GET", "b", "k", "uploads&prefix=a%2Fb", ("x-oss-date", "20231216T162057Z"));
        Assert.Equal(3, CanonicalForm.Alternatives(usual, SignatureScheme.V4Header, 1).Count());
    }

    static SignableRequest Garbage(Random random, int round)
    {
        var query = Pick(random, Queries);
        var authorization = Pick(random, Authorizations);
        List<KeyValuePair<string, string>> headers = [];
        if (round % 2 == 0)
        {
            headers.Add(new("Authorization", Mutate(random, authorization)));
            query = random.Next(4) == 0 ? Mutate(random, query) : "acl&prefix=x";
        }
        else
        {
            query = Mutate(random, query);
        }

        foreach (var name in (string[])["Date", "x-oss-date", "x-oss-content-sha256", "x-oss-security-token", "Content-Type"])
        {
            if (random.Next(3) > 0)
            {
                headers.Add(new(name, name.EndsWith("sha256", StringComparison.Ordinal) ? "UNSIGNED-PAYLOAD" : Mutate(random, Pick(random, Dates))));
            }
        }

        return new SignableRequest("GET", "b", Mutate(random, "目录/key"), QueryParameter.Parse(query), headers)
        {
            BucketAlias = random.Next(2) == 0 ? "alias" : null,
        };
    }

    static string Mutate(Random random, string text)
    {
        var builder = new StringBuilder(text);
        for (var times = random.Next(4); times > 0; times--)
        {
            var at = random.Next(builder.Length + 1);
            switch (random.Next(4))
            {
                case 0 when at < builder.Length:
                    builder.Remove(at, random.Next(1, Math.Min(8, builder.Length - at) + 1));
                    break;
                case 1:
                    builder.Insert(at, (char)random.Next(256));
                    break;
                case 2:
                    builder.Insert(at, ":,=;/&%+ "[random.Next(9)]);
                    break;
                default:
                    builder.Insert(at, Pick(random, ["Signature", "Credential", "OSS ", "AccessKeyId:", "AdditionalHeaders=", "%2F", "9999999999", "\uD800"]));
                    break;
            }
        }

        return builder.ToString();
    }

    static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
