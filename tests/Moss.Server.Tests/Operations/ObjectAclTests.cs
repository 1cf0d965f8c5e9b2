using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutObjectAcl, GetObjectAcl, and what ACLs of buckets and objects grant.</summary>
public sealed class ObjectAclTests(TestServer server)
{
    [Fact]
    public async Task Is_default_until_set_and_again_after_an_overwrite()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        var unset = (await server.SendAsync(Call.Get(bucket, "k", ("acl", null)))).Is(200);
        Assert.Equal("default", unset.Element("Grant"));
        Assert.Equal(TestServer.OwnerId, unset.Element("ID"));
        Assert.NotNull(unset.Element("DisplayName"));
        (await server.SendAsync(Call.Put(bucket, "k", null, ("acl", "")).With(("x-oss-object-acl", "public-read")))).Is(200);
        Assert.Equal("public-read", (await server.SendAsync(Call.Get(bucket, "k", ("acl", null)))).Is(200).Element("Grant"));
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("y")))).Is(200);
        Assert.Equal("default", (await server.SendAsync(Call.Get(bucket, "k", ("acl", null)))).Is(200).Element("Grant"));
    }

    [Fact]
    public async Task Refuses_bad_words_and_absent_objects()
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("x"));
        (await server.SendAsync(Call.Put(bucket, "k", null, ("acl", null)).With(("x-oss-object-acl", "mine")))).Is(400, "InvalidArgument").Has("ArgumentValue", "mine");
        (await server.SendAsync(Call.Put(bucket, "k", null, ("acl", null)))).Is(400, "MissingArgument");
        (await server.SendAsync(Call.Put(bucket, "no", null, ("acl", null)).With(("x-oss-object-acl", "private")))).Is(404, "NoSuchKey");
        (await server.SendAsync(Call.Get(bucket, "no", ("acl", null)))).Is(404, "NoSuchKey");
    }

    [Theory]
    [InlineData("private", "default", 403, 403)]
    [InlineData("private", "public-read", 200, 403)]
    [InlineData("private", "public-read-write", 200, 200)]
    [InlineData("public-read", "default", 200, 403)]
    [InlineData("public-read", "private", 403, 403)]
    [InlineData("public-read-write", "default", 200, 200)]
    [InlineData("public-read-write", "private", 403, 403)]
    [InlineData("public-read-write", "public-read", 200, 403)]
    public async Task Decides_for_anonymous_readers_and_writers(string bucketAcl, string objectAcl, int read, int write)
    {
        var bucket = await server.BucketAsync(bucketAcl);
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x")).With(("x-oss-object-acl", objectAcl)))).Is(200);
        Assert.Equal(read, (await server.SendAsync(Call.Get(bucket, "k").Anonymously())).Status);
        Assert.Equal(read, (await server.SendAsync(Call.Head(bucket, "k").Anonymously())).Status);
        Assert.Equal(read, (await server.SendAsync(Call.Head(bucket, "k", ("objectMeta", null)).Anonymously())).Status);
        var refused = await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("y")).Anonymously());
        Assert.Equal(write, refused.Status);
        if (write == 403)
        {
            refused.Is(403, "AccessDenied").Has("EC", "0003-00000001");
        }
    }

    [Fact]
    public async Task Never_grants_management_or_listing()
    {
        var bucket = await server.BucketAsync("public-read-write");
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x")))).Is(200);
        Call[] calls =
        [
            Call.Get(bucket), Call.Get(bucket, null, ("list-type", "2")), Call.Get(bucket, null, ("versions", null)), Call.Get(bucket, null, ("acl", null)),
            Call.Get(bucket, null, ("uploads", null)), Call.Get(bucket, null, ("bucketInfo", null)), Call.Get(bucket, "k", ("acl", null)),
            Call.Put(bucket, "k", null, ("acl", null)).With(("x-oss-object-acl", "private")), Call.Put(bucket), Call.Delete(bucket),
            Call.Put(bucket, null, null, ("acl", null)).With(("x-oss-acl", "private")), Call.Get(bucket, "k", ("tagging", null)),
        ];
        foreach (var call in calls)
        {
            (await server.SendAsync(call.Anonymously())).Is(403, "AccessDenied");
        }
    }

    [Fact]
    public async Task Counts_for_every_key_of_a_list_and_for_the_source_of_a_copy()
    {
        var bucket = await server.BucketAsync("public-read-write");
        (await server.SendAsync(Call.Put(bucket, "secret", Bytes.Of("x")).With(("x-oss-object-acl", "private")))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "open", Bytes.Of("x")))).Is(200);
        var body = Bytes.Of("<Delete><Object><Key>open</Key></Object><Object><Key>secret</Key></Object></Delete>");
        (await server.SendAsync(Call.Post(bucket, null, body, ("delete", null)).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Head(bucket, "open"))).Is(200);
        (await server.SendAsync(Call.Put(bucket, "stolen", null).With(("x-oss-copy-source", $"/{bucket}/secret")).Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Put(bucket, "taken", null).With(("x-oss-copy-source", $"/{bucket}/open")).Anonymously())).Is(200);
        (await server.SendAsync(Call.Put(bucket, "link", null, ("symlink", null)).With(("x-oss-symlink-target", "secret")).Anonymously())).Is(200);
        (await server.SendAsync(Call.Get(bucket, "link").Anonymously())).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Lets_an_anonymous_client_upload_by_parts_where_it_may_write()
    {
        var bucket = await server.BucketAsync("public-read-write");
        var id = (await server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)).Anonymously())).Is(200).Element("UploadId")!;
        (await server.SendAsync(Call.Put(bucket, "k", Bytes.Of("x"), ("partNumber", "1"), ("uploadId", id)).Anonymously())).Is(200);
        (await server.SendAsync(Call.Post(bucket, "k", null, ("uploadId", id)).With(("x-oss-complete-all", "yes")).Anonymously())).Is(200);
        Assert.Equal("x", (await server.SendAsync(Call.Get(bucket, "k").Anonymously())).Is(200).Text);
    }
}
