using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucket, DeleteBucket, HeadBucket, Info, Location, Stat, Acl, Versioning.</summary>
public sealed class BucketTests(TestServer server)
{
    [Fact]
    public async Task Is_made_described_and_removed_and_its_name_is_free_at_once()
    {
        const string name = "life-of-a-bucket";
        var body = Bytes.Of("<CreateBucketConfiguration><StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>");
        var made = (await server.SendAsync(Call.Put(name, null, body).With(("x-oss-acl", "public-read")))).Is(200);
        Assert.Equal("/" + name, made["Location"]);
        Assert.Equal("0", made["Content-Length"]);
        (await server.SendAsync(Call.Put(name, null, body))).Is(200);

        var info = XmlDocuments.Parse<BucketInfo>((await server.SendAsync(Call.Get(name, null, ("bucketInfo", null)))).Is(200).Body);
        Assert.Equal(name, info.Bucket.Name);
        Assert.Equal("public-read", info.Grant);
        Assert.Equal("ZRS", info.DataRedundancyType);
        Assert.Equal("IA", info.Bucket.StorageClass);
        Assert.Equal("oss-cn-hangzhou", info.Bucket.Location);
        Assert.Equal(server.Address, info.Bucket.ExtranetEndpoint);
        Assert.Equal(server.Address, info.Bucket.IntranetEndpoint);
        Assert.Equal(TestServer.OwnerId, info.Owner.Id);
        Assert.Null(info.Versioning);
        Assert.Equal("None", info.SSEAlgorithm);

        (await server.SendAsync(Call.Delete(name))).Is(204);
        (await server.SendAsync(Call.Delete(name))).Is(404, "NoSuchBucket");
        (await server.SendAsync(Call.Put(name))).Is(200);
        Assert.Equal("Standard", XmlDocuments.Parse<BucketInfo>((await server.SendAsync(Call.Get(name, null, ("bucketInfo", null)))).Is(200).Body).Bucket.StorageClass);
    }

    [Fact]
    public async Task The_endpoint_of_a_virtual_host_is_its_domain()
    {
        var name = await server.BucketAsync();
        var call = Call.Get(name, null, ("bucketInfo", null)) with { IsVirtualHost = true, Host = $"{name}.localhost:1234" };
        Assert.Equal("localhost:1234", (await server.SendAsync(call)).Is(200).Element("ExtranetEndpoint"));
    }

