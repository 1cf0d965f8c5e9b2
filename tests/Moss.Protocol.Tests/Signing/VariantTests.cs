using System.Globalization;
using Moss.Protocol.Signing;
using static Moss.Protocol.Tests.Signing.Requests;

namespace Moss.Protocol.Tests.Signing;

/// <summary>What official SDKs sign instead of the documented text, and what must still be refused.</summary>
public sealed class VariantTests
{
    static readonly string Rfc = Now.ToString("r", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("acl=&x-oss-process=a", nameof(EmptyValues.Equals))] // Java
    [InlineData("acl=&uploads", nameof(EmptyValues.AsSent))]
    public void V1_writes_empty_values_either_way(string query, string empty) =>
        AcceptV1(Received("GET", "b", "k", query, ("Date", Rfc)), new CanonicalForm(Enum.Parse<EmptyValues>(empty)));

    [Fact]
    public void V1_forgives_parameters_that_no_list_has_and_names_them()
    {
        var result = AcceptV1(
            Received("GET", "b", "k", "acl&x-oss-new=1&x-oss-process=p", ("Date", Rfc)), new CanonicalForm(SkipUnknownParameters: true));
        Assert.Equal(["x-oss-new"], result.Uncovered);
    }

    [Fact]
    public void V1_covers_parameters_that_no_list_has_when_the_signer_did() =>
        Assert.Empty(AcceptV1(Received("GET", "b", "k", "x-oss-new=1", ("Date", Rfc)), default).Uncovered);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void V1_takes_either_date_header(int date)
    {
        var other = Now.AddMinutes(1).ToString("r", CultureInfo.InvariantCulture);
        AcceptV1(Received("GET", "b", "k", "", ("Date", Rfc), ("x-oss-date", other)), new CanonicalForm(DateIndex: date), date == 0 ? other : Rfc);
    }

    [Fact]
    public void V1_takes_an_iso_date_and_a_skewed_second_date_does_no_harm()
    {
        AcceptV1(Received("GET", "b", "k", "", ("x-oss-date", "20231216T162057Z")), default, "20231216T162057Z");
        AcceptV1(Received("GET", "b", "k", "", ("Date", Rfc), ("x-oss-date", "20200101T000000Z")), default, Rfc);
    }

    [Fact]
    public void A_date_outside_the_window_is_no_date_even_if_another_header_is_inside()
    {
        // Signed an hour ago by its Date; someone replays it with a fresh x-oss-date: neither text fits.
        const string old = "Sat, 16 Dec 2023 15:20:57 GMT";
        var captured = new Signer(Ak, V1).SignedInHeaders(ToSend("GET", "b", "k", headers: [("Date", old)]), Rfc1123(old));
        Assert.Equal("RequestTimeTooSkewed", captured.Refused(Now).Code);
        var replayed = captured.With(headers: captured.Headers.Append(new("x-oss-date", Rfc)));
        Assert.Equal("SignatureDoesNotMatch", replayed.Refused(Now).Code);
    }

    [Theory]
    [InlineData("uploads=&prefix=", nameof(EmptyValues.BareSubResources))] // ali-oss: uploads is null there, prefix an empty string
    [InlineData("uploads=&prefix=", nameof(EmptyValues.Equals))]
    [InlineData("uploads&prefix=", nameof(EmptyValues.AsSent))]
    [InlineData("uploads=&prefix=", nameof(EmptyValues.Bare))]
    public void V4_writes_empty_values_either_way(string query, string empty) =>
        AcceptV4(query, new CanonicalForm(Enum.Parse<EmptyValues>(empty)));

    [Fact]
    public void V4_sorts_names_as_a_browser_does() =>
        AcceptV4("Zeta=1&alpha=2&Beta=3&x_y=4&x-y=5", new CanonicalForm(LocaleOrder: true));

    [Fact]
    public void V4_signs_the_wire_text_of_clients_that_canonicalise_the_url() =>
        AcceptV4("prefix=a/b*c&marker=%e7%9b%ae&empty", new CanonicalForm(Text: QueryText.AsSent));

