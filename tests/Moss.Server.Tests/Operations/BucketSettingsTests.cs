using Moss.Server.Tests.PostObject;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>The small configuration documents: what is put is got, what is wrong is refused, and what can act does.</summary>
public sealed class BucketSettingsTests(TestServer server)
{
    const string Accelerated = "<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>";
    const string Monitored = "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>";
    const string DirectRead = "<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>";
    const string Https = "<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>TLSv1.2</TLSVersion><TLSVersion>TLSv1.3</TLSVersion></TLS></HttpsConfiguration>";
    const string Group = "<BucketResourceGroupConfiguration><ResourceGroupId>rg-abc123</ResourceGroupId></BucketResourceGroupConfiguration>";
    const string Blocked = "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>";

    const string Fields =
        "<UserDefinedLogFieldsConfiguration><HeaderSet><header>x-a</header></HeaderSet><ParamSet><parameter>p</parameter></ParamSet></UserDefinedLogFieldsConfiguration>";

    const string Hidden =
        "<ResponseHeaderConfiguration><Rule><Name>r</Name><Filters><Operation>Put</Operation><Operation>GetObject</Operation></Filters>"
        + "<HideHeaders><Header>Last-Modified</Header><Header>content-length</Header><Header>ETag</Header></HideHeaders></Rule></ResponseHeaderConfiguration>";

    const string Protected =
        "<OverwriteConfiguration><Rule><ID>one</ID><Action>forbid</Action><Prefix>a/</Prefix><Suffix>.txt</Suffix><Principals></Principals></Rule></OverwriteConfiguration>";

    [Theory]
    [InlineData("transferAcceleration", Accelerated, null, "NoSuchTransferAccelerationConfiguration")]
    [InlineData("accessmonitor", Monitored, "<AccessMonitorConfiguration><Status>Disabled</Status></AccessMonitorConfiguration>", null)]
    [InlineData("bucketArchiveDirectRead", DirectRead, "<ArchiveDirectReadConfiguration><Enabled>false</Enabled></ArchiveDirectReadConfiguration>", null)]
    [InlineData("httpsConfig", Https, "<HttpsConfiguration><TLS><Enable>false</Enable></TLS></HttpsConfiguration>", null)]
    [InlineData("resourceGroup", Group, "<BucketResourceGroupConfiguration><ResourceGroupId></ResourceGroupId></BucketResourceGroupConfiguration>", null)]
    [InlineData("publicAccessBlock", Blocked, "<PublicAccessBlockConfiguration><BlockPublicAccess>false</BlockPublicAccess></PublicAccessBlockConfiguration>", null, true)]
    [InlineData("userDefinedLogFieldsConfig", Fields, null, "NoSuchUserDefinedLogFieldsConfig", true)]
    [InlineData("responseHeader", Hidden, null, "NoSuchResponseHeaderConfiguration", true)]
    [InlineData("overwriteConfig", Protected, null, "NoSuchBucketOverwriteConfig", true)]
    public async Task What_is_put_is_got(string name, string xml, string? unset, string? missing, bool isDeleted = false)
    {
        var bucket = await server.BucketAsync();
        await HoldsAsync(bucket, name, unset, missing);
        (await PutAsync(bucket, name, xml)).Is(200);
        await HoldsAsync(bucket, name, xml, null);
        if (isDeleted)
        {
            (await server.SendAsync(Call.Delete(bucket, null, (name, null)))).Is(204);
            await HoldsAsync(bucket, name, unset, missing);
        }

        (await PutAsync(bucket, name, "")).Is(400, "MalformedXML");
        (await PutAsync("no-such-bucket", name, xml)).Is(404, "NoSuchBucket");
        (await server.SendAsync(Call.Get("no-such-bucket", null, (name, null)))).Is(404, "NoSuchBucket");
        (await server.SendAsync(Call.Get(bucket, null, (name, null)).Anonymously())).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("transferAcceleration", "<TransferAccelerationConfiguration></TransferAccelerationConfiguration>", "MalformedXML")]
    [InlineData("transferAcceleration", "<TransferAccelerationConfiguration><Enabled>yes</Enabled></TransferAccelerationConfiguration>", "MalformedXML")]
    [InlineData("accessmonitor", "<AccessMonitorConfiguration><Status>On</Status></AccessMonitorConfiguration>", "MalformedXML")]
    [InlineData("httpsConfig", "<HttpsConfiguration></HttpsConfiguration>", "MalformedXML")]
    [InlineData("httpsConfig", "<HttpsConfiguration><TLS><Enable>true</Enable></TLS></HttpsConfiguration>", "MalformedXML")]
    [InlineData("httpsConfig", "<HttpsConfiguration><TLS><Enable>true</Enable><TLSVersion>SSLv3</TLSVersion></TLS></HttpsConfiguration>", "InvalidArgument")]
    [InlineData("resourceGroup", "<BucketResourceGroupConfiguration><ResourceGroupId>a b</ResourceGroupId></BucketResourceGroupConfiguration>", "InvalidArgument")]
    [InlineData("publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicAccess>x</BlockPublicAccess></PublicAccessBlockConfiguration>", "MalformedXML")]
    [InlineData("userDefinedLogFieldsConfig", "<UserDefinedLogFieldsConfiguration><HeaderSet><header>a_b</header></HeaderSet></UserDefinedLogFieldsConfiguration>", "InvalidArgument")]
    [InlineData("userDefinedLogFieldsConfig", "<UserDefinedLogFieldsConfiguration><HeaderSet><header>a</header><header>b</header><header>c</header><header>d</header><header>e</header><header>f</header><header>g</header></HeaderSet></UserDefinedLogFieldsConfiguration>", "MalformedXML")]
    [InlineData("responseHeader", "<ResponseHeaderConfiguration></ResponseHeaderConfiguration>", "MalformedXML")]
    [InlineData("responseHeader", "<ResponseHeaderConfiguration><Rule><Name>r</Name></Rule></ResponseHeaderConfiguration>", "MalformedXML")]
    [InlineData("overwriteConfig", "<OverwriteConfiguration></OverwriteConfiguration>", "MalformedXML")]
    [InlineData("overwriteConfig", "<OverwriteConfiguration><Rule><Action>allow</Action></Rule></OverwriteConfiguration>", "InvalidArgument")]
    [InlineData("overwriteConfig", "<OverwriteConfiguration><Rule><Action>forbid</Action><Principals><Principal>bob</Principal></Principals></Rule></OverwriteConfiguration>", "InvalidArgument")]
    [InlineData("overwriteConfig", "<OverwriteConfiguration><Rule><ID>a</ID><Action>forbid</Action></Rule><Rule><ID>a</ID><Action>forbid</Action></Rule></OverwriteConfiguration>", "InvalidArgument")]
    public async Task What_is_not_right_is_refused(string name, string xml, string code)
    {
        var bucket = await server.BucketAsync();
        var before = await server.SendAsync(Call.Get(bucket, null, (name, null)));
        (await PutAsync(bucket, name, xml)).Is(400, code);
        Assert.Equal(before.Status, (await server.SendAsync(Call.Get(bucket, null, (name, null)))).Status);
    }

