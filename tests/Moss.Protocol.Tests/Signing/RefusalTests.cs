using Moss.Protocol.Signing;
using static Moss.Protocol.Tests.Signing.Requests;

namespace Moss.Protocol.Tests.Signing;

/// <summary>Every documented refusal of authentication, as a table: code, status, message, error code detail and extra elements.</summary>
public sealed class RefusalTests
{
    const string Scope = "20231216/cn-hangzhou/oss/aliyun_v4_request";
    const string V1Incomplete = "Query string authentication requires the Signature, Expires and OSSAccessKeyId parameters.";
    const string NoDate = "OSS authentication requires a valid Date.";
    const string Mismatch =
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

    const string Missing = "AccessKeyId or Signature is missing in Authorization header value.";
    const string BadCount = "Authorization header is invalid, bad num of Items in Authorization header.";
    const string UnknownKey = "The OSS Access Key Id you provided does not exist in our records.";
    const string OneWay = "Only one way of signing is allowed: the Authorization header, or one kind of signature in the query.";
    const string MismatchDetails = "OSSAccessKeyId,SignatureProvided,StringToSign,StringToSignBytes";

    static readonly string Rfc = Now.ToString("r", System.Globalization.CultureInfo.InvariantCulture);
    static readonly string GoodUrl =
        $"x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak%2F{Scope.Replace("/", "%2F", StringComparison.Ordinal)}&x-oss-date=20231216T162057Z&x-oss-expires=60&x-oss-signature=00";

    /// <summary>One row: what is sent, and what must come back.</summary>
    public sealed record Row(
        string Name, string Code, int Status, string Message, string? Ec, string Query, (string, string)[] Headers, string Details = "")
    {
        public override string ToString() => Name;
    }