    [Fact]
    public void A_plus_of_the_query_is_read_as_the_signer_meant_it()
    {
        Assert.False(AcceptV4("prefix=a+b", default).PlusIsLiteral);
        Assert.True(AcceptV4("prefix=a+b", new CanonicalForm(Text: QueryText.LiteralPlus)).PlusIsLiteral);
        Assert.Equal("a+b", QueryParameter.Parse("prefix=a+b")[0].WithLiteralPlus().Value);
        Assert.Equal("a b", QueryParameter.Parse("prefix=a+b")[0].Value);
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public void The_first_of_two_equal_names_stays_the_first(SignatureVersion version)
    {
        var signer = new Signer(Ak, V4 with { Version = version });
        var sent = signer.SignedInHeaders(ToSend("GET", "b", "k", [("versionId", "1"), ("versionId", "2")]), Now);
        Assert.Equal("ak", sent.Authenticate(Now).AccessKeyId);
        Assert.Equal("SignatureDoesNotMatch", sent.With(query: sent.Query.Reverse()).Refused(Now).Code);
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V4)]
    public void A_signed_plus_that_loses_its_escape_is_reported_as_a_plus(SignatureVersion version)
    {
        var signer = new Signer(Ak, V4 with { Version = version });
        var sent = signer.SignedInHeaders(ToSend("GET", "b", "k", [("response-content-type", "a+b")]), Now);
        Assert.False(sent.Authenticate(Now).PlusIsLiteral);
        Assert.True(sent.With(query: QueryParameter.Parse("response-content-type=a+b")).Authenticate(Now).PlusIsLiteral);
    }

    [Fact]
    public void Empty_headers_may_be_left_out_and_are_named()
    {
        var result = AcceptV4("", new CanonicalForm(SkipEmptyHeaders: true), ("x-oss-tagging", " "), ("x-oss-head", "v"), ("other", ""));
        Assert.Equal(["x-oss-tagging"], result.Uncovered);
        Assert.Empty(AcceptV4("", default, ("x-oss-tagging", "")).Uncovered);
    }

    [Fact]
    public void A_bucket_may_be_signed_by_its_alias_and_a_key_by_its_blanks()
    {
        var request = new SignableRequest("GET", "real", "a+b", [], [])
        {
            BucketAlias = "alias",
            AlternativeKey = "a b",
        };
        var byAlias = V4Request(request, new CanonicalForm(UseBucketAlias: true)).Authenticate(Now);
        Assert.False(byAlias.UsesAlternativeKey);
        Assert.True(V4Request(request, new CanonicalForm(UseAlternativeKey: true)).Authenticate(Now).UsesAlternativeKey);
        Assert.False(V4Request(request, default).Authenticate(Now).UsesAlternativeKey);
    }

    [Theory]
    [InlineData("Credential=ak/{0}, Signature={1}")] // Python v1
    [InlineData("Signature={1},Credential=ak/{0}")]
    [InlineData("  Credential = ak/{0} ,, Signature= {1} ,")]
    public void The_V4_header_is_read_tolerantly(string form)
    {
        var request = ToSend("GET", "b", "k");
        var signed = new Signer(Ak, V4).Sign(request, Now);
        var signature = signed[^1].Value.Split("Signature=")[1];
        var items = string.Format(CultureInfo.InvariantCulture, form, "20231216/cn-hangzhou/oss/aliyun_v4_request", signature);
        var sent = request.With(headers: [.. signed.SkipLast(1), new("Authorization", "OSS4-HMAC-SHA256 " + items)]);
        Assert.Equal("ak", sent.Authenticate(Now).AccessKeyId);
    }

    [Fact]
    public void The_V2_header_lists_additional_headers_unsorted()
    {
        var request = ToSend("GET", "b", "k/ü", [("a", ""), ("B", "x y")], [("range", "bytes=0-1"), ("If-Modified-Since", "x")]);
        var signer = new Signer(Ak, V2 with { AdditionalHeaders = ["range", "If-Modified-Since", "x-oss-a"] });
        var signed = signer.Sign(request, Now);
        Assert.StartsWith(
            "OSS2 AccessKeyId:ak,AdditionalHeaders:if-modified-since;range,Signature:", signed[^1].Value, StringComparison.Ordinal);
        var swapped = signed[^1].Value.Replace("if-modified-since;range", "range; If-Modified-Since", StringComparison.Ordinal);
        var sent = request.With(headers: [.. request.Headers, .. signed.SkipLast(1), new("Authorization", swapped)]);
        Assert.Equal(SignatureScheme.V2Header, sent.Authenticate(Now).Scheme);
        Assert.Equal(
            $"GET\n\n\n{Rfc}\nif-modified-since:x\nrange:bytes=0-1\nif-modified-since;range\n%2Fb%2Fk%2F%C3%BC?B=x%20y&a",
            sent.Refused(Now, new AccessKeySecret("other")).Detail("StringToSign"));
    }

