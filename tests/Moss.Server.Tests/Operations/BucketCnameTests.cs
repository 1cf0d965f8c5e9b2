using Moss.Protocol.Signing;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutCname and its relatives: names that stand for a bucket.</summary>
public sealed class BucketCnameTests(TestServer server)
{
    [Fact]
    public async Task A_bound_name_is_the_bucket_until_it_is_let_go()
    {
        var bucket = await server.BucketWithAsync("dir/k", Bytes.Of("body"), "public-read");
        var host = $"img.{bucket}.example.com";
        var get = new Call("GET") { IsAnonymous = true, Host = host + ":8080", RawTarget = "/dir/k" };
        (await server.SendAsync(get)).Is(404, "NoSuchBucket");
        (await PostAsync(bucket, "add", host.ToUpperInvariant())).Is(200);
        (await PostAsync(bucket, "add", host)).Is(200);
        Assert.Equal("body", (await server.SendAsync(get)).Is(200).Text);
        Assert.Equal("body", (await server.SendAsync(Call.Get(bucket, "dir/k") with { Host = host, RawTarget = "/dir/k" })).Is(200).Text);
        var list = (await server.SendAsync(Call.Get(bucket, null, ("cname", null)))).Is(200).Has("Bucket", bucket).Has("Owner", TestServer.OwnerId);
        Assert.Equal([host], list.Elements("Domain"));
        list.Has("Status", "Enabled");

        (await PostAsync(bucket, "delete", host)).Is(200);
        (await PostAsync(bucket, "delete", host)).Is(200);
        Assert.Empty((await server.SendAsync(Call.Get(bucket, null, ("cname", null)))).Is(200).Elements("Domain"));
        (await server.SendAsync(get)).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task A_name_is_the_first_bucket_s_that_binds_it()
    {
        var (first, second) = (await server.BucketAsync(), await server.BucketAsync());
        var host = $"one.{first}.example.com";
        (await PostAsync(first, "add", host)).Is(200);
        Assert.Equal("0018-00000115", (await PostAsync(second, "add", host)).Is(403, "NeedVerifyDomainOwnership")["x-oss-ec"]);
        (await PostAsync(second, "delete", host)).Is(200);
        Assert.Equal([host], (await server.SendAsync(Call.Get(first, null, ("cname", null)))).Is(200).Elements("Domain"));

        // A bucket made anew does not have the names of the one before it, and the name is free.
        (await server.SendAsync(Call.Delete(first))).Is(204);
        (await server.SendAsync(Call.Put(first))).Is(200);
        Assert.Empty((await server.SendAsync(Call.Get(first, null, ("cname", null)))).Is(200).Elements("Domain"));
        (await PostAsync(second, "add", host)).Is(200);
    }

    [Theory]
    [InlineData("")]
    [InlineData("single")]
    [InlineData("localhost")]
    [InlineData("other.localhost")]
    [InlineData("x.oss-cn-hangzhou.aliyuncs.com")]
    [InlineData("10.0.0.1")]
    [InlineData("a..example.com")]
    [InlineData("-a.example.com")]
    [InlineData("a_b.example.com")]
    [InlineData("a.example.com/path")]
    [InlineData("a.example.com:80")]
    public async Task What_is_no_name_or_the_service_s_own_is_refused(string domain)
    {
        var bucket = await server.BucketAsync();
        foreach (var what in new[] { "add", "delete", "token" })
        {
            (await PostAsync(bucket, what, domain)).Is(400, "InvalidArgument").Has("ArgumentName", "Domain");
        }
    }

    [Fact]
    public async Task Only_what_the_operator_allows_is_bound_by_others_than_root()
    {
        await using var own = await AccessServer.StartAsync(options => options with { CnameAllow = ["www.example.com", "*.img.example.com"] });
        var user = await own.UserAsync("user", """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}""");
        (await own.SendAsync("PUT", "bucket-1", by: user)).Is(200);
        foreach (var denied in new[] { "lb.corp.example", "example.com", "x.www.example.com", "img.example.com", "ximg.example.com" })
        {
            (await BindAsync(own, user, denied)).Is(403, "AccessDenied");
        }

        foreach (var allowed in new[] { "WWW.example.com", "a.img.example.com", "b.c.img.example.com" })
        {
            (await BindAsync(own, user, allowed)).Is(200);
        }

        (await BindAsync(own, AccessServer.Root, "lb.corp.example")).Is(200);
    }

    [Fact]
    public async Task A_name_by_which_the_server_is_reached_is_nobody_s()
    {
        await using var own = await TestServer.StartAsync(options => options with { ExtranetEndpoint = "Out.example.com:80", IntranetEndpoint = "in.example.com" });
        var bucket = await own.BucketAsync();
        foreach (var name in new[] { "out.example.com", "in.example.com" })
        {
            (await own.SendAsync(Post(bucket, "add", name))).Is(400, "InvalidArgument").Has("ArgumentName", "Domain");
        }

        (await own.SendAsync(Post(bucket, "add", "lb.example.com") with { Host = "LB.example.com.:9020" })).Is(400, "InvalidArgument").Has("ArgumentName", "Domain");
        (await own.SendAsync(Post(bucket, "add", "lb.example.com") with { Host = "other.example.com" })).Is(200);
    }

    [Fact]
    public async Task The_server_s_own_pages_answer_under_a_bound_name()
    {
        var bucket = await server.BucketAsync();
        var host = $"pages.{bucket}.example.com";
        (await PostAsync(bucket, "add", host)).Is(200);
        foreach (var page in new[] { "/-/health", "/-/ready", "/-/callback-key.pem" })
        {
            Assert.Equal(200, (await server.SendAsync(new Call("GET") { IsAnonymous = true, Host = host, RawTarget = page })).Status);
        }
    }

    [Fact]
    public async Task A_certificate_is_not_taken_and_a_document_must_be_one()
    {
        var bucket = await server.BucketAsync();
        const string xml = "<BucketCnameConfiguration><Cname><Domain>a.example.org</Domain><CertificateConfiguration><CertId>1</CertId></CertificateConfiguration></Cname></BucketCnameConfiguration>";
        (await server.SendAsync(Call.Post(bucket, null, Bytes.Of(xml), ("cname", null), ("comp", "add")))).Is(400, "NotImplemented");
        (await server.SendAsync(Call.Post(bucket, null, [], ("cname", null), ("comp", "add")))).Is(400, "MalformedXML");
        (await server.SendAsync(Call.Post(bucket, null, Bytes.Of("<BucketCnameConfiguration/>"), ("cname", null), ("comp", "add")))).Is(400, "MalformedXML");
        (await PostAsync("no-such-bucket", "add", "a.example.org")).Is(404, "NoSuchBucket");
        Assert.Empty((await server.SendAsync(Call.Get(bucket, null, ("cname", null)))).Is(200).Elements("Domain"));
    }

    [Fact]
    public async Task A_token_stays_the_same_until_it_expires()
    {
        var time = new ManualTime(new DateTimeOffset(2026, 5, 1, 10, 20, 30, TimeSpan.Zero));
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketAsync();
        var get = Call.Get(bucket, null, ("comp", "token"), ("cname", "www.example.com"));
        (await own.SendAsync(get)).Is(404, "NoSuchCnameToken");
        var token = (await own.SendAsync(Post(bucket, "token", "www.example.com"))).Is(200)
            .Has("Bucket", bucket).Has("Cname", "www.example.com").Has("ExpireTime", "2026-05-04T10:20:30.000Z").Element("Token");
        Assert.Equal(token, (await own.SendAsync(Post(bucket, "token", "www.example.com"))).Is(200).Element("Token"));
        Assert.Equal(token, (await own.SendAsync(get)).Is(200).Element("Token"));
        time.Advance(TimeSpan.FromHours(73));
        (await own.SendAsync(get)).Is(404, "NoSuchCnameToken");
        Assert.NotEqual(token, (await own.SendAsync(Post(bucket, "token", "www.example.com"))).Is(200).Element("Token"));
    }

    [Fact]
    public async Task A_bucket_has_a_hundred_names_and_good_tokens_at_most()
    {
        var time = new ManualTime(new DateTimeOffset(2026, 5, 1, 10, 20, 30, TimeSpan.Zero));
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, other) = (await own.BucketAsync(), await own.BucketAsync());
        foreach (var what in new[] { "add", "token" })
        {
            for (var i = 0; i < 100; i++)
            {
                (await own.SendAsync(Post(bucket, what, $"n{i}.example.com"))).Is(200);
            }

            (await own.SendAsync(Post(bucket, what, "more.example.com"))).Is(400, "InvalidArgument").Has("ArgumentName", "Domain");
            (await own.SendAsync(Post(bucket, what, "n7.example.com"))).Is(200);
            (await own.SendAsync(Post(other, what, "more.example.com"))).Is(200);
        }

        (await own.SendAsync(Post(bucket, "delete", "n0.example.com"))).Is(200);
        (await own.SendAsync(Post(bucket, "add", "last.example.com"))).Is(200);
        time.Advance(TimeSpan.FromHours(73));
        (await own.SendAsync(Post(bucket, "token", "last.example.com"))).Is(200);
    }

