using Moss.Protocol.Signing;
using Moss.Protocol.Xml;
using Moss.Server.BucketRules;
using Moss.Server.Tests.PostObject;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketReferer, and which requests it refuses.</summary>
public sealed class BucketRefererTests(TestServer server)
{
    const string Rules =
        """
        <RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><AllowTruncateQueryString>true</AllowTruncateQueryString><TruncatePath>true</TruncatePath>
        <RefererList><Referer>https://*.example.com</Referer></RefererList>
        <RefererBlacklist><Referer>https://bad.example.com</Referer></RefererBlacklist></RefererConfiguration>
        """;

    [Fact]
    public async Task What_is_put_is_got_and_an_empty_list_takes_it_back()
    {
        var bucket = await BucketAsync(Rules);
        Assert.Equal(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <RefererConfiguration>
              <AllowEmptyReferer>false</AllowEmptyReferer>
              <AllowTruncateQueryString>true</AllowTruncateQueryString>
              <TruncatePath>true</TruncatePath>
              <RefererList>
                <Referer>https://*.example.com</Referer>
              </RefererList>
              <RefererBlacklist>
                <Referer>https://bad.example.com</Referer>
              </RefererBlacklist>
            </RefererConfiguration>

            """.ReplaceLineEndings("\n"),
            (await server.SendAsync(Call.Get(bucket, null, ("referer", null)))).Is(200).Text);
        (await PutAsync(bucket, "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList/></RefererConfiguration>")).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(200);
        (await server.SendAsync(Call.Delete(bucket, null, ("referer", null)))).Is(405, "MethodNotAllowed");
    }

    [Fact]
    public async Task A_bucket_to_be_made_has_no_rules_yet()
    {
        (await server.SendAsync(Call.Put("none-yet", null, []).Anonymously())).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("")]
    [InlineData("<RefererConfiguration><AllowEmptyReferer>perhaps</AllowEmptyReferer></RefererConfiguration>")]
    [InlineData("<Referers></Referers>")]
    public async Task What_is_not_right_is_refused(string xml)
    {
        var bucket = await BucketAsync(Rules);
        (await PutAsync(bucket, xml)).Is(400, "MalformedXML");
        Assert.Equal("false", (await server.SendAsync(Call.Get(bucket, null, ("referer", null)))).Element("AllowEmptyReferer"));
    }

    [Theory]
    [InlineData(null, "0003-00000501")]
    [InlineData("", "0003-00000501")]
    [InlineData("https://a.example.com/page?x=1", null)]
    [InlineData("https://bad.example.com/page", "0003-00000502")]
    [InlineData("http://a.example.com/", "0003-00000503")]
    public async Task Readers_that_an_address_alone_brings_are_asked_for_their_page(string? referer, string? ec)
    {
        var bucket = await BucketAsync(Rules);
        var query = new Signer(TestServer.Root, new() { Version = SignatureVersion.V1 }).Presign(
            SignableRequest.ToSend("GET", bucket, "k", [], []), TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5));
        var signed = Call.Get(bucket, "k").Anonymously() with { RawTarget = $"/{bucket}/k?{query}" };
        foreach (var call in new[] { Call.Get(bucket, "k").Anonymously(), Call.Head(bucket, "k").Anonymously(), signed, Call.Put(bucket, "n", []).Anonymously() })
        {
            var asked = referer is null ? call : call.With(("Referer", referer));
            var answer = (await server.SendAsync(asked)).Is(ec is null ? 200 : 403, ec is null ? null : "AccessDenied");
            Assert.Equal(ec, answer["x-oss-ec"]);
            if (ec is not null && call.Method != "HEAD")
            {
                answer.Has("Message", "You are denied by bucket referer policy.").Has("BucketName", bucket);
            }
        }

        foreach (var call in new[] { Call.Get(bucket, "k"), Call.Get(bucket, "k") with { Signature = SignatureVersion.V1 } })
        {
            (await server.SendAsync(referer is null ? call : call.With(("Referer", referer)))).Is(200);
        }

        var form = Call.Post(bucket, null, new Form().Field("key", "f").File([]).Bytes()).Anonymously().With(("Content-Type", Form.ContentType));
        (await server.SendAsync(form)).Is(204);
    }

    [Theory]
    [InlineData("http://www.a.com", "http://www.a.com", true)]
    [InlineData("http://www.a.com", "http://www.a.com/", true)]
    [InlineData("http://www.a.com/", "http://www.a.com/", true)]
    [InlineData("http://www.a.com", "HTTP://WWW.A.COM", true)]
    [InlineData("http://www.a.com", "https://www.a.com", false)]
    [InlineData("http://www.a.com", "http://www.a.com/page", false)]
    [InlineData("http://www.a.com/*", "http://www.a.com/page", true)]
    [InlineData("www.a.com", "http://www.a.com", true)]
    [InlineData("www.a.com", "https://www.a.com", true)]
    [InlineData("www.a.com", "https://www.a.com.evil", false)]
    [InlineData("*.a.com", "https://x.y.a.com", true)]
    [InlineData("*.a.com", "https://a.com", false)]
    [InlineData("http://www.?.a.com", "http://www.x.a.com", true)]
    [InlineData("http://www.?.a.com", "http://www..a.com", false)]
    [InlineData("http://www.a.com/?x=1", "http://www.a.com/?x=1", false)]
    [InlineData("http://www.a.com/?x=1", "http://www.a.com/?x=1", true, false)]
    [InlineData("http://www.a.com/p", "http://www.a.com/p?x=1", true)]
    [InlineData("http://www.a.com/p", "http://www.a.com/p?x=1", false, false)]
    [InlineData("http://www.a.com", "http://www.a.com/p?x=1", true, true, true)]
    [InlineData("http://www.a.com", "http://www.a.com?x=1", true, false, true)]
    [InlineData("*", "anything", true)]
    [InlineData("https://*.good.com/*", "https://evil.com/x.good.com/", true)]
    [InlineData("https://*.good.com", "https://evil.com/x.good.com", true)]
    [InlineData("https://*.good.com", "https://evil.com/x.good.com", false, true, true)]
    [InlineData("https://*.good.com", "https://evil.com?x.good.com", false, true, true)]
    [InlineData("https://*.good.com", "https://x.good.com/page", true, true, true)]
    public void A_page_matches_as_documented(string pattern, string page, bool matches, bool cutsQuery = true, bool cutsPath = false)
    {
        var rules = new RefererConfiguration { AllowTruncateQueryString = cutsQuery, TruncatePath = cutsPath };
        Assert.Equal(matches ? null : "0003-00000503", Hotlinking.EcOf(rules with { RefererList = [pattern] }, page));
        Assert.Equal(matches ? "0003-00000502" : null, Hotlinking.EcOf(rules with { RefererBlacklist = [pattern] }, page));
        Assert.Equal(matches ? "0003-00000502" : null, Hotlinking.EcOf(rules with { RefererList = ["*"], RefererBlacklist = [pattern] }, page));
    }

    [Fact]
    public void A_page_whose_address_is_too_long_to_be_sent_is_its_site()
    {
        var page = $"http://bad.com/{new string('a', 5000)}";
        Assert.Equal("0003-00000502", Hotlinking.EcOf(new() { RefererBlacklist = ["http://bad.com/*"] }, page));
        Assert.Null(Hotlinking.EcOf(new() { RefererList = ["http://bad.com/*"] }, page));
    }

    /// <summary>Compared by trying, one such reader took half a minute.</summary>
    [Fact]
    public async Task Long_patterns_and_a_long_page_are_compared_in_one_go_each()
    {
        var patterns = string.Concat(Enumerable.Range(0, 240).Select(i => $"<Referer>*{new string('a', 1000)}{i}</Referer>"));
        var bucket = await BucketAsync($"<RefererConfiguration><RefererList>{patterns}<Referer>https://good.com*</Referer></RefererList></RefererConfiguration>");
        async Task<Answer> ReadAsync(string referer) => await server.SendAsync(Call.Get(bucket, "k").Anonymously().With(("Referer", referer)));
        (await ReadAsync(new string('a', 60_000))).Is(403, "AccessDenied");
        (await ReadAsync(new string('a', 4096))).Is(403, "AccessDenied");
        (await ReadAsync($"{new string('a', 2000)}7")).Is(200);

        // Of a longer address than browsers send, the site counts.
        (await ReadAsync($"https://good.com/{new string('a', 5000)}")).Is(200);
        (await ReadAsync($"https://bad.com/{new string('a', 5000)}7")).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_list_has_an_end()
    {
        var bucket = await server.BucketAsync();
        string Rules(int count) => $"<RefererConfiguration><RefererList>{string.Concat(Enumerable.Range(0, count).Select(i => $"<Referer>{i}</Referer>"))}</RefererList></RefererConfiguration>";
        (await PutAsync(bucket, Rules(1000))).Is(200);
        (await PutAsync(bucket, Rules(1001))).Is(400, "MalformedXML");
    }

    Task<Answer> PutAsync(string bucket, string xml) => server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("referer", null)));

    async Task<string> BucketAsync(string rules)
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("body"), "public-read-write");
        (await PutAsync(bucket, rules)).Is(200);
        return bucket;
    }
}
