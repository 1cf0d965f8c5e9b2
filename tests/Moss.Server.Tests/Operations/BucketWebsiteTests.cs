using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketWebsite, and what readers get from a bucket that is one.</summary>
public sealed class BucketWebsiteTests(TestServer server)
{
    const string Site =
        """
        <WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir><Type>0</Type></IndexDocument>
        <ErrorDocument><Key>error.html</Key><HttpStatus>404</HttpStatus></ErrorDocument>
        <RoutingRules>
        <RoutingRule><RuleNumber>2</RuleNumber><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>
        <Redirect><RedirectType>External</RedirectType><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith><EnableReplacePrefix>true</EnableReplacePrefix></Redirect></RoutingRule>
        <RoutingRule><RuleNumber>1</RuleNumber><Condition><KeyPrefixEquals>old/far</KeyPrefixEquals><KeySuffixEquals>.txt</KeySuffixEquals>
        <HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals><IncludeHeader><Key>X-Side</Key><Equals>left</Equals></IncludeHeader></Condition>
        <Redirect><RedirectType>External</RedirectType><PassQueryString>true</PassQueryString><Protocol>https</Protocol><HostName>far.example</HostName>
        <HttpRedirectCode>301</HttpRedirectCode><ReplaceKeyWith>x/${key}</ReplaceKeyWith></Redirect></RoutingRule>
        </RoutingRules></WebsiteConfiguration>
        """;

