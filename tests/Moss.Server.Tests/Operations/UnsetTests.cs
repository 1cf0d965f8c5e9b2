using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>What a bucket says of configurations that were never set, and what no operation may be mistaken for.</summary>
public sealed class UnsetTests(TestServer server)
{
    [Theory]
    [InlineData("lifecycle", "NoSuchLifecycle")]
    [InlineData("cors", "NoSuchCORSConfiguration")]
    [InlineData("website", "NoSuchWebsiteConfiguration")]
    [InlineData("policy", "NoSuchBucketPolicy")]
    [InlineData("worm", "NoSuchWORMConfiguration")]
    [InlineData("replication", "NoSuchReplicationConfiguration")]
    [InlineData("transferAcceleration", "NoSuchTransferAccelerationConfiguration")]
    public async Task Some_are_absent(string name, string code)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Get(bucket, null, (name, null)))).Is(404, code);
        (await server.SendAsync(Call.Get("no-such-bucket", null, (name, null)))).Is(404, "NoSuchBucket");
    }

    [Theory]
    [InlineData("referer", "<RefererConfiguration>\n  <AllowEmptyReferer>true</AllowEmptyReferer>\n  <RefererList></RefererList>\n</RefererConfiguration>\n")]
    [InlineData("logging", "<BucketLoggingStatus></BucketLoggingStatus>\n")]
    [InlineData("tagging", "<Tagging>\n  <TagSet></TagSet>\n</Tagging>\n")]
    [InlineData("requestPayment", "<RequestPaymentConfiguration>\n  <Payer>BucketOwner</Payer>\n</RequestPaymentConfiguration>\n")]
    public async Task Some_have_a_default(string name, string xml)
    {
        var bucket = await server.BucketAsync();
        Assert.Equal("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml, (await server.SendAsync(Call.Get(bucket, null, (name, null)))).Is(200).Text);
        (await server.SendAsync(Call.Get("no-such-bucket", null, (name, null)))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task Live_channels_are_none()
    {
        var bucket = await server.BucketAsync();
        var answer = (await server.SendAsync(Call.Get(bucket, null, ("live", null)))).Is(200);
        Assert.Equal("ListLiveChannelResult", answer.Xml.Name.LocalName);
        Assert.Equal("false", answer.Element("IsTruncated"));
    }

    [Theory]
    [InlineData("lifecycle")]
    [InlineData("cors")]
    [InlineData("website")]
    [InlineData("logging")]
    [InlineData("tagging")]
    [InlineData("policy")]
    public async Task Deleting_what_is_not_set_succeeds(string name)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(Call.Delete(bucket, null, (name, null)))).Is(204);
        (await server.SendAsync(Call.Head(bucket))).Is(200);
        (await server.SendAsync(Call.Delete("no-such-bucket", null, (name, null)))).Is(404, "NoSuchBucket");
    }

    /// <summary>Every row without a handler, asked for as documented.</summary>
    public static TheoryData<string, string, string, string> Unserved => [.. OperationTable.All
        .Where(row => row.Handler is null)
        .Select(row => (row.Name, row.Method, row.Scope.ToString(), row.Selector))];

    [Theory]
    [MemberData(nameof(Unserved))]
    public async Task What_is_not_served_says_so_and_changes_nothing(string name, string method, string scope, string selector)
    {
        var bucket = await server.BucketWithAsync("k", Bytes.Of("kept"));
        var call = new Call(method, scope == "Service" ? null : bucket, scope == "Object" ? "k" : null);
        foreach (var term in selector.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = term.TrimStart('@').Replace("*", "select", StringComparison.Ordinal).Split('=');
            call = term[0] == '@' ? call.With((pair[0], "x")) : call with { Query = [.. call.Query, (pair[0], pair.Length > 1 ? pair[1] : "x")] };
        }

        var answer = (await server.SendAsync(call)).Is(400, "NotImplemented");
        if (name is not "SelectObject")
        {
            Assert.Contains(name, answer.Element("Message"), StringComparison.Ordinal);
        }

        Assert.Equal("kept", (await server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        if (scope != "Service")
        {
            (await server.SendAsync(call with { Bucket = "no-such-bucket" })).Is(404, "NoSuchBucket");
        }
    }

    [Theory]
    [InlineData("GET", "comp")]
    [InlineData("GET", "img")]
    [InlineData("GET", "vpcip")]
    [InlineData("PUT", "udf")]
    public async Task Undocumented_sub_resources_are_not_listings_or_uploads(string method, string name)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(new Call(method, bucket) { Query = [(name, null)] })).Is(400, "NotImplemented");
    }

    [Theory]
    [InlineData("POST", "acl")]
    [InlineData("DELETE", "versions")]
    [InlineData("GET", "delete")]
    [InlineData("GET", "append")]
    [InlineData("GET", "uploadId")]
    [InlineData("PATCH", "")]
    [InlineData("TRACE", "")]
    public async Task Wrong_methods_are_told(string method, string name)
    {
        var bucket = await server.BucketAsync();
        (await server.SendAsync(new Call(method, bucket) { Query = name.Length == 0 ? [] : [(name, null)] })).Is(405, "MethodNotAllowed")
            .Has("Method", method).Has("ResourceType", "Bucket").Has("EC", "0003-00000016");
    }

    [Fact]
    public async Task A_preflight_is_refused_while_there_are_no_rules()
    {
        var bucket = await server.BucketAsync();
        var call = new Call("OPTIONS", bucket, "k") { IsAnonymous = true };
        (await server.SendAsync(call)).Is(400, "BadRequest");
        (await server.SendAsync(call.With(("Origin", "http://x")))).Is(400, "BadRequest");
        (await server.SendAsync(call.With(("Origin", "http://x"), ("Access-Control-Request-Method", "PUT")))).Is(403, "AccessForbidden");
    }
}