    [Fact]
    public async Task Names_are_there_again_after_a_restart()
    {
        using var directory = new TemporaryDirectory();
        OssServerOptions Options(OssServerOptions options) => options with { DataDirectory = directory.Path, Metadata = "sqlite", Blobs = "files", Durability = Durability.Ci };
        string bucket;
        await using (var own = await TestServer.StartAsync(Options))
        {
            bucket = await own.BucketWithAsync("k", Bytes.Of("body"), "public-read");
            (await own.SendAsync(Post(bucket, "add", "www.example.com"))).Is(200);
        }

        await using var again = await TestServer.StartAsync(Options);
        Assert.Equal("body", (await again.SendAsync(new Call("GET") { IsAnonymous = true, Host = "www.example.com", RawTarget = "/k" })).Is(200).Text);
    }

    static Task<Reply> BindAsync(AccessServer own, Credential by, string domain) => own.SendAsync(
        "POST", "bucket-1", by: by, query: "cname&comp=add", content: Bytes.Of($"<BucketCnameConfiguration><Cname><Domain>{domain}</Domain></Cname></BucketCnameConfiguration>"));

    static Call Post(string bucket, string what, string domain) => Call.Post(
        bucket, null, Bytes.Of($"<BucketCnameConfiguration><Cname><Domain>{domain}</Domain></Cname></BucketCnameConfiguration>"), ("cname", null), ("comp", what));

    Task<Answer> PostAsync(string bucket, string what, string domain) => server.SendAsync(Post(bucket, what, domain));
}