    [Fact]
    public async Task GetBucketInfo_tells_them()
    {
        var bucket = await server.BucketAsync();
        (await PutAsync(bucket, "transferAcceleration", Accelerated)).Is(200);
        (await PutAsync(bucket, "accessmonitor", Monitored)).Is(200);
        (await PutAsync(bucket, "resourceGroup", Group)).Is(200);
        (await PutAsync(bucket, "publicAccessBlock", Blocked)).Is(200);
        (await server.SendAsync(Call.Get(bucket, null, ("bucketInfo", null)))).Is(200)
            .Has("TransferAcceleration", "Enabled").Has("AccessMonitor", "Enabled").Has("ResourceGroupId", "rg-abc123").Has("BlockPublicAccess", "true");
    }

    [Fact]
    public async Task Blocked_public_access_takes_public_grants_away_and_gives_none()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("body"), "public-read-write");
        (await server.SendAsync(Call.Put(bucket, "own", []).With(("x-oss-object-acl", "public-read")))).Is(200);
        (await PutAsync(bucket, "publicAccessBlock", Blocked)).Is(200);
        foreach (var call in new[] { Call.Get(bucket, "k"), Call.Get(bucket, "own"), Call.Put(bucket, "n", []) })
        {
            (await server.SendAsync(call.Anonymously())).Is(403, "AccessDenied");
        }

        foreach (var call in new[]
        {
            Call.Put(bucket, null, null, ("acl", null)).With(("x-oss-acl", "public-read")),
            Call.Put(bucket).With(("x-oss-acl", "public-read-write")),
            Call.Put(bucket, "k", null, ("acl", null)).With(("x-oss-object-acl", "public-read")),
            Call.Put(bucket, "k", []).With(("x-oss-object-acl", "public-read")),
            Call.Post(bucket, "k", [], ("uploads", null)).With(("x-oss-object-acl", "public-read")),
        })
        {
            (await server.SendAsync(call)).Is(403, "AccessDenied");
        }

        (await server.SendAsync(Call.Put(bucket, null, null, ("acl", null)).With(("x-oss-acl", "private")))).Is(200);
        (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        (await server.SendAsync(Call.Delete(bucket, null, ("publicAccessBlock", null)))).Is(204);
        (await server.SendAsync(Call.Get(bucket, "own").Anonymously())).Is(200);
    }

    [Fact]
    public async Task An_account_blocks_for_all_of_its_buckets()
    {
        await using var own = await TestServer.StartAsync(options => options);
        var bucket = await own.BucketWithAsync("k", Bytes.Of("body"), "public-read");
        var get = Call.Get(null, null, ("publicAccessBlock", null));
        (await own.SendAsync(get)).Is(200).Has("BlockPublicAccess", "false");
        (await own.SendAsync(new Call("PUT") { Query = get.Query, Body = Bytes.Of(Blocked) })).Is(200);
        (await own.SendAsync(get)).Is(200).Has("BlockPublicAccess", "true");
        (await own.SendAsync(get.Anonymously())).Is(403, "AccessDenied");
        (await own.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(403, "AccessDenied");
        (await own.SendAsync(Call.Put("another").With(("x-oss-acl", "public-read")))).Is(403, "AccessDenied");
        (await own.SendAsync(Call.Put(bucket, null, null, ("acl", null)).With(("x-oss-acl", "public-read")))).Is(403, "AccessDenied");
        (await own.SendAsync(get with { Method = "DELETE" })).Is(204);
        (await own.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(200);
    }

    [Fact]
    public async Task Hidden_headers_are_left_out_where_they_are_hidden()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("body"));
        (await PutAsync(bucket, "responseHeader", Hidden)).Is(200);
        var answer = (await server.SendAsync(Call.Get(bucket, "k"))).Is(200);
        Assert.Null(answer["Last-Modified"]);
        Assert.Null(answer["ETag"]);
        Assert.Equal("4", answer["Content-Length"]);
        Assert.Null((await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("body")))).Is(200)["ETag"]);
        Assert.NotNull((await server.SendAsync(Call.Head(bucket, "k"))).Is(200)["Last-Modified"]);
    }

    [Fact]
    public async Task Protected_objects_are_not_overwritten_by_any_way()
    {
        var bucket = await server.BucketWithAsync("other", Bytes.Of("other"), "public-read-write");
        (await server.SendAsync(Call.Put(bucket, "a/k.txt", Bytes.Of("kept")))).Is(200);
        (await PutAsync(bucket, "overwriteConfig", Protected)).Is(200);
        var form = Call.Post(bucket, null, new Form().Field("key", "a/k.txt").File(Bytes.Of("x")).Bytes()).With(("Content-Type", Form.ContentType));
        foreach (var call in new[]
        {
            Call.Put(bucket, "a/k.txt", Bytes.Of("new")),
            Call.Put(bucket, "a/k.txt").With(("x-oss-copy-source", $"/{bucket}/other")),
            Call.Put(bucket, "a/k.txt", null, ("symlink", null)).With(("x-oss-symlink-target", "other")),
            Call.Post(bucket, "a/k.txt", [], ("uploads", null)),
            form.Anonymously(),
        })
        {
            (await server.SendAsync(call)).Is(409, "FileAlreadyExists");
        }

        Assert.Equal("kept", (await server.SendAsync(Call.Get(bucket, "a/k.txt"))).Is(200).Text);
        (await server.SendAsync(Call.Put(bucket, "a/new.txt", Bytes.Of("new")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "other", Bytes.Of("new")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "a/k.bin", Bytes.Of("new")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "a/k.bin", Bytes.Of("new")))).Is(200);
    }

    [Fact]
    public async Task An_upload_that_was_begun_before_the_object_was_there_does_not_overwrite_it()
    {
        var bucket = await server.BucketAsync();
        (await PutAsync(bucket, "overwriteConfig", Protected)).Is(200);
        var id = (await server.SendAsync(Call.Post(bucket, "a/k.txt", [], ("uploads", null)))).Is(200).Element("UploadId");
        var tag = (await server.SendAsync(Call.Put(bucket, "a/k.txt", Bytes.Of("part"), ("partNumber", "1"), ("uploadId", id)))).Is(200)["ETag"];
        (await server.SendAsync(Call.Put(bucket, "a/k.txt", Bytes.Of("kept")))).Is(200);
        var list = $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>";
        (await server.SendAsync(Call.Post(bucket, "a/k.txt", Bytes.Of(list), ("uploadId", id)))).Is(409, "FileAlreadyExists");
        Assert.Equal("kept", (await server.SendAsync(Call.Get(bucket, "a/k.txt"))).Is(200).Text);
    }

    [Theory]
    [InlineData(TestServer.OwnerId, 409)]
    [InlineData("*", 409)]
    [InlineData("1234567890123456", 200)]
    public async Task A_rule_may_be_for_some_only(string principal, int status)
    {
        var bucket = await server.BucketWithAsync("a/k.txt", []);
        (await PutAsync(bucket, "overwriteConfig", Protected.Replace("<Principals>", $"<Principals><Principal>{principal}</Principal>", StringComparison.Ordinal))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "a/k.txt", []))).Is(status, status == 409 ? "FileAlreadyExists" : null);
    }

    Task<Answer> PutAsync(string bucket, string name, string xml) => server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), (name, null)));

    async Task HoldsAsync(string bucket, string name, string? xml, string? missing)
    {
        var answer = (await server.SendAsync(Call.Get(bucket, null, (name, null)))).Is(missing is null ? 200 : 404, missing);
        if (xml is not null)
        {
            Assert.Equal(xml, string.Concat(answer.Text.Split('\n')[1..].Select(line => line.Trim())));
        }
    }
}
