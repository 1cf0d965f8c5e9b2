using Moss.Client.Tests.Servers;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Client.Tests;

/// <summary>The configurations of buckets, put and got through the client: what comes back is what was put.</summary>
public sealed class BucketRulesTests(MossFixture moss) : IDisposable
{
    readonly OssClient _client = moss.Client();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Rules_for_pages_go_round()
    {
        var bucket = await moss.BucketAsync(_client);
        var cors = new CorsConfiguration([new(["*"], ["GET", "PUT"]) { AllowedHeaders = ["*"], ExposeHeaders = ["ETag"], MaxAgeSeconds = 60 }], ResponseVary: true);
        await _client.PutBucketCorsAsync(bucket, cors);
        await HoldsAsync(cors, _client.GetBucketCorsAsync(bucket));
        await _client.DeleteBucketCorsAsync(bucket);
        Assert.Equal("NoSuchCORSConfiguration", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketCorsAsync(bucket))).Code);

        var referer = new RefererConfiguration { AllowEmptyReferer = false, TruncatePath = true, RefererList = ["http://a"], RefererBlacklist = ["http://b"] };
        await _client.PutBucketRefererAsync(bucket, referer);
        await HoldsAsync(referer, _client.GetBucketRefererAsync(bucket));

        var website = new WebsiteConfiguration
        {
            IndexDocument = new("index.html", SupportSubDir: true, Type: 2),
            ErrorDocument = new("error.html", 404),
            RoutingRules = [new(1, new() { KeyPrefixEquals = "a/" }, new() { RedirectType = "External", HostName = "b.example" })],
        };
        await _client.PutBucketWebsiteAsync(bucket, website);
        await HoldsAsync(website, _client.GetBucketWebsiteAsync(bucket));
        await _client.DeleteBucketWebsiteAsync(bucket);
        Assert.Equal("NoSuchWebsiteConfiguration", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketWebsiteAsync(bucket))).Code);
    }

    [Fact]
    public async Task Switches_go_round()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutBucketPublicAccessBlockAsync(bucket, new(BlockPublicAccess: true));
        Assert.True((await _client.GetBucketPublicAccessBlockAsync(bucket)).BlockPublicAccess);
        await _client.DeleteBucketPublicAccessBlockAsync(bucket);
        Assert.False((await _client.GetBucketPublicAccessBlockAsync(bucket)).BlockPublicAccess);
        await _client.PutBucketTransferAccelerationAsync(bucket, new(Enabled: true));
        Assert.True((await _client.GetBucketTransferAccelerationAsync(bucket)).Enabled);
        await _client.PutBucketAccessMonitorAsync(bucket, new("Enabled"));
        Assert.Equal("Enabled", (await _client.GetBucketAccessMonitorAsync(bucket)).Status);
        await _client.PutBucketArchiveDirectReadAsync(bucket, new(Enabled: true));
        Assert.True((await _client.GetBucketArchiveDirectReadAsync(bucket)).Enabled);
        await _client.PutBucketResourceGroupAsync(bucket, new("rg-1"));
        Assert.Equal("rg-1", (await _client.GetBucketResourceGroupAsync(bucket)).ResourceGroupId);
        var https = new HttpsConfiguration(Enable: true, ["TLSv1.2", "TLSv1.3"]);
        await _client.PutBucketHttpsConfigAsync(bucket, https);
        await HoldsAsync(https, _client.GetBucketHttpsConfigAsync(bucket));
        var info = await _client.GetBucketInfoAsync(bucket);
        Assert.Equal(("Enabled", "Enabled", false), (info.TransferAcceleration, info.AccessMonitor, info.BlockPublicAccess));
    }

    [Fact]
    public async Task Rules_for_answers_and_writes_go_round()
    {
        var bucket = await moss.BucketAsync(_client);
        var headers = new ResponseHeaderConfiguration([new("r", ["GetObject"], ["Last-Modified"])]);
        await _client.PutBucketResponseHeaderAsync(bucket, headers);
        await HoldsAsync(headers, _client.GetBucketResponseHeaderAsync(bucket));
        await _client.DeleteBucketResponseHeaderAsync(bucket);
        var overwrite = new OverwriteConfiguration([new() { Id = "one", Action = "forbid", Prefix = "a/" }]);
        await _client.PutBucketOverwriteConfigAsync(bucket, overwrite);
        await HoldsAsync(overwrite, _client.GetBucketOverwriteConfigAsync(bucket));
        await _client.DeleteBucketOverwriteConfigAsync(bucket);
        var fields = new UserDefinedLogFieldsConfiguration(["x-a"], ["p"]);
        await _client.PutUserDefinedLogFieldsConfigAsync(bucket, fields);
        await HoldsAsync(fields, _client.GetUserDefinedLogFieldsConfigAsync(bucket));
        await _client.DeleteUserDefinedLogFieldsConfigAsync(bucket);
    }

    [Fact]
    public async Task Logging_inventories_and_names_go_round()
    {
        var bucket = await moss.BucketAsync(_client);
        var logging = new BucketLoggingStatus(new(bucket, "log/"));
        await _client.PutBucketLoggingAsync(bucket, logging);
        await HoldsAsync(logging, _client.GetBucketLoggingAsync(bucket));
        Assert.Equal("log/", (await _client.GetBucketInfoAsync(bucket)).LogPrefix);
        await _client.DeleteBucketLoggingAsync(bucket);
        Assert.Null((await _client.GetBucketLoggingAsync(bucket)).LoggingEnabled);

        var inventory = new InventoryConfiguration
        {
            Id = "i",
            IsEnabled = true,
            Filter = new() { Prefix = "a/", UpperSizeBound = 5 },
            Destination = new() { Format = "CSV", Bucket = $"acs:oss:::{bucket}", Prefix = "lists" },
            Frequency = "Daily",
            IncludedObjectVersions = "Current",
            OptionalFields = ["Size", "ETag"],
        };
        await _client.PutBucketInventoryAsync(bucket, inventory);
        await HoldsAsync(inventory, _client.GetBucketInventoryAsync(bucket, "i"));
        Assert.Single((await _client.ListBucketInventoryPageAsync(bucket)).Inventories);
        await _client.DeleteBucketInventoryAsync(bucket, "i");
        Assert.Empty((await _client.ListBucketInventoryPageAsync(bucket)).Inventories);

        var domain = $"www.{bucket}.example.com";
        var token = await _client.CreateCnameTokenAsync(bucket, domain);
        await HoldsAsync(token, _client.GetCnameTokenAsync(bucket, domain));
        await _client.PutCnameAsync(bucket, domain);
        Assert.Equal(domain, Assert.Single((await _client.ListCnameAsync(bucket)).Cnames).Domain);
        await _client.DeleteCnameAsync(bucket, domain);
        Assert.Empty((await _client.ListCnameAsync(bucket)).Cnames);
    }

    // Lists have no equality of their own; the documents have.
    static async Task HoldsAsync<T>(T expected, Task<T> actual)
        where T : IXmlDocument<T> =>
        Assert.Equal(XmlDocuments.ToUtf8(expected), XmlDocuments.ToUtf8(await actual));
}
