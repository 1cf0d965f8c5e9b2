using Moss.Protocol.Xml;
using Moss.Server.BucketRules;
using Moss.Server.Tests.PostObject;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketCors and what it does: preflights, and the headers that let a page read its answers.</summary>
public sealed class BucketCorsTests(TestServer server)
{
    const string Rules =
        """
        <CORSConfiguration><CORSRule>
        <AllowedOrigin>https://a.example</AllowedOrigin><AllowedOrigin>http://*.b.example:8080</AllowedOrigin>
        <AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>
        <AllowedHeader>x-oss-*</AllowedHeader><AllowedHeader>authorization</AllowedHeader>
        <ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-oss-request-id</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds>
        </CORSRule><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>
        """;

    [Fact]
    public async Task What_is_put_is_got_until_it_is_deleted()
    {
        var bucket = await BucketAsync(Rules);
        Assert.Equal(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <CORSConfiguration>
              <CORSRule>
                <AllowedOrigin>https://a.example</AllowedOrigin>
                <AllowedOrigin>http://*.b.example:8080</AllowedOrigin>
                <AllowedMethod>PUT</AllowedMethod>
                <AllowedMethod>POST</AllowedMethod>
                <AllowedHeader>x-oss-*</AllowedHeader>
                <AllowedHeader>authorization</AllowedHeader>
                <ExposeHeader>ETag</ExposeHeader>
                <ExposeHeader>x-oss-request-id</ExposeHeader>
                <MaxAgeSeconds>100</MaxAgeSeconds>
              </CORSRule>
              <CORSRule>
                <AllowedOrigin>*</AllowedOrigin>
                <AllowedMethod>GET</AllowedMethod>
              </CORSRule>
              <ResponseVary>false</ResponseVary>
            </CORSConfiguration>

            """.ReplaceLineEndings("\n"),
            (await server.SendAsync(Call.Get(bucket, null, ("cors", null)))).Is(200).Text);
        (await server.SendAsync(Call.Delete(bucket, null, ("cors", null)))).Is(204);
        (await server.SendAsync(Call.Get(bucket, null, ("cors", null)))).Is(404, "NoSuchCORSConfiguration").Has("BucketName", bucket);
        (await server.SendAsync(Call.Get(bucket, null, ("cors", null)).Anonymously())).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<CORSConfiguration>", "MalformedXML")]
    [InlineData("<CORSConfiguration></CORSConfiguration>", "MalformedXML", "0034-00000002")]
    [InlineData("<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>", "MalformedXML", "0034-00000008")]
    [InlineData(Lead + "<AllowedOrigin>http://*.*</AllowedOrigin>" + Tail, "MalformedXML", "0034-00000009")]
    [InlineData(Lead + "<AllowedMethod>OPTIONS</AllowedMethod>" + Tail, "MalformedXML", "0034-00000011")]
    [InlineData(Lead + "<AllowedMethod>get</AllowedMethod>" + Tail, "MalformedXML", "0034-00000011")]
    [InlineData(Lead + "<AllowedHeader>x-*-*</AllowedHeader>" + Tail, "MalformedXML")]
    [InlineData(Lead + "<ExposeHeader>x-oss-*</ExposeHeader>" + Tail, "MalformedXML", "0034-00000013")]
    [InlineData(Lead + "<ExposeHeader>a\nSet-Cookie: x</ExposeHeader>" + Tail, "MalformedXML", "0034-00000013")]
    [InlineData(Lead + "<MaxAgeSeconds>-1</MaxAgeSeconds>" + Tail, "MalformedXML")]
    [InlineData(Lead + "<MaxAgeSeconds>1000000000</MaxAgeSeconds>" + Tail, "MalformedXML")]
    [InlineData(Lead + "<MaxAgeSeconds>soon</MaxAgeSeconds>" + Tail, "MalformedXML")]
    public async Task What_is_not_right_is_refused_and_changes_nothing(string xml, string code, string ec = "0015-00000231")
    {
        var bucket = await BucketAsync(Rules);
        Assert.Equal(ec, (await PutAsync(bucket, xml)).Is(400, code)["x-oss-ec"]);
        Assert.Equal(2, (await server.SendAsync(Call.Get(bucket, null, ("cors", null)))).Is(200).Elements("CORSRule").Count);
    }

    const string Lead = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
    const string Tail = "</CORSRule></CORSConfiguration>";

    [Fact]
    public async Task Twenty_rules_are_all()
    {
        const string rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
        var bucket = await server.BucketAsync();
        (await PutAsync(bucket, $"<CORSConfiguration>{string.Concat(Enumerable.Repeat(rule, 20))}</CORSConfiguration>")).Is(200);
        (await PutAsync(bucket, $"<CORSConfiguration>{string.Concat(Enumerable.Repeat(rule, 21))}</CORSConfiguration>")).Is(400, "CORSRuleBeyondLimit");
        (await PutAsync(bucket, $"<CORSConfiguration>{rule}{new string(' ', 16 * 1024)}</CORSConfiguration>")).Is(400, "MalformedXML");
    }

    [Theory]
    [InlineData("https://a.example", "PUT", null, "https://a.example")]
    [InlineData("HTTPS://A.example", "PUT", "X-OSS-Date, Authorization", "HTTPS://A.example")]
    [InlineData("http://x.y.b.example:8080", "POST", "x-oss-meta-a", "http://x.y.b.example:8080")]
    [InlineData("http://anything", "GET", null, "*")]
    [InlineData("null", "GET", null, "*")]
    public async Task A_preflight_that_a_rule_allows_is_answered(string origin, string method, string? headers, string allowed)
    {
        var bucket = await BucketAsync(Rules);
        foreach (var call in new[] { Preflight(bucket, "k"), Preflight(bucket, null), Preflight(bucket, "k") with { IsVirtualHost = true } })
        {
            var asked = call.With(("Origin", origin), ("Access-Control-Request-Method", method));
            var answer = (await server.SendAsync(headers is null ? asked : asked.With(("Access-Control-Request-Headers", headers)))).Is(200);
            Assert.Empty(answer.Body);
            Assert.Equal(allowed, answer["Access-Control-Allow-Origin"]);
            Assert.Equal(method, answer["Access-Control-Allow-Methods"]);
            Assert.Equal(headers, answer["Access-Control-Allow-Headers"]);
            Assert.Equal(method == "GET" ? null : "ETag, x-oss-request-id", answer["Access-Control-Expose-Headers"]);
            Assert.Equal(method == "GET" ? null : "100", answer["Access-Control-Max-Age"]);
            Assert.Null(answer["Vary"]);
        }
    }

    [Theory]
    [InlineData(100, 200)]
    [InlineData(101, 403)]
    [InlineData(7000, 403)]
    public async Task A_preflight_asks_for_so_many_headers(int count, int status)
    {
        var bucket = await BucketAsync(Rules);
        var call = Preflight(bucket, "k").With(
            ("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", string.Join(',', Enumerable.Repeat("x-oss-a", count))));
        Assert.Equal(status, (await server.SendAsync(call)).Status);
    }

    [Theory]
    [InlineData("http://a.example", "PUT", null)]
    [InlineData("https://a.example.evil", "PUT", null)]
    [InlineData("https://a.example:444", "PUT", null)]
    [InlineData("http://b.example:8080", "PUT", null)]
    [InlineData("https://a.example", "DELETE", null)]
    [InlineData("https://a.example", "put", null)]
    [InlineData("https://a.example", "PUT", "x-oss-date,x-other")]
    [InlineData("http://anything", "GET", "x-oss-date")]
    public async Task A_preflight_that_no_rule_allows_is_refused(string origin, string method, string? headers)
    {
        var bucket = await BucketAsync(Rules);
        var call = Preflight(bucket, "k").With(("Origin", origin), ("Access-Control-Request-Method", method));
        var answer = (await server.SendAsync(headers is null ? call : call.With(("Access-Control-Request-Headers", headers)))).Is(403, "AccessForbidden");
        Assert.Equal("0003-00000602", answer["x-oss-ec"]);
        Assert.Null(answer["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task A_preflight_must_be_one_and_needs_rules()
    {
        var bucket = await BucketAsync(Rules);
        Assert.Equal("0034-00000101", (await server.SendAsync(Preflight(bucket, "k"))).Is(400, "BadRequest")["x-oss-ec"]);
        var call = Preflight(bucket, "k").With(("Origin", "http://x"));
        Assert.Equal("0034-00000102", (await server.SendAsync(call)).Is(400, "BadRequest")["x-oss-ec"]);
        call = call.With(("Access-Control-Request-Method", "GET"));
        Assert.Equal("0003-00000601", (await server.SendAsync(call with { Bucket = await server.BucketAsync() })).Is(403, "AccessForbidden")["x-oss-ec"]);
        (await server.SendAsync(call with { Bucket = "no-such-bucket" })).Is(404, "NoSuchBucket");
        (await server.SendAsync(call with { Bucket = null, Key = null, RawTarget = "/" })).Is(403, "AccessForbidden");
    }

    [Fact]
    public async Task Every_answer_that_a_rule_matches_can_be_read_by_the_page()
    {
        var bucket = await BucketAsync(Rules);
        var put = Call.Put(bucket, "k", Bytes.Of("body")).With(("Origin", "https://a.example"));
        foreach (var (call, status, code) in new (Call, int, string?)[]
        {
            (put, 200, null),
            (put.Anonymously(), 403, "AccessDenied"),
            (put with { Credential = new("nobody", new("secret")) }, 403, "InvalidAccessKeyId"),
            (put.With(("Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA==")), 400, "InvalidDigest"),
            (Call.Put(bucket, "k", [], ("uploadId", "none"), ("partNumber", "1")).With(("Origin", "https://a.example")), 404, "NoSuchUpload"),
        })
        {
            var answer = (await server.SendAsync(call)).Is(status, code);
            Assert.Equal("https://a.example", answer["Access-Control-Allow-Origin"]);
            Assert.Equal("PUT, POST", answer["Access-Control-Allow-Methods"]);
            Assert.Equal("ETag, x-oss-request-id", answer["Access-Control-Expose-Headers"]);
            Assert.Equal("100", answer["Access-Control-Max-Age"]);
        }

        Assert.Equal("*", (await server.SendAsync(Call.Get(bucket, "k").With(("Origin", "http://x")))).Is(200)["Access-Control-Allow-Origin"]);
        foreach (var call in new[] { Call.Get(bucket, "k"), put with { Headers = [("Origin", "http://evil")] }, Call.Head(bucket, "k").With(("Origin", "http://x")) })
        {
            var answer = (await server.SendAsync(call)).Is(200);
            Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
            Assert.Null(answer["Vary"]);
        }
    }

    [Fact]
    public async Task A_form_from_another_origin_is_answered_so_that_the_page_can_read_it()
    {
        var bucket = await BucketAsync(Rules, "public-read-write");
        var call = Call.Post(bucket, null, new Form().Field("key", "k").File(Bytes.Of("x")).Bytes()).Anonymously()
            .With(("Content-Type", Form.ContentType), ("Origin", "https://a.example"));
        var answer = (await server.SendAsync(call)).Is(204);
        Assert.Equal("https://a.example", answer["Access-Control-Allow-Origin"]);
        Assert.NotNull(answer["ETag"]);
        answer = (await server.SendAsync(call with { Body = new Form().Field("key", "").File([]).Bytes() })).Is(400, "InvalidArgument");
        Assert.Equal("https://a.example", answer["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task Vary_is_said_on_every_answer_when_it_is_asked_for()
    {
        var bucket = await BucketAsync(
            "<CORSConfiguration><CORSRule><AllowedOrigin>http://x</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
            + "<ResponseVary>true</ResponseVary></CORSConfiguration>");
        Assert.Equal("Origin", (await server.SendAsync(Call.Get(bucket))).Is(200)["Vary"]);
        Assert.Equal("Origin", (await server.SendAsync(Call.Get(bucket, "none"))).Is(404, "NoSuchKey")["Vary"]);
        Assert.Equal("Origin", (await server.SendAsync(Call.Get(bucket).With(("Origin", "http://x")))).Is(200)["Vary"]);
        var preflight = Preflight(bucket, "k").With(("Origin", "http://y"), ("Access-Control-Request-Method", "GET"));
        Assert.Equal("Origin", (await server.SendAsync(preflight)).Is(403, "AccessForbidden")["Vary"]);
    }

    [Fact]
    public void The_first_rule_that_allows_everything_counts()
    {
        var narrow = new CorsRule(["http://x"], ["GET"]) { AllowedHeaders = ["a"] };
        var wide = new CorsRule(["*"], ["GET", "PUT"]) { AllowedHeaders = ["*"] };
        var rules = new CorsConfiguration([narrow, wide]);
        Assert.Same(narrow, CrossOrigin.Match(rules, "http://x", "GET", ["A"]));
        Assert.Same(wide, CrossOrigin.Match(rules, "http://x", "GET", ["a", "b"]));
        Assert.Same(wide, CrossOrigin.Match(rules, "http://x", "PUT", []));
        Assert.Null(CrossOrigin.Match(rules, "http://x", "DELETE", []));

        // What stands before and after the star may not overlap in the text.
        Assert.Null(CrossOrigin.Match(new([new(["ab*ba"], ["GET"])]), "aba", "GET", []));
    }

    static Call Preflight(string bucket, string? key) => new("OPTIONS", bucket, key) { IsAnonymous = true };

    Task<Answer> PutAsync(string bucket, string xml) => server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("cors", null)));

    async Task<string> BucketAsync(string rules, string acl = "private")
    {
        var bucket = await server.BucketAsync(acl);
        (await PutAsync(bucket, rules)).Is(200);
        return bucket;
    }
}
