using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Moss.Protocol.Names;
using Moss.Server.Inventories;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketInventory, and the lists it makes.</summary>
public sealed class BucketInventoryTests(TestServer server)
{
    static readonly DateTimeOffset Start = new(2026, 5, 1, 10, 20, 30, TimeSpan.Zero);

    [Fact]
    public async Task What_is_put_is_got_and_listed_until_it_is_deleted()
    {
        var (bucket, target) = (await server.BucketAsync(), await server.BucketAsync());
        var xml = Xml("report1", target, "<Filter><Prefix>a/</Prefix><LowerSizeBound>1</LowerSizeBound></Filter>", "Weekly", "All", "Size", "Crc64");
        (await PutAsync(server, bucket, "report1", xml)).Is(200);
        (await PutAsync(server, bucket, "report1", xml)).Is(200);
        (await PutAsync(server, bucket, "report1", xml.Replace("Weekly", "Daily", StringComparison.Ordinal))).Is(409, "InventoryAlreadyExist");
        Assert.Equal(
            $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <InventoryConfiguration>
              <Id>report1</Id>
              <IsEnabled>true</IsEnabled>
              <Filter>
                <Prefix>a/</Prefix>
                <LowerSizeBound>1</LowerSizeBound>
              </Filter>
              <Destination>
                <OSSBucketDestination>
                  <Format>CSV</Format>
                  <AccountId>{TestServer.OwnerId}</AccountId>
                  <RoleArn>acs:ram::1:role/x</RoleArn>
                  <Bucket>acs:oss:::{target}</Bucket>
                  <Prefix>lists</Prefix>
                  <Encryption>
                    <SSE-OSS></SSE-OSS>
                  </Encryption>
                </OSSBucketDestination>
              </Destination>
              <Schedule>
                <Frequency>Weekly</Frequency>
              </Schedule>
              <IncludedObjectVersions>All</IncludedObjectVersions>
              <OptionalFields>
                <Field>Size</Field>
                <Field>Crc64</Field>
              </OptionalFields>
            </InventoryConfiguration>

            """.ReplaceLineEndings("\n"),
            (await server.SendAsync(Get(bucket, "report1"))).Is(200).Text);
        (await PutAsync(server, bucket, "another", Xml("another", target))).Is(200);
        var list = (await server.SendAsync(Call.Get(bucket, null, ("inventory", null)))).Is(200);
        Assert.Equal(["another", "report1"], list.Elements("Id"));
        Assert.Equal("false", list.Element("IsTruncated"));
        Assert.Equal(["report1"], (await server.SendAsync(Call.Get(bucket, null, ("inventory", null), ("continuation-token", "another")))).Is(200).Elements("Id"));

        (await server.SendAsync(Get(bucket, "report1") with { Method = "DELETE" })).Is(204);
        (await server.SendAsync(Get(bucket, "report1") with { Method = "DELETE" })).Is(204);
        (await server.SendAsync(Get(bucket, "report1"))).Is(404, "NoSuchInventory");
        (await server.SendAsync(Get("no-such-bucket", "report1"))).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task A_long_list_comes_in_pages()
    {
        var bucket = await server.BucketAsync();
        for (var i = 0; i < 101; i++)
        {
            (await PutAsync(server, bucket, $"i{i:000}", Xml($"i{i:000}", bucket))).Is(200);
        }

        var page = (await server.SendAsync(Call.Get(bucket, null, ("inventory", null)))).Is(200);
        Assert.Equal((100, "true", "i099"), (page.Elements("Id").Count, page.Element("IsTruncated"), page.Element("NextContinuationToken")));
        page = (await server.SendAsync(Call.Get(bucket, null, ("inventory", null), ("continuation-token", "i099")))).Is(200);
        Assert.Equal(["i100"], page.Elements("Id"));
    }

    [Theory]
    [InlineData("<Id>i</Id>", "<Id>other</Id>", 400, "InvalidArgument")]
    [InlineData("<IsEnabled>true</IsEnabled>", "<IsEnabled>maybe</IsEnabled>", 400, "MalformedXML")]
    [InlineData("CSV", "ORC", 400, "InvalidArgument")]
    [InlineData("Daily", "Hourly", 400, "InvalidArgument")]
    [InlineData("Current", "Newest", 400, "InvalidArgument")]
    [InlineData("acs:oss:::", "", 400, "InvalidArgument")]
    [InlineData("acs:oss:::", "acs:oss:::no-such-", 404, "NoSuchBucket")]
    [InlineData("<Prefix>lists</Prefix>", "<Prefix>/lists</Prefix>", 400, "InvalidArgument")]
    [InlineData("<SSE-OSS/>", "<SSE-KMS><KeyId>k</KeyId></SSE-KMS>", 403, "KmsServiceNotEnabled")]
    [InlineData("<OptionalFields>", "<OptionalFields><Field>Colour</Field>", 400, "InvalidArgument")]
    [InlineData("<OptionalFields>", "<OptionalFields><Field>Size</Field><Field>Size</Field>", 400, "InvalidArgument")]
    [InlineData("<Schedule>", "<Filter><LowerSizeBound>9</LowerSizeBound><UpperSizeBound>1</UpperSizeBound></Filter><Schedule>", 400, "InvalidArgument")]
    [InlineData("<Schedule>", "<Filter><LastModifyBeginTimeStamp>1</LastModifyBeginTimeStamp></Filter><Schedule>", 400, "InvalidArgument")]
    [InlineData("<Schedule>", "<Filter><StorageClass>Gold</StorageClass></Filter><Schedule>", 400, "InvalidArgument")]
    [InlineData("<Destination>", "<Destination></Destination><Other>", 400, "MalformedXML")]
    public async Task What_is_not_right_is_refused(string right, string wrong, int status, string code)
    {
        var bucket = await server.BucketAsync();
        (await PutAsync(server, bucket, "i", Xml("i", bucket).Replace(right, wrong, StringComparison.Ordinal))).Is(status, code);
        (await PutAsync(server, bucket, "", Xml("i", bucket))).Is(400, "InvalidArgument");
        (await PutAsync(server, bucket, "a b", Xml("a b", bucket))).Is(400, "InvalidArgument");
        Assert.Empty((await server.SendAsync(Call.Get(bucket, null, ("inventory", null)))).Is(200).Elements("Id"));
    }

    [Fact]
    public async Task A_list_holds_every_object_and_its_manifest_says_where()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await own.SendAsync(Call.Put(bucket, "a \"x\",ü", Bytes.Of("body")).With(("x-oss-tagging", "k=v")))).Is(200);
        (await own.SendAsync(Call.Put(bucket, "b", []).With(("x-oss-storage-class", "IA"), ("x-oss-object-acl", "public-read")))).Is(200);
        (await PutAsync(own, bucket, "i", Xml("i", target, "", "Daily", "Current", [.. BucketInventoryFields]))).Is(200);
        await own.Running.Services.Buckets.Inventories.RunDueAsync(CancellationToken.None);

        var folder = $"lists/{bucket}/i/";
        var keys = (await own.SendAsync(Call.Get(target))).Is(200).Elements("Key");
        Assert.Equal(3, keys.Count);
        var data = Assert.Single(keys, key => key.StartsWith(folder + "data/", StringComparison.Ordinal));
        Assert.EndsWith(".csv.gz", data, StringComparison.Ordinal);
        var manifest = (await own.SendAsync(Call.Get(target, folder + "2026-05-01T10-20Z/manifest.json"))).Is(200).Body;
        Assert.Equal(
            Convert.ToHexString(MD5.HashData(manifest)), (await own.SendAsync(Call.Get(target, folder + "2026-05-01T10-20Z/manifest.checksum"))).Is(200).Text);
        var json = JsonDocument.Parse(manifest).RootElement;
        Assert.Equal(Start.ToUnixTimeSeconds().ToString(null, null), json.GetProperty("creationTimestamp").GetString());
        Assert.Equal((bucket, target), (json.GetProperty("sourceBucket").GetString(), json.GetProperty("destinationBucket").GetString()));
        Assert.Equal("CSV", json.GetProperty("fileFormat").GetString());
        Assert.Equal("Bucket, Key, " + string.Join(", ", BucketInventoryFields), json.GetProperty("fileSchema").GetString());
        var stored = (await own.SendAsync(Call.Get(target, data))).Is(200);
        var file = Assert.Single(json.GetProperty("files").EnumerateArray());
        Assert.Equal(data, file.GetProperty("key").GetString());
        Assert.Equal(stored.Body.Length, file.GetProperty("size").GetInt64());
        Assert.Equal(Convert.ToHexString(MD5.HashData(stored.Body)), file.GetProperty("MD5checksum").GetString());

        var body = Bytes.Of("body");
        Assert.Equal(
            $"""
            "{bucket}","a%20%22x%22%2C%C3%BC","4","Standard","2026-05-01T10:20:30Z","{Bytes.ETag(body).Trim('"')}","false","false","default","1","Normal","{Bytes.Crc(body)}"
            "{bucket}","b","0","IA","2026-05-01T10:20:30Z","{Bytes.ETag([]).Trim('"')}","false","false","public-read","0","Normal","0"

            """.ReplaceLineEndings("\n"),
            Unpacked(stored.Body));
    }

    [Fact]
    public async Task Versions_and_markers_are_listed_when_they_are_asked_for()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketAsync();
        var target = await own.BucketAsync();
        const string enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        (await own.SendAsync(Call.Put(bucket, null, Bytes.Of(enabled), ("versioning", null)))).Is(200);
        var version = (await own.SendAsync(Call.Put(bucket, "k", Bytes.Of("body")))).Is(200)["x-oss-version-id"];
        var marker = (await own.SendAsync(Call.Delete(bucket, "k"))).Is(204)["x-oss-version-id"];
        (await PutAsync(own, bucket, "i", Xml("i", target, "", "Daily", "All", "Size", "Crc64"))).Is(200);
        await own.Running.Services.Buckets.Inventories.RunNowAsync(null, null, CancellationToken.None);
        Assert.Equal(
            [
                $"\"{bucket}\",\"k\",\"{marker}\",\"true\",\"true\",\"\",\"\"",
                $"\"{bucket}\",\"k\",\"{version}\",\"false\",\"false\",\"4\",\"{Bytes.Crc(Bytes.Of("body"))}\"",
            ],
            (await RowsAsync(own, target)).ToList());
    }

    [Fact]
    public async Task A_filter_leaves_out_what_it_does_not_name()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        foreach (var (key, length) in new[] { ("a/1", 1), ("a/5", 5), ("a/9", 9), ("b/5", 5) })
        {
            (await own.SendAsync(Call.Put(bucket, key, new byte[length]))).Is(200);
        }

        time.Advance(TimeSpan.FromSeconds(10));
        (await own.SendAsync(Call.Put(bucket, "a/late", new byte[5]))).Is(200);
        (await own.SendAsync(Call.Put(bucket, "a/class", new byte[5]).With(("x-oss-storage-class", "Archive")))).Is(200);
        var filter =
            $"<Filter><Prefix>a/</Prefix><LastModifyEndTimeStamp>{Start.ToUnixTimeSeconds() + 5}</LastModifyEndTimeStamp><LowerSizeBound>2</LowerSizeBound>"
            + "<UpperSizeBound>8</UpperSizeBound><StorageClass>Standard,IA</StorageClass></Filter>";
        (await PutAsync(own, bucket, "i", Xml("i", target, filter))).Is(200);
        await own.Running.Services.Buckets.Inventories.RunNowAsync(null, null, CancellationToken.None);
        Assert.Equal([$"\"{bucket}\",\"a%2F5\""], (await RowsAsync(own, target)).ToList());
    }

    [Fact]
    public async Task More_rows_than_fit_a_page_or_an_object_are_all_listed_once()
    {
        await using var own = await TestServer.StartAsync(options => options);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        await using (var connection = await own.ConnectAsync())
        {
            for (var i = 0; i < 1203; i++)
            {
                (await own.SendAsync(connection, Call.Put(bucket, $"k{i:0000}", []))).Is(200);
            }
        }

        (await PutAsync(own, bucket, "i", Xml("i", target))).Is(200);
        var services = own.Running.Services;
        var runner = new InventoryRunner(services.Storage, services.Buckets.Inventories.Store, services.Time, _ => { }) { MaxRows = 500 };
        var run = Assert.Single(await runner.RunNowAsync(null, null, CancellationToken.None));
        Assert.Equal((3, null), (run.Files, run.Error));
        Assert.Equal(Enumerable.Range(0, 1203).Select(i => $"\"{bucket}\",\"k{i:0000}\""), (await RowsAsync(own, target)).ToList());
    }

    [Fact]
    public async Task Daily_is_once_a_day_and_weekly_once_a_week()
    {
        var time = new ManualTime(Start);
        await using var own = await TestServer.StartAsync(options => options, time);
        var (bucket, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, "day", Xml("day", target))).Is(200);
        (await PutAsync(own, bucket, "week", Xml("week", target, "", "Weekly"))).Is(200);
        (await PutAsync(own, bucket, "off", Xml("off", target).Replace("<IsEnabled>true", "<IsEnabled>false", StringComparison.Ordinal))).Is(200);
        for (var day = 0; day < 15; day++)
        {
            await own.Running.Services.Buckets.Inventories.RunDueAsync(CancellationToken.None);
            await own.Running.Services.Buckets.Inventories.RunDueAsync(CancellationToken.None);
            time.Advance(TimeSpan.FromDays(1));
        }

        async Task<int> CountAsync(string id) => (await own.SendAsync(Call.Get(target, null, ("prefix", $"lists/{bucket}/{id}/"), ("max-keys", "1000"))))
            .Is(200).Elements("Key").Count(key => key.EndsWith("manifest.checksum", StringComparison.Ordinal));
        Assert.Equal((15, 3, 0), (await CountAsync("day"), await CountAsync("week"), await CountAsync("off")));
    }

    [Fact]
    public async Task A_destination_that_is_gone_fails_that_run_alone()
    {
        await using var own = await TestServer.StartAsync(options => options);
        var bucket = await own.BucketWithAsync("k", Bytes.Random(10, 1));
        var (gone, target) = (await own.BucketAsync(), await own.BucketAsync());
        (await PutAsync(own, bucket, "a", Xml("a", gone))).Is(200);
        (await PutAsync(own, bucket, "b", Xml("b", target))).Is(200);
        (await own.SendAsync(Call.Delete(gone))).Is(204);
        var runs = await own.Running.Services.Buckets.Inventories.RunNowAsync(null, null, CancellationToken.None);
        Assert.Equal([("a", "NoSuchBucket"), ("b", null)], runs.Select(run => (run.Id, run.Error)));
    }

    [Fact]
    public async Task A_destination_that_is_another_account_s_by_now_gets_nothing()
    {
        await using var own = await TestServer.StartAsync(options => options);
        var bucket = await own.BucketWithAsync("k", Bytes.Random(10, 1));
        var target = await own.BucketAsync();
        (await PutAsync(own, bucket, "a", Xml("a", target))).Is(200);
        (await own.SendAsync(Call.Delete(target))).Is(204);
        var storage = own.Running.Services.Storage;
        await storage.Buckets.PutAsync(BucketName.Parse(target), new() { OwnerId = "stranger" }, CancellationToken.None);
        var run = Assert.Single(await own.Running.Services.Buckets.Inventories.RunNowAsync(null, null, CancellationToken.None));
        Assert.Equal("AccessDenied", run.Error);
        Assert.Empty((await storage.Listings.ObjectsAsync(BucketName.Parse(target), new() { MaxEntries = 10 }, CancellationToken.None)).Items);
    }

    [Fact]
    public async Task Who_puts_an_inventory_must_be_allowed_to_write_the_very_keys_of_its_lists()
    {
        await using var own = await AccessServer.StartAsync();
        (await own.SendAsync("PUT", "bucket-1", by: AccessServer.Root)).Is(200);
        (await own.SendAsync("PUT", "bucket-2", by: AccessServer.Root)).Is(200);
        var user = await own.UserAsync("user", Policy("/lists/bucket-1/other/*"));
        Task<Reply> PutAsync(string id) => own.SendAsync("PUT", "bucket-1", by: user, query: $"inventory&inventoryId={id}", content: Bytes.Of(Xml(id, "bucket-2")));
        (await PutAsync("mine")).Is(403, "AccessDenied");
        (await PutAsync("other")).Is(200);
    }

    static string Policy(string keys) =>
        "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"oss:PutBucketInventory\",\"Resource\":\"*\"},"
        + $"{{\"Effect\":\"Allow\",\"Action\":\"oss:PutObject\",\"Resource\":\"acs:oss:*:*:bucket-2{keys}\"}}]}}";

    static IReadOnlyList<string> BucketInventoryFields => Server.Operations.Buckets.BucketInventory.Fields;

    static async Task<IEnumerable<string>> RowsAsync(TestServer own, string target)
    {
        var manifest = Assert.Single(
            (await own.SendAsync(Call.Get(target))).Is(200).Elements("Key"), key => key.EndsWith("manifest.json", StringComparison.Ordinal));
        var json = JsonDocument.Parse((await own.SendAsync(Call.Get(target, manifest))).Is(200).Body).RootElement;
        var rows = new List<string>();
        foreach (var file in json.GetProperty("files").EnumerateArray())
        {
            var stored = (await own.SendAsync(Call.Get(target, file.GetProperty("key").GetString()))).Is(200).Body;
            rows.AddRange(Unpacked(stored).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        return rows;
    }

    static string Unpacked(byte[] packed)
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(packed), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    static string Xml(string id, string target, string filter = "", string frequency = "Daily", string versions = "Current", params string[] fields) =>
        $"<InventoryConfiguration><Id>{id}</Id><IsEnabled>true</IsEnabled>{filter}<Destination><OSSBucketDestination><Format>CSV</Format>"
        + $"<AccountId>{TestServer.OwnerId}</AccountId><RoleArn>acs:ram::1:role/x</RoleArn><Bucket>acs:oss:::{target}</Bucket><Prefix>lists</Prefix>"
        + "<Encryption><SSE-OSS/></Encryption></OSSBucketDestination></Destination>"
        + $"<Schedule><Frequency>{frequency}</Frequency></Schedule><IncludedObjectVersions>{versions}</IncludedObjectVersions>"
        + $"<OptionalFields>{string.Concat(fields.Select(field => $"<Field>{field}</Field>"))}</OptionalFields></InventoryConfiguration>";

    static Call Get(string bucket, string id) => Call.Get(bucket, null, ("inventory", null), ("inventoryId", id));

    static Task<Answer> PutAsync(TestServer server, string bucket, string id, string xml) =>
        server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("inventory", null), ("inventoryId", id)));
}