    static readonly Row[] Rows =
    [
        // 1.1: recognition and mixtures.
        InHeader("an empty Authorization", "", "Authorization header value is empty."),
        InHeader("a blank Authorization", " \t ", "Authorization header value is empty."),
        InHeader("another scheme", "Bearer abc", "Authorization header is invalid."),
        InHeader("a scheme without a blank", "OSS", "Authorization header is invalid."),
        InHeader("a lower-case scheme", "oss ak:x", "Authorization header is invalid."),
        InHeader("AWS V2", "AWS ak:x", "AWS signatures are not supported. Sign the request with an OSS signature (V1, V2 or V4)."),
        InHeader("AWS V4", "AWS4-HMAC-SHA256 Credential=a", "AWS signatures are not supported. Sign the request with an OSS signature (V1, V2 or V4)."),
        InUrl("an AWS URL", "InvalidArgument", 400, "AWS signatures are not supported. Sign the request with an OSS signature (V1, V2 or V4).", null, "X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        InUrl("an AWS V2 URL", "InvalidArgument", 400, "AWS signatures are not supported. Sign the request with an OSS signature (V1, V2 or V4).", null, "AWSAccessKeyId=a&Expires=1"),
        InUrl("two Authorization headers", "InvalidArgument", 400, "Authorization header is invalid.", null, "", ("Authorization", "OSS ak:x"), ("authorization", "OSS ak:x")),
        InUrl("a V1 URL and a header", "InvalidArgument", 400, OneWay, null, "OSSAccessKeyId=ak&Expires=1&Signature=x", ("Authorization", "OSS ak:x")),
        InUrl("a V4 URL and a header", "InvalidArgument", 400, OneWay, null, GoodUrl, ("Authorization", "OSS ak:x")),
        InUrl("a V1 URL and a V4 URL", "InvalidArgument", 400, OneWay, null, "OSSAccessKeyId=ak&" + GoodUrl),
        InUrl("an AWS URL and a header", "InvalidArgument", 400, OneWay, null, "AWSAccessKeyId=a", ("Authorization", "OSS ak:x")),
        InUrl("an unknown version", "InvalidArgument", 400, "x-oss-signature-version is invalid.", null, "x-oss-signature-version=OSS9", "ArgumentName,ArgumentValue"),

        // 1.6: the V1 header.
        InHeader("V1 of one item", "OSS ak", BadCount),
        InHeader("V1 of three items", "OSS ak:x:y", BadCount),
        InHeader("V1 without a key", "OSS :x", Missing),
        InHeader("V1 without a signature", "OSS ak:", Missing),
        new("V1 with an illegal key", "InvalidAccessKeyId", 403, UnknownKey, "0002-00000902", "", [("Authorization", "OSS a/k:x"), ("Date", Rfc)], "OSSAccessKeyId"),
        new("V1 with a wrong signature", "SignatureDoesNotMatch", 403, Mismatch, "0002-00000040", "", [("Authorization", "OSS ak:x"), ("Date", Rfc)], MismatchDetails),
        InUrl("two tokens", "InvalidArgument", 400, "The security token must be given either in a header or in the query, not in both.", null,
            "security-token=t", ("Authorization", "OSS ak:x"), ("Date", Rfc), ("x-oss-security-token", "t")),

        // 1.5: the clock.
        new("no date", "AccessDenied", 403, NoDate, "0002-00000503", "", [("Authorization", "OSS ak:x")]),
        new("an unreadable date", "AccessDenied", 403, NoDate, "0002-00000503", "", [("Authorization", "OSS ak:x"), ("Date", "yesterday")]),
        Skewed("a date too far behind", "Sat, 16 Dec 2023 16:05:56 GMT"),
        Skewed("a date too far ahead", "Sat, 16 Dec 2023 16:35:58 GMT"),
        Skewed("an ISO date too far behind", "20231216T160556Z"),
        new("V4: a skewed date", "RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large.", "0002-00000504", "",
            [("Authorization", $"OSS4-HMAC-SHA256 Credential=ak/{Scope},Signature=x"), ("x-oss-date", "20231216T160556Z"), Payload],
            "MaxAllowedSkewMilliseconds,RequestTime,ServerTime"),
        InV4("V4: no date", "AccessDenied", 403, NoDate, "0002-00000503", $"Credential=ak/{Scope},Signature=x", Payload),

        // 1.3: the V1 URL.
        InUrl("V1 URL without a signature", "AccessDenied", 403, V1Incomplete, null, "OSSAccessKeyId=ak&Expires=9999999999"),
        InUrl("V1 URL without an expiry", "AccessDenied", 403, V1Incomplete, null, "OSSAccessKeyId=ak&Signature=x"),
        InUrl("V1 URL without a key", "AccessDenied", 403, V1Incomplete, null, "Expires=9999999999&Signature=x"),
        InUrl("V1 URL with an empty key", "AccessDenied", 403, V1Incomplete, null, "OSSAccessKeyId=&Expires=9999999999&Signature=x"),
        InUrl("V1 URL with an empty expiry", "AccessDenied", 403, "Invalid date (should be seconds since epoch)", "0002-00000068", "OSSAccessKeyId=ak&Expires=&Signature=x"),
        InUrl("V1 URL with a word for expiry", "AccessDenied", 403, "Invalid date (should be seconds since epoch)", "0002-00000070", "OSSAccessKeyId=ak&Expires=abc&Signature=x"),
        InUrl("V1 URL expired", "AccessDenied", 403, "Request has expired.", "0002-00000069", "OSSAccessKeyId=ak&Expires=1702743656&Signature=x", "Expires,ServerTime"),
        InUrl("V1 URL expired before time began", "AccessDenied", 403, "Request has expired.", "0002-00000069", $"OSSAccessKeyId=ak&Expires={long.MinValue}&Signature=x", "Expires,ServerTime"),
        InUrl("V1 URL with a wrong signature", "SignatureDoesNotMatch", 403, Mismatch, "0002-00000040", "OSSAccessKeyId=ak&Expires=1702743657&Signature=x", MismatchDetails),
        InUrl("V1 URL with its token in a header", "InvalidArgument", 400, "The security token of a signed URL must be given as a query parameter.", null,
            "OSSAccessKeyId=ak&Expires=1702743657&Signature=x", ("x-oss-security-token", "t")),
        InUrl("V1 URL with two tokens", "InvalidArgument", 400, "The security token must be given either in a header or in the query, not in both.", null,
            "OSSAccessKeyId=ak&Expires=1702743657&Signature=x&security-token=t", ("x-oss-security-token", "t")),

        // 2.8: V2.
        InV2("V2 without items", "", "Authorization header is invalid.", null),
        InV2("V2 of commas", ",", BadCount, "0002-00000102"),
        InV2("V2 with a repeated item", "AccessKeyId:a,AccessKeyId:b,Signature:x", BadCount, "0002-00000102"),
        InV2("V2 item without a colon", "AccessKeyId", "Authorization header is invalid.", "0002-00000103"),
        InV2("V2 with an unknown item", "AccessKeyId:ak,Signature:x,Other:y", "Unknown parameter in Authorization header.", "0002-00000104"),
        InV2("V2 without a key", "Signature:x", Missing, "0002-00000105"),
        InV2("V2 with an empty key", "AccessKeyId:,Signature:x", Missing, "0002-00000106"),
        InV2("V2 without a signature", "AccessKeyId:ak", Missing, "0002-00000108"),
        new("V2 with an illegal key", "InvalidAccessKeyId", 403, UnknownKey, "0002-00000107", "", [("Authorization", "OSS2 AccessKeyId:\\r,Signature:x"), ("Date", Rfc)], "OSSAccessKeyId"),
        new("V2 with a wrong signature", "SignatureDoesNotMatch", 403, Mismatch, "0002-00000040", "", [("Authorization", "OSS2 AccessKeyId:ak,Signature:x"), ("Date", Rfc)], MismatchDetails),
        InUrl("V2 URL without an expiry", "AccessDenied", 403, "Query string authentication requires the x-oss-signature, x-oss-expires and x-oss-access-key-id parameters.", "0002-00000113",
            "x-oss-signature-version=OSS2&x-oss-access-key-id=ak&x-oss-signature=x"),
        InUrl("V2 URL with an empty expiry", "AccessDenied", 403, "Invalid date (should be seconds since epoch)", "0002-00000114",
            "x-oss-signature-version=OSS2&x-oss-access-key-id=ak&x-oss-expires=&x-oss-signature=x"),
        InUrl("V2 URL expired", "AccessDenied", 403, "Request has expired.", "0002-00000069",
            "x-oss-signature-version=OSS2&x-oss-access-key-id=ak&x-oss-expires=1&x-oss-signature=x", "Expires,ServerTime"),
        InUrl("V2 URL without a key", "AccessDenied", 403, "Query string authentication requires the x-oss-signature, x-oss-expires and x-oss-access-key-id parameters.", null,
            "x-oss-signature-version=OSS2&x-oss-expires=9999999999&x-oss-signature=x"),

        // 2.6: the V4 header.
        V4Argument("V4 of commas", ",", BadCount, "0002-00000202"),
        V4Argument("V4 item without an equals sign", "Credential", "Authorization header is invalid.", "0002-00000203"),
        V4Argument("V4 with an unknown item", $"Credential=ak/{Scope},Signature=x,Other=y", "Unknown parameter in Authorization header.", "0002-00000204"),
        V4Argument("V4 without a credential", "Signature=x", "Credential is missing in Authorization header.", "0002-00000205"),
        V4Argument("V4 with an empty credential", "Credential=,Signature=x", "Credential is missing in Authorization header.", "0002-00000205"),
        V4Argument("V4 without a signature", $"Credential=ak/{Scope}", Missing, "0002-00000202"),
        V4Argument("V4 with empty additional headers", $"Credential=ak/{Scope},AdditionalHeaders=,Signature=x", "AdditionalHeaders is empty.", "0002-00000209"),
        V4Argument("V4 with an empty additional header", $"Credential=ak/{Scope},AdditionalHeaders=a;;b,Signature=x", "AdditionalHeaders has an empty item.", "0002-00000210"),
        V4Argument("V4 with a bad day", "Credential=ak/2023-12-16/cn-hangzhou/oss/aliyun_v4_request,Signature=x", "Invalid signing date in Authorization header.", "0002-00000212"),
        V4Argument("V4 with a day that is not the date's", "Credential=ak/20231215/cn-hangzhou/oss/aliyun_v4_request,Signature=x", "Invalid signing date in Authorization header.", "0002-00000212"),
        V4Argument("V4 with another terminator", "Credential=ak/20231216/cn-hangzhou/oss/aws4_request,Signature=x", "The credential in Authorization header does not end in aliyun_v4_request.", "0002-00000213"),
        V4Argument("V4 with a short credential", "Credential=ak/20231216/oss/aliyun_v4_request,Signature=x", "The credential in Authorization header is malformed.", "0002-00000202"),
        V4Argument("V4 with an empty region", "Credential=ak/20231216//oss/aliyun_v4_request,Signature=x", "Invalid signing region in Authorization header.", "0002-00000226"),
        V4Argument("V4 with another product", "Credential=ak/20231216/cn-hangzhou/s3/aliyun_v4_request,Signature=x", "Invalid signing product in Authorization header.", "0002-00000227"),
        InV4("V4 with an illegal key", "InvalidAccessKeyId", 403, UnknownKey, "0002-00000206", "Credential=a$k/" + Scope + ",Signature=x", "OSSAccessKeyId", Date, Payload),
        InV4("V4 without a payload header", "InvalidArgument", 400, "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "0002-00000214", $"Credential=ak/{Scope},Signature=x", Date),
        InV4("V4 with a payload hash", "InvalidArgument", 400, "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "0002-00000214", $"Credential=ak/{Scope},Signature=x", Date, ("x-oss-content-sha256", "78adf")),
        InV4("V4 with a wrong signature", "SignatureDoesNotMatch", 403, Mismatch, "0002-00000201", $"Credential=ak/{Scope},Signature=x", MismatchDetails + ",CanonicalRequest", Date, Payload),

        // 2.4 and 2.6: the V4 URL.
        V4Url("V4 URL without a credential", "x-oss-credential is missing.", "0002-00000217", "x-oss-credential", null),
        V4Url("V4 URL with a blank credential", "x-oss-credential is empty.", "0002-00000218", "x-oss-credential", ""),
        V4Url("V4 URL without a signature", "x-oss-signature is missing.", "0002-00000219", "x-oss-signature", null),
        V4Url("V4 URL with a blank signature", "x-oss-signature is empty.", "0002-00000220", "x-oss-signature", ""),
        V4Url("V4 URL with a bad day", "Invalid signing date in x-oss-credential.", "0002-00000223", "x-oss-credential", "ak/2022-12-20/cn-hangzhou/oss/aliyun_v4_request"),
        V4Url("V4 URL with another day", "Invalid signing date in x-oss-credential.", "0002-00000223", "x-oss-credential", "ak/20231215/cn-hangzhou/oss/aliyun_v4_request"),
        V4Url("V4 URL with a malformed credential", "The credential in x-oss-credential is malformed.", "0002-00000224", "x-oss-credential", "ak/aliyun_v4_request"),
        V4Url("V4 URL with another region", "Invalid signing region in Authorization header.", "0002-00000226", "x-oss-credential", "ak/20231216//oss/aliyun_v4_request"),
        V4Url("V4 URL with empty additional headers", "AdditionalHeaders is empty.", "0002-00000209", "x-oss-additional-headers", ""),
        V4Url("V4 URL without a duration", "x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232", "x-oss-expires", null),
        V4Url("V4 URL with no duration", "x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232", "x-oss-expires", "0"),
        V4Url("V4 URL with eight days", "x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232", "x-oss-expires", "604801"),
        V4Url("V4 URL with a negative duration", "x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232", "x-oss-expires", "-1"),
        V4Url("V4 URL with a word for a duration", "x-oss-expires must be a number of seconds from 1 to 604800.", "0002-00000232", "x-oss-expires", "soon"),
        V4Url("V4 URL without a date", NoDate, "0002-00000503", "x-oss-date", null, "AccessDenied", 403),
        V4Url("V4 URL too early", "Request is not valid yet.", "0002-00000235", "x-oss-date", "20231216T163558Z", "AccessDenied", 403, "ServerTime"),
        V4Url("V4 URL expired", "Request has expired.", "0002-00000236", "x-oss-date", "20231216T161956Z", "AccessDenied", 403, "Expires,ServerTime"),
        V4Url("V4 URL with a wrong signature", Mismatch, "0002-00000201", "x-oss-signature", "00", "SignatureDoesNotMatch", 403, MismatchDetails + ",CanonicalRequest"),
        InUrl("V4 URL with a payload hash", "InvalidArgument", 400, "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "0002-00000214", GoodUrl, ("x-oss-content-sha256", "abc")),
        InUrl("V4 URL with its token in a header", "InvalidArgument", 400, "The security token of a signed URL must be given as a query parameter.", null, GoodUrl, ("x-oss-security-token", "t")),
    ];

    public static TheoryData<string> Names() => [.. Rows.Select(row => row.Name)];

    static (string, string) Payload => ("x-oss-content-sha256", "UNSIGNED-PAYLOAD");

    static (string, string) Date => ("x-oss-date", "20231216T162057Z");

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_refused_as_documented(string name)
    {
        var row = Rows.Single(r => r.Name == name);

        var error = Received("GET", "bucket", "key", row.Query, row.Headers).Refused(Now);

        Assert.Equal((row.Code, row.Status, row.Message, row.Ec), (error.Code, error.Status, error.Message, error.EC));
        Assert.Equal(row.Details, string.Join(',', error.Details.Select(detail => detail.Key)));
    }

    [Fact]
    public void Names_are_unique() => Assert.Equal(Rows.Length, Rows.Select(row => row.Name).Distinct().Count());

    [Fact]
    public void A_skewed_request_says_both_times()
    {
        var error = Received("GET", null, null, "", ("Authorization", "OSS ak:x"), ("Date", "Sat, 16 Dec 2023 15:00:00 GMT")).Refused(Now);
        Assert.Equal("900000", error.Detail("MaxAllowedSkewMilliseconds"));
        Assert.Equal("2023-12-16T15:00:00.000Z", error.Detail("RequestTime"));
        Assert.Equal("2023-12-16T16:20:57.000Z", error.Detail("ServerTime"));
    }

    [Fact]
    public void An_expired_url_says_when()
    {
        var error = Received("GET", "b", "k", "OSSAccessKeyId=ak&Expires=1702743600&Signature=x").Refused(Now);
        Assert.Equal("2023-12-16T16:20:00.000Z", error.Detail("Expires"));
        Assert.Equal("2023-12-16T16:20:57.000Z", error.Detail("ServerTime"));
    }

    [Fact]
    public void A_mismatch_never_contains_what_xml_cannot_carry()
    {
        var error = Received("GET", "b", "a\u0001b", "acl=%00%01", ("Authorization", "OSS ak:\u0001"), ("Date", Rfc)).Refused(Now);
        Assert.All(error.Details, detail => Assert.DoesNotContain(detail.Value, c => c < ' ' && c != '\n'));
        Assert.Contains("61 01 62 3F 61 63 6C 3D 00 01", error.Detail("StringToSignBytes"), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_regions_than_the_configured_ones_are_refused()
    {
        var options = new SignatureOptions { Regions = new HashSet<string>(StringComparer.Ordinal) { "cn-hangzhou" } };
        var here = new Signer(Ak, V4).SignedInHeaders(ToSend("GET", "b", "k"), Now);
        Assert.Equal("cn-hangzhou", here.Authenticate(Now, options: options).Region);

        var elsewhere = new Signer(Ak, V4 with { Region = "cn-beijing" }).SignedInHeaders(ToSend("GET", "b", "k"), Now);
        Assert.Equal("cn-beijing", elsewhere.Authenticate(Now).Region);
        var error = elsewhere.Refused(Now, options: options);
        Assert.Equal(
            ("InvalidArgument", "Invalid signing region in Authorization header.", "0002-00000226"), (error.Code, error.Message, error.EC));
    }

    static Row InHeader(string name, string authorization, string message) =>
        new(name, "InvalidArgument", 400, message, null, "", [("Authorization", authorization), ("Date", Rfc)]);

    static Row InUrl(string name, string code, int status, string message, string? ec, string query, string details) =>
        new(name, code, status, message, ec, query, [], details);

    static Row InUrl(string name, string code, int status, string message, string? ec, string query, params (string, string)[] headers) =>
        new(name, code, status, message, ec, query, headers);

    static Row InV2(string name, string items, string message, string? ec) =>
        new(name, "InvalidArgument", 400, message, ec, "", [("Authorization", "OSS2 " + items), ("Date", Rfc)]);

    static Row InV4(string name, string code, int status, string message, string ec, string items, params (string, string)[] headers) =>
        InV4(name, code, status, message, ec, items, "", headers);

    static Row InV4(string name, string code, int status, string message, string ec, string items, string details, params (string, string)[] headers) =>
        new(name, code, status, message, ec, "", [("Authorization", "OSS4-HMAC-SHA256 " + items), .. headers], details);

    static Row V4Argument(string name, string items, string message, string ec) =>
        InV4(name, "InvalidArgument", 400, message, ec, items, Date, Payload);

    static Row V4Url(
        string name, string message, string ec, string parameter, string? value, string code = "InvalidArgument", int status = 400, string details = "")
    {
        var kept = QueryParameter.Parse(GoodUrl).Where(p => p.Name != parameter);
        var query = value is null ? kept : kept.Append(QueryParameter.FromText(parameter, value));
        return new(name, code, status, message, ec, string.Join('&', query), [], details);
    }

    static Row Skewed(string name, string date) =>
        new(
            name,
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
            "0002-00000504",
            "",
            [("Authorization", "OSS ak:x"), ("Date", date)],
            "MaxAllowedSkewMilliseconds,RequestTime,ServerTime");
}