    [Theory]
    [InlineData("<CreateBucketConfiguration><StorageClass>Gold</StorageClass></CreateBucketConfiguration>", 400, "InvalidArgument")]
    [InlineData("<CreateBucketConfiguration><DataRedundancyType>XRS</DataRedundancyType></CreateBucketConfiguration>", 400, "InvalidArgument")]
    [InlineData("<CreateBucketConfiguration><LocationConstraint>the moon</LocationConstraint></CreateBucketConfiguration>", 400, "InvalidLocationConstraint")]
    [InlineData("<Create/>", 400, "MalformedXML")]
    [InlineData("<CreateBucketConfiguration>", 400, "MalformedXML")]
    [InlineData("\u0000", 400, "MalformedXML")]
    public async Task Bad_settings_make_no_bucket(string body, int status, string code)
    {
        (await server.SendAsync(Call.Put("never-made", null, Bytes.Of(body)))).Is(status, code);
        (await server.SendAsync(Call.Head("never-made"))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task What_cannot_be_changed_is_a_conflict()
    {
        var name = await server.BucketAsync();
        (await server.SendAsync(Call.Put(name, null, Bytes.Of("<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>"))))
            .Is(409, "BucketAlreadyExists").Has("Message", "Cannot modify existing bucket's storage class.").Has("BucketName", name);
        (await server.SendAsync(Call.Put(name).With(("x-oss-acl", "default")))).Is(400, "InvalidArgument").Has("Message", "no such bucket access control exists");
        (await server.SendAsync(Call.Put(name).Anonymously())).Is(403, "AccessDenied");
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("Upper")]
    [InlineData("under_score")]
    [InlineData("-dash")]
    [InlineData("dash-")]
    [InlineData("a.b")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task Bad_names_are_refused(string name) =>
        (await server.SendAsync(Call.Put(name))).Is(400, "InvalidBucketName").Has("BucketName", name);

    [Fact]
    public async Task Head_tells_whether_it_is_there()
    {
        var name = await server.BucketAsync();
        (await server.SendAsync(Call.Head(name))).Is(200);
        (await server.SendAsync(Call.Head("no-such-bucket"))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task A_full_bucket_stays()
    {
        var name = await server.BucketWithAsync("k", Bytes.Of("x"));
        (await server.SendAsync(Call.Delete(name))).Is(409, "BucketNotEmpty").Has("EC", "0015-00000301").Has("BucketName", name);
        (await server.SendAsync(Call.Delete(name, "k"))).Is(204);
        var id = (await server.SendAsync(Call.Post(name, "k", null, ("uploads", null)))).Is(200).Element("UploadId")!;
        Assert.StartsWith("The bucket has Multipart Uploads.", (await server.SendAsync(Call.Delete(name))).Is(409, "BucketNotEmpty").Element("Message"), StringComparison.Ordinal);
        (await server.SendAsync(Call.Delete(name, "k", ("uploadId", id)))).Is(204);
        (await server.SendAsync(Call.Delete(name))).Is(204);
    }

    [Fact]
    public async Task Location_is_96_bytes_as_recorded()
    {
        var name = await server.BucketAsync();
        var answer = (await server.SendAsync(Call.Get(name, null, ("location", "")))).Is(200);
        Assert.Equal("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint>oss-cn-hangzhou</LocationConstraint>\n", answer.Text);
        Assert.Equal("96", answer["Content-Length"]);
    }

    [Fact]
    public async Task Statistics_are_live()
    {
        var name = await server.BucketWithAsync("k", Bytes.Random(1000, 1));
        (await server.SendAsync(Call.Put(name, "ia", Bytes.Random(50, 1)).With(("x-oss-storage-class", "IA")))).Is(200);
        var id = (await server.SendAsync(Call.Post(name, "k", null, ("uploads", null)))).Is(200).Element("UploadId")!;
        (await server.SendAsync(Call.Put(name, "k", Bytes.Random(7, 1), ("partNumber", "1"), ("uploadId", id)))).Is(200);
        var stat = XmlDocuments.Parse<BucketStat>((await server.SendAsync(Call.Get(name, null, ("stat", null)))).Is(200).Body).Numbers.ToDictionary();
        Assert.Equal(BucketStat.Names, stat.Keys);
        Assert.Equal(1057, stat["Storage"]);
        Assert.Equal(2, stat["ObjectCount"]);
        Assert.Equal(1, stat["MultipartUploadCount"]);
        Assert.Equal(1, stat["MultipartPartCount"]);
        Assert.Equal(1000, stat["StandardStorage"]);
        Assert.Equal(50, stat["InfrequentAccessStorage"]);
    }

    [Fact]
    public async Task Acl_is_set_and_told()
    {
        var name = await server.BucketAsync();
        Assert.Equal("private", (await server.SendAsync(Call.Get(name, null, ("acl", null)))).Is(200).Element("Grant"));
        (await server.SendAsync(Call.Put(name, null, null, ("acl", null)).With(("x-oss-acl", "public-read-write")))).Is(200);
        Assert.Equal("public-read-write", (await server.SendAsync(Call.Get(name, null, ("acl", null)))).Is(200).Element("Grant"));
        (await server.SendAsync(Call.Put(name, null, null, ("acl", null)).With(("x-oss-acl", "mine")))).Is(400, "InvalidArgument").Has("ArgumentName", "x-oss-acl");
        (await server.SendAsync(Call.Put(name, null, null, ("acl", null)))).Is(400, "MissingArgument");
        (await server.SendAsync(Call.Put("no-such-bucket", null, null, ("acl", null)).With(("x-oss-acl", "private")))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task Versioning_was_never_set()
    {
        var name = await server.BucketAsync();
        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration></VersioningConfiguration>\n",
            (await server.SendAsync(Call.Get(name, null, ("versioning", null)))).Is(200).Text);
    }
}
