using Moss.Protocol.Xml;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>ListBuckets and DescribeRegions.</summary>
public sealed class ServiceTests(TestServer server)
{
    [Fact]
    public async Task Buckets_are_listed_by_name_and_paged()
    {
        foreach (var name in new[] { "listed-c", "listed-a", "listed-b" })
        {
            (await server.SendAsync(Call.Put(name))).Is(200);
        }

        var first = XmlDocuments.Parse<ListBucketsResult>((await server.SendAsync(Call.Get(null, null, ("prefix", "listed-"), ("max-keys", "2")))).Is(200).Body);
        Assert.Equal(["listed-a", "listed-b"], first.Buckets.Select(bucket => bucket.Name));
        Assert.True(first.IsTruncated);
        Assert.Equal("listed-b", first.NextMarker);
        Assert.Equal(TestServer.OwnerId, first.Owner.Id);
        Assert.All(first.Buckets, bucket => Assert.Equal(("oss-cn-hangzhou", "cn-hangzhou", server.Address), (bucket.Location, bucket.Region, bucket.ExtranetEndpoint)));
        var rest = XmlDocuments.Parse<ListBucketsResult>((await server.SendAsync(Call.Get(null, null, ("prefix", "listed-"), ("marker", "listed-b")))).Is(200).Body);
        Assert.Equal(["listed-c"], rest.Buckets.Select(bucket => bucket.Name));
        Assert.False(rest.IsTruncated);
        Assert.Null(rest.NextMarker);
    }

    [Fact]
    public async Task A_listing_of_everything_has_no_paging_elements()
    {
        await using var empty = await TestServer.StartAsync(options => options);
        Assert.Equal(
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <ListAllMyBucketsResult>
              <Owner>
                <ID>{TestServer.OwnerId}</ID>
                <DisplayName>{TestServer.OwnerId}</DisplayName>
              </Owner>
              <Buckets></Buckets>
            </ListAllMyBucketsResult>

            """,
            (await empty.SendAsync(Call.Get())).Is(200).Text);
    }

    [Fact]
    public async Task Is_not_for_everybody()
    {
        (await server.SendAsync(Call.Get().Anonymously())).Is(403, "AccessDenied");
        (await server.SendAsync(Call.Get(null, null, ("max-keys", "0")))).Is(400, "InvalidArgument");
        (await server.SendAsync(new Call("DELETE"))).Is(405, "MethodNotAllowed").Has("ResourceType", "Service");
        (await server.SendAsync(Call.Get(null, null, ("acl", null)))).Is(405, "MethodNotAllowed");
    }

    [Fact]
    public async Task There_is_one_region()
    {
        Assert.Equal("oss-cn-hangzhou", (await server.SendAsync(Call.Get(null, null, ("regions", null)))).Is(200).Element("Region"));
        Assert.Equal(server.Address, (await server.SendAsync(Call.Get(null, null, ("regions", "oss-cn-hangzhou")))).Is(200).Element("InternetEndpoint"));
        Assert.Null((await server.SendAsync(Call.Get(null, null, ("regions", "oss-mars")))).Is(200).Element("Region"));
    }
}