    [Fact]
    public async Task What_is_put_is_got_until_it_is_deleted()
    {
        var bucket = await BucketAsync(Site);
        Assert.Equal(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <WebsiteConfiguration>
              <IndexDocument>
                <Suffix>index.html</Suffix>
                <SupportSubDir>true</SupportSubDir>
                <Type>0</Type>
              </IndexDocument>
              <ErrorDocument>
                <Key>error.html</Key>
                <HttpStatus>404</HttpStatus>
              </ErrorDocument>
              <RoutingRules>
                <RoutingRule>
                  <RuleNumber>1</RuleNumber>
                  <Condition>
                    <KeyPrefixEquals>old/far</KeyPrefixEquals>
                    <KeySuffixEquals>.txt</KeySuffixEquals>
                    <HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>
                    <IncludeHeader>
                      <Key>X-Side</Key>
                      <Equals>left</Equals>
                    </IncludeHeader>
                  </Condition>
                  <Redirect>
                    <RedirectType>External</RedirectType>
                    <PassQueryString>true</PassQueryString>
                    <Protocol>https</Protocol>
                    <HostName>far.example</HostName>
                    <HttpRedirectCode>301</HttpRedirectCode>
                    <ReplaceKeyWith>x/${key}</ReplaceKeyWith>
                  </Redirect>
                </RoutingRule>
                <RoutingRule>
                  <RuleNumber>2</RuleNumber>
                  <Condition>
                    <KeyPrefixEquals>old/</KeyPrefixEquals>
                  </Condition>
                  <Redirect>
                    <RedirectType>External</RedirectType>
                    <EnableReplacePrefix>true</EnableReplacePrefix>
                    <ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith>
                  </Redirect>
                </RoutingRule>
              </RoutingRules>
            </WebsiteConfiguration>

            """.ReplaceLineEndings("\n"),
            (await server.SendAsync(Call.Get(bucket, null, ("website", null)))).Is(200).Text);
        (await server.SendAsync(Call.Delete(bucket, null, ("website", null)))).Is(204);
        (await server.SendAsync(Call.Get(bucket, null, ("website", null)))).Is(404, "NoSuchWebsiteConfiguration");
        (await server.SendAsync(Call.Get(bucket).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(bucket, "none").Anonymously())).Is(404, "NoSuchKey");
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<WebsiteConfiguration></WebsiteConfiguration>", "MalformedXML")]
    [InlineData("<WebsiteConfiguration><IndexDocument></IndexDocument></WebsiteConfiguration>", "InvalidArgument")]
    [InlineData("<WebsiteConfiguration><IndexDocument><Suffix>a/b</Suffix></IndexDocument></WebsiteConfiguration>", "InvalidArgument")]
    [InlineData("<WebsiteConfiguration><IndexDocument><Suffix>a</Suffix><Type>3</Type></IndexDocument></WebsiteConfiguration>", "InvalidArgument")]
    [InlineData("<WebsiteConfiguration><ErrorDocument><Key></Key></ErrorDocument></WebsiteConfiguration>", "InvalidObjectName")]
    [InlineData("<WebsiteConfiguration><ErrorDocument><Key>e</Key><HttpStatus>500</HttpStatus></ErrorDocument></WebsiteConfiguration>", "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>Elsewhere</RedirectType><HostName>h</HostName>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>External</RedirectType>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>External</RedirectType><HostName>a b</HostName>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>External</RedirectType><HostName>h</HostName><Protocol>ftp</Protocol>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>External</RedirectType><HostName>h</HostName><HttpRedirectCode>303</HttpRedirectCode>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>External</RedirectType><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>" + Tail, "InvalidArgument")]
    [InlineData(Lead + "<RedirectType>Mirror</RedirectType><MirrorURL>http://o.example/</MirrorURL>" + Tail, "NotImplemented")]
    [InlineData(Lead + "<RedirectType>AliCDN</RedirectType><HostName>h</HostName>" + Tail, "NotImplemented")]
    public async Task What_is_not_right_is_refused_and_changes_nothing(string xml, string code)
    {
        var bucket = await BucketAsync(Site);
        (await PutAsync(bucket, xml)).Is(400, code);
        Assert.Equal(2, (await server.SendAsync(Call.Get(bucket, null, ("website", null)))).Is(200).Elements("RoutingRule").Count);
    }

    const string Lead = "<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Redirect>";
    const string Tail = "</Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>";

    /// <summary>The new address is made for anybody who asks for what is not there.</summary>
    [Theory]
    [InlineData("ReplaceKeyWith", "${key}", 5, 200)]
    [InlineData("ReplaceKeyWith", "${key}", 6, 400)]
    [InlineData("ReplaceKeyWith", "x", 1023, 200)]
    [InlineData("ReplaceKeyWith", "x", 1024, 400)]
    [InlineData("ReplaceKeyPrefixWith", "x", 1023, 200)]
    [InlineData("ReplaceKeyPrefixWith", "x", 1024, 400)]
    public async Task What_takes_the_place_of_a_key_is_bounded(string name, string text, int times, int status)
    {
        var bucket = await server.BucketAsync();
        var replacement = $"<RedirectType>External</RedirectType><HostName>h.example</HostName><{name}>{string.Concat(Enumerable.Repeat(text, times))}</{name}>";
        Assert.Equal(status, (await PutAsync(bucket, Lead + replacement + Tail)).Status);
    }

    [Fact]
    public async Task Rules_are_numbered_apart_and_few()
    {
        const string rule = "<RoutingRule><Redirect><RedirectType>External</RedirectType><HostName>h.example</HostName></Redirect></RoutingRule>";
        var bucket = await server.BucketAsync();
        (await PutAsync(bucket, $"<WebsiteConfiguration><RoutingRules>{string.Concat(Enumerable.Repeat(rule, 20))}</RoutingRules></WebsiteConfiguration>")).Is(200);
        (await PutAsync(bucket, $"<WebsiteConfiguration><RoutingRules>{string.Concat(Enumerable.Repeat(rule, 21))}</RoutingRules></WebsiteConfiguration>"))
            .Is(400, "InvalidArgument");
        var numbered = rule.Replace("<Redirect><", "<RuleNumber>1</RuleNumber><Redirect><", StringComparison.Ordinal);
        (await PutAsync(bucket, $"<WebsiteConfiguration><RoutingRules>{numbered}{numbered}</RoutingRules></WebsiteConfiguration>"))
            .Is(400, "InvalidArgument").Has("ArgumentName", "RuleNumber");
    }

    [Theory]
    [InlineData("", 200, "root")]
    [InlineData("?utm_source=x", 200, "root")]
    [InlineData("index.html", 200, "root")]
    [InlineData("dir/", 200, "page of dir")]
    [InlineData("page.html", 200, "page")]
    [InlineData("nothing", 404, "error")]
    [InlineData("nothing/", 404, "error")]
    public async Task Readers_get_pages(string target, int status, string body)
    {
        var bucket = await BucketAsync(Site);
        foreach (var (host, lead) in new[] { ((string?)null, $"/{bucket}/"), ($"{bucket}.localhost", "/") })
        {
            var call = new Call("GET") { IsAnonymous = true, Host = host, RawTarget = lead + target };
            var answer = (await server.SendAsync(call)).Is(status);
            Assert.Equal(body, answer.Text);
            Assert.Equal("text/html", answer["Content-Type"]);
            var head = (await server.SendAsync(call with { Method = "HEAD" })).Is(status);
            Assert.Equal(answer["Content-Length"], head["Content-Length"]);
        }
    }

    [Fact]
    public async Task Who_signs_gets_what_the_API_says()
    {
        var bucket = await BucketAsync(Site);
        Assert.Equal("ListBucketResult", (await server.SendAsync(Call.Get(bucket))).Is(200).Xml.Name.LocalName);
        (await server.SendAsync(Call.Get(bucket, "nothing"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Get(bucket, "dir/"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Get(bucket, null, ("prefix", "a")).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(bucket, null, ("list-type", "2")).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(bucket, "nothing", ("acl", null)).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Delete(bucket, "dir/").Anonymously())).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("<Type>0</Type>", 302)]
    [InlineData("", 302)]
    [InlineData("<Type>1</Type>", 404)]
    [InlineData("<Type>2</Type>", 200)]
    public async Task A_directory_without_its_slash_is_what_the_type_says(string type, int status)
    {
        var bucket = await BucketAsync(
            $"<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix><SupportSubDir>true</SupportSubDir>{type}</IndexDocument></WebsiteConfiguration>");
        var call = Call.Get(bucket, "dir").Anonymously();
        var answer = (await server.SendAsync(call)).Is(status, status == 404 ? "NoSuchKey" : null);
        Assert.Equal(status == 302 ? $"/{bucket}/dir/" : null, answer["Location"]);
        answer = await server.SendAsync(call with { IsVirtualHost = true });
        Assert.Equal(status == 302 ? "/dir/" : null, answer["Location"]);
        Assert.Equal(status == 200, answer.Text == "page of dir");
        (await server.SendAsync(call with { Key = "other" })).Is(404, "NoSuchKey");
        (await server.SendAsync(call with { Key = new string('k', 1020) })).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Without_directories_every_slash_is_the_root()
    {
        var bucket = await BucketAsync("<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>");
        Assert.Equal("root", (await server.SendAsync(Call.Get(bucket, "dir/").Anonymously())).Is(200).Text);
        (await server.SendAsync(Call.Get(bucket, "dir").Anonymously())).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task The_error_page_is_sent_whole_and_with_its_status()
    {
        var bucket = await BucketAsync("<WebsiteConfiguration><ErrorDocument><Key>error.html</Key><HttpStatus>200</HttpStatus></ErrorDocument></WebsiteConfiguration>");
        var call = Call.Get(bucket, "nothing").Anonymously().With(("Range", "bytes=1-1"), ("If-None-Match", "*"));
        Assert.Equal("error", (await server.SendAsync(call)).Is(200).Text);

        (await PutAsync(bucket, "<WebsiteConfiguration><ErrorDocument><Key>lost.html</Key></ErrorDocument></WebsiteConfiguration>")).Is(200);
        (await server.SendAsync(call)).Is(404, "NoSuchKey").Has("Key", "nothing");
    }

    [Fact]
    public async Task A_private_site_shows_nothing()
    {
        var bucket = await BucketAsync(Site, "private");
        (await server.SendAsync(Call.Get(bucket).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(bucket, "nothing").Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(bucket, "dir").Anonymously())).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Rules_lead_elsewhere_in_their_order()
    {
        var bucket = await BucketAsync(Site);
        var call = Call.Get(bucket, "old/far 1.txt", ("a", "1")).Anonymously();
        Assert.Equal($"http://{server.Address}/{bucket}/new/far%201.txt", (await server.SendAsync(call)).Is(302)["Location"]);
        Assert.Equal(
            "https://far.example/x/old/far%201.txt?a=1", (await server.SendAsync(call.With(("X-Side", "left")))).Is(301)["Location"]);
        Assert.Equal($"http://{bucket}.localhost/new/x", (await server.SendAsync(call with { Key = "old/x", IsVirtualHost = true })).Is(302)["Location"]);

        // A signed GetObject is led as well; other calls are not.
        (await server.SendAsync(Call.Get(bucket, "old/x"))).Is(302);
        (await server.SendAsync(Call.Head(bucket, "old/x"))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Get(bucket, "old/x", ("tagging", null)))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Put(bucket, "old/x", Bytes.Of("there")))).Is(200);
        Assert.Equal("there", (await server.SendAsync(Call.Get(bucket, "old/x").Anonymously())).Is(200).Text);
    }

    Task<Answer> PutAsync(string bucket, string xml) => server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("website", null)));

    async Task<string> BucketAsync(string site, string acl = "public-read")
    {
        var bucket = await server.BucketAsync(acl);
        foreach (var (key, body) in new[] { ("index.html", "root"), ("error.html", "error"), ("page.html", "page"), ("dir/index.html", "page of dir") })
        {
            (await server.SendAsync(Call.Put(bucket, key, Bytes.Of(body)).With(("Content-Type", "text/html")))).Is(200);
        }

        (await PutAsync(bucket, site)).Is(200);
        return bucket;
    }
}
