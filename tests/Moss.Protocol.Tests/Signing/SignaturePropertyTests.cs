using FsCheck;
using FsCheck.Fluent;
using Moss.Protocol.Signing;

namespace Moss.Protocol.Tests.Signing;

/// <summary>Whatever is signed is accepted, and whatever is changed afterwards is refused.</summary>
public sealed class SignaturePropertyTests
{
    static readonly string[] Pieces =
    [
        "a", "Z", "0", "-", "_", ".", "~", "*", "'", "(", "!", "%", "%2F", "%zz", "+", " ", "/", "//", "..", "&", "=", "?", "#", "中", "文档", "é", "😀",
        "\u0001", "\u001f", "\u007f", "\0", "\n", ":", ";", ",", "\\", "|", "\uFFFD",
    ];

    static readonly string[] SubResources =
    [
        "acl", "uploads", "uploadId", "partNumber", "versionId", "x-oss-process", "response-content-type", "append", "position", "tagging", "x-oss-unheard-of",
    ];

    static readonly string[] Headers = ["x-oss-meta-author", "X-Oss-Meta-N", "x-oss-storage-class", "Content-Type", "Content-MD5", "Range", "x-oss-callback"];

    static readonly Gen<string> Text =
        from pieces in Gen.Elements(Pieces).ListOf()
        select string.Concat(pieces);

    static readonly Gen<string> HeaderText =
        from text in Text
        select text.Replace("\n", "", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);

    static readonly Gen<(string, string?)> Pair =
        from name in Gen.OneOf(Gen.Elements(SubResources), Gen.Elements("prefix", "Marker", "max-keys"), Text)
        from value in Gen.OneOf(Text.Select(text => (string?)text), Gen.Constant<string?>(null), Gen.Constant<string?>(""))
        select (name, value);

    static readonly Gen<(string, string)> Header =
        from name in Gen.Elements(Headers)
        from value in HeaderText
        select (name, value);

    static readonly Gen<SignableRequest> Request =
        from method in Gen.Elements("GET", "PUT", "POST", "HEAD", "DELETE")
        from bucket in Gen.Elements("examplebucket", "b-1", null)
        from key in Text
        from query in Pair.ListOf()
        from headers in Header.ListOf()
        select Requests.ToSend(method, bucket, bucket is null ? null : key, query.Where(pair => !IsReserved(pair.Item1)), headers);

    static readonly Gen<(SignatureVersion Version, bool InUrl, string? Token, string[] Additional)> Way =
        from version in Gen.Elements(SignatureVersion.V1, SignatureVersion.V2, SignatureVersion.V4)
        from inUrl in Gen.Elements(true, false)
        from token in Gen.Elements(null, "to+ken/= &")
        from additional in Gen.Elements<string[]>([], ["Range"], ["range", "host", "x-oss-meta-n"])
        select (version, inUrl, token, additional);

    static readonly Gen<SignableRequest> Signed =
        from request in Request
        from way in Way
        select Sign(request, way.Version, way.InUrl, way.Token, way.Additional);