    [Fact]
    public void The_V1_url_forgives_an_unescaped_plus_in_the_signature()
    {
        var signer = new Signer(Ak, V1);
        var raw = Enumerable.Range(0, 100)
            .Select(i => signer.Presign(ToSend("GET", "b", $"k{i}"), Now, TimeSpan.FromMinutes(1)))
            .Select((query, i) => (Query: query, Key: $"k{i}"))
            .First(url => url.Query.Contains("%2B", StringComparison.Ordinal));
        var unescaped = raw.Query.Replace("%2B", "+", StringComparison.Ordinal);
        Assert.Equal("ak", Received("GET", "b", raw.Key, unescaped).Authenticate(Now).AccessKeyId);
    }

    [Fact]
    public void A_V4_url_is_valid_from_a_quarter_of_an_hour_before_its_date_to_the_end_of_its_duration()
    {
        var url = new Signer(Ak, V4).SignedInUrl(ToSend("GET", "b", "k"), Now, TimeSpan.FromSeconds(60));
        Assert.True(url.Authenticate(Now.AddMinutes(-15)).IsUrlSigned);
        Assert.Equal("0002-00000235", url.Refused(Now.AddMinutes(-15).AddSeconds(-1)).EC);
        Assert.True(url.Authenticate(Now.AddSeconds(60)).IsUrlSigned);
        Assert.Equal("0002-00000236", url.Refused(Now.AddSeconds(61)).EC);
    }

    [Fact]
    public void Presigning_refuses_durations_that_no_server_accepts()
    {
        var request = ToSend("GET", "b", "k");
        var week = TimeSpan.FromSeconds(604_800);
        Assert.True(new Signer(Ak, V4).SignedInUrl(request, Now, week).Authenticate(Now + week).IsUrlSigned);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Signer(Ak, V4).Presign(request, Now, week + TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Signer(Ak, V4).Presign(request, Now, TimeSpan.Zero));
        Assert.True(new Signer(Ak, V1).SignedInUrl(request, Now, week * 100).Authenticate(Now).IsUrlSigned);
        Assert.Throws<ArgumentException>(() => new Signer(Ak, new SigningOptions()));
    }

    static AuthenticationResult AcceptV1(SignableRequest request, CanonicalForm form, string? date = null)
    {
        using var text = new CanonicalBuffer();
        SignatureV1.StringToSign(text, request, date ?? Rfc, form);
        var authorization = $"OSS ak:{SignatureV1.Sign(Secret, text.Written)}";
        return request.With(headers: [.. request.Headers, new("Authorization", authorization)]).Authenticate(Now);
    }

    static AuthenticationResult AcceptV4(string query, CanonicalForm form, params (string, string)[] headers) =>
        V4Request(Received("GET", "b", "k", query, headers), form).Authenticate(Now);

    static SignableRequest V4Request(SignableRequest request, CanonicalForm form)
    {
        const string scope = "20231216/cn-hangzhou/oss/aliyun_v4_request";
        var dated = request.With(
            moreHeaders: [new("x-oss-date", "20231216T162057Z"), new("x-oss-content-sha256", "UNSIGNED-PAYLOAD")]);
        using var canonicalRequest = new CanonicalBuffer();
        using var text = new CanonicalBuffer();
        SignatureV4.CanonicalRequest(canonicalRequest, dated, [], form);
        SignatureV4.StringToSign(text, "20231216T162057Z", scope, canonicalRequest.Written);
        var key = SignatureV4.DeriveKey(Secret, "20231216", "cn-hangzhou", "oss");
        return dated.With(
            moreHeaders: [new("Authorization", $"OSS4-HMAC-SHA256 Credential=ak/{scope},Signature={SignatureV4.Sign(key, text.Written)}")]);
    }
}