    [Fact]
    public void What_is_signed_is_accepted() =>
        Prop.ForAll(Signed.ToArbitrary(), sent =>
        {
            var result = sent.Authenticate(Requests.Now);
            Assert.Equal("ak", result.AccessKeyId);
            Assert.Empty(result.Uncovered);
            Assert.False(result.PlusIsLiteral);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void What_is_changed_is_refused() =>
        Prop.ForAll((from sent in Signed from random in Gen.Choose(0, int.MaxValue - 1) select (sent, random)).ToArbitrary(), pair =>
        {
            foreach (var changed in Tamperings(pair.sent, pair.random))
            {
                // Without its version parameter nothing in a URL is a signature any more: nobody is nobody, not the signer.
                if (changed.What.Contains("x-oss-signature-version", StringComparison.Ordinal)
                    && changed.Request.QueryValue("x-oss-signature-version") is null)
                {
                    Assert.True(ParsedSignature.Parse(changed.Request, Requests.Now, Requests.AnyRegion).IsAnonymous);
                    continue;
                }

                var error = Assert.Throws<Errors.OssException>(() =>
                {
                    var result = changed.Request.Authenticate(Requests.Now);
                    Assert.Fail($"accepted after: {changed.What}, uncovered: {string.Join(',', result.Uncovered)}");
                });
                Assert.InRange(error.Status, 400, 403);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    /// <summary>Every single change to something covered: one of each kind, at a place that the random number picks.</summary>
    static IEnumerable<(string What, SignableRequest Request)> Tamperings(SignableRequest sent, int random)
    {
        var isV1 = sent.Authenticate(Requests.Now).Scheme is SignatureScheme.V1Header or SignatureScheme.V1Url;
        yield return ("method", sent.With(method: sent.Method == "GET" ? "PUT" : "GET"));
        if (sent.Bucket is not null)
        {
            yield return ("bucket", sent.With(bucket: sent.Bucket + "x"));
            yield return ("key", sent.With(key: sent.Key + "x"));
        }

        foreach (var name in (string[])["acl", "x-oss-process", "response-content-type", "append", "uploadId", "restore", "symlink"])
        {
            yield return ($"added {name}", sent.With(query: sent.Query.Append(QueryParameter.FromText(name, "x"))));
            yield return ($"added bare {name}", sent.With(query: sent.Query.Prepend(QueryParameter.FromText(name, null))));

            // In company that makes the verifier try the spellings of lenient SDKs.
            yield return ($"escorted {name}", sent.With(
                query: [.. sent.Query, QueryParameter.FromText(name, ""), QueryParameter.FromText("x-oss-new", "1"), .. QueryParameter.Parse("Q=+")],
                headers: sent.Headers.Append(new("x-oss-empty", ""))));
        }

        var covered = Enumerable.Range(0, sent.Query.Count).Where(i => !isV1 || IsCoveredByV1(sent.Query[i].Name)).ToArray();
        if (covered.Length > 0)
        {
            var at = covered[random % covered.Length];
            var old = sent.Query[at];
            yield return ($"removed {old}", sent.With(query: sent.Query.Where((_, i) => i != at)));
            yield return ($"value of {old}", sent.With(query: Replace(sent.Query, at, QueryParameter.FromText(old.Name, old.Value + "x"))));
            yield return ($"name of {old}", sent.With(query: Replace(sent.Query, at, QueryParameter.FromText(old.Name + "x", old.Value))));
        }

        yield return ("added header", sent.With(headers: sent.Headers.Append(new("x-oss-object-acl", "public-read"))));
        yield return ("second header", sent.With(headers: sent.Headers.Append(new("X-OSS-META-AUTHOR", "x"))));
        var signed = Enumerable.Range(0, sent.Headers.Count).Where(i => IsCovered(sent, sent.Headers[i].Key)).ToArray();
        if (signed.Length > 0)
        {
            var at = signed[random % signed.Length];
            var old = sent.Headers[at];
            yield return ($"value of {old.Key}", sent.With(headers: Replace(sent.Headers, at, new(old.Key, old.Value + "x"))));
            if (old.Value.Trim(' ', '\t').Length > 0)
            {
                yield return ($"removed {old.Key}", sent.With(headers: sent.Headers.Where((_, i) => i != at)));
            }
        }
    }

    static SignableRequest Sign(SignableRequest request, SignatureVersion version, bool inUrl, string? token, string[] additional)
    {
        var signer = new Signer(
            new Credential("ak", Requests.Secret, token),
            new SigningOptions { Version = version, Region = "cn-hangzhou", AdditionalHeaders = additional });

        // The first header of a repeated Content-Type counts; a sensible client sends one.
        var single = request.With(headers: request.Headers.DistinctBy(header => header.Key));
        return inUrl ? signer.SignedInUrl(single, Requests.Now, TimeSpan.FromMinutes(1)) : signer.SignedInHeaders(single, Requests.Now);
    }

    static IEnumerable<T> Replace<T>(IReadOnlyList<T> list, int at, T item) => list.Select((old, i) => i == at ? item : old);

    // Without an effect of its own: names of the signature itself, which a signer adds.
    static bool IsReserved(string name) => name.Length == 0;

    static bool IsCoveredByV1(string name) =>
        SignedSubResources.Contains(name) || name.StartsWith("x-oss-", StringComparison.Ordinal);

    static bool IsCovered(SignableRequest sent, string name) =>
        name.StartsWith("x-oss-", StringComparison.OrdinalIgnoreCase)
        || (name is "Content-Type" or "Content-MD5" && sent.CountHeader(name) == 1)
        || (name == "Date" && sent.Header("Authorization")!.StartsWith("OSS", StringComparison.Ordinal));
}
