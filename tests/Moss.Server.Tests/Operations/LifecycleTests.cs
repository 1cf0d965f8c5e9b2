using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>PutBucketLifecycle, GetBucketLifecycle, DeleteBucketLifecycle, x-oss-expiration, and the runs of the rules. What rules do stands in the storage's conformance tests.</summary>
public sealed class LifecycleTests(TestServer server)
{
    const string Everything = """
        <?xml version="1.0" encoding="UTF-8"?>
        <LifecycleConfiguration>
          <Rule>
            <ID>first</ID>
            <Prefix>logs/</Prefix>
            <Status>Enabled</Status>
            <Tag>
              <Key>a</Key>
              <Value>1</Value>
            </Tag>
            <Tag>
              <Key>b</Key>
              <Value></Value>
            </Tag>
            <Filter>
              <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>
              <ObjectSizeLessThan>64000</ObjectSizeLessThan>
              <Not>
                <Prefix>logs/keep/</Prefix>
                <Tag>
                  <Key>k</Key>
                  <Value>v</Value>
                </Tag>
              </Not>
            </Filter>
            <Expiration>
              <Days>365</Days>
            </Expiration>
            <Transition>
              <Days>30</Days>
              <StorageClass>IA</StorageClass>
            </Transition>
            <Transition>
              <Days>180</Days>
              <StorageClass>Archive</StorageClass>
              <IsAccessTime>false</IsAccessTime>
            </Transition>
            <NoncurrentVersionExpiration>
              <NoncurrentDays>20</NoncurrentDays>
            </NoncurrentVersionExpiration>
            <NoncurrentVersionTransition>
              <NoncurrentDays>5</NoncurrentDays>
              <StorageClass>IA</StorageClass>
            </NoncurrentVersionTransition>
          </Rule>
          <Rule>
            <ID>second</ID>
            <Prefix>tmp/</Prefix>
            <Status>Disabled</Status>
            <Expiration>
              <ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>
            </Expiration>
            <AbortMultipartUpload>
              <CreatedBeforeDate>2020-11-11T00:00:00.000Z</CreatedBeforeDate>
            </AbortMultipartUpload>
          </Rule>

        """;

    [Fact]
    public async Task Every_element_comes_back()
    {
        var bucket = await server.BucketAsync();
        var xml = Everything + "</LifecycleConfiguration>\n";
        await PutAsync(bucket, xml, 200);
        Assert.Equal(xml, (await server.SendAsync(Call.Get(bucket, null, ("lifecycle", null)))).Is(200).Text);
        (await server.SendAsync(Call.Delete(bucket, null, ("lifecycle", null)))).Is(204);
        (await server.SendAsync(Call.Get(bucket, null, ("lifecycle", null)))).Is(404, "NoSuchLifecycle");
    }

    [Fact]
    public async Task Rules_without_an_id_get_one()
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, Rules(("", "a/", Days), ("", "b/", Days), ("mine", "c/", Days)), 200);
        var ids = (await server.SendAsync(Call.Get(bucket, null, ("lifecycle", null)))).Is(200).Elements("ID");
        Assert.Equal(3, ids.Distinct().Count());
        Assert.Equal("mine", ids[2]);
        Assert.All(ids, id => Assert.NotEmpty(id));
    }

    const string Days = "<Expiration><Days>1</Days></Expiration>";
    const string Ia = "<Transition><Days>30</Days><StorageClass>IA</StorageClass></Transition>";
    const string Abort = "<AbortMultipartUpload><Days>1</Days></AbortMultipartUpload>";
    const string Tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";

    /// <summary>Each read below the prefix asks all that is left alone; one rule may name as many as all together.</summary>
    [Fact]
    public async Task What_all_rules_leave_alone_is_bounded()
    {
        var bucket = await server.BucketAsync();
        string Rule(string prefix, int nots) =>
            $"<Rule><Prefix>{prefix}</Prefix><Status>Enabled</Status><Filter>{string.Concat(Enumerable.Range(0, nots).Select(i => $"<Not><Prefix>{prefix}{i}/</Prefix></Not>"))}</Filter>{Days}</Rule>";
        await PutAsync(bucket, $"<LifecycleConfiguration>{Rule("a/", 500)}{Rule("b/", 500)}</LifecycleConfiguration>", 200);
        await PutAsync(bucket, $"<LifecycleConfiguration>{Rule("a/", 500)}{Rule("b/", 501)}</LifecycleConfiguration>", 400, "MalformedXML");
        await PutAsync(bucket, $"<LifecycleConfiguration>{Rule("a/", 11_000)}</LifecycleConfiguration>", 400, "MalformedXML");
    }

    [Fact]
    public async Task More_tags_than_an_object_can_have_are_refused_however_many()
    {
        var bucket = await server.BucketAsync();
        string Tags(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"<Tag><Key>{i}</Key><Value/></Tag>"));
        await PutAsync(bucket, Rules(("", "a/", Days + Tags(10))), 200);
        await PutAsync(bucket, Rules(("", "a/", Days + Tags(11))), 400, "InvalidArgument");
        await PutAsync(bucket, Rules(("", "a/", Days + Tags(100_000))), 400, "MalformedXML");
    }

    [Theory]
    [InlineData("", "MalformedXML", null)]
    [InlineData("<Expiration></Expiration>", "InvalidArgument", "0014-00000061")]
    [InlineData("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00.000Z</Date></Expiration>", "InvalidArgument", "0014-00000061")]
    [InlineData("<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>", "InvalidArgument", "0014-00000061")]
    [InlineData("<Expiration><Days>0</Days></Expiration>", "InvalidArgument", null)]
    [InlineData("<Expiration><Days>-1</Days></Expiration>", "InvalidArgument", null)]
    [InlineData("<Expiration><Days>x</Days></Expiration>", "MalformedXML", null)]
    [InlineData("<Expiration><CreatedBeforeDate>2030-01-01T08:00:00.000Z</CreatedBeforeDate></Expiration>", "InvalidArgument", null)]
    [InlineData("<Expiration><Date>yesterday</Date></Expiration>", "MalformedXML", null)]
    [InlineData("<Expiration><NoncurrentDays>1</NoncurrentDays></Expiration>", "MalformedXML", null)]
    [InlineData("<AbortMultipartUpload><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></AbortMultipartUpload>", "InvalidArgument", "0014-00000061")]
    [InlineData("<NoncurrentVersionExpiration><Days>1</Days></NoncurrentVersionExpiration>", "MalformedXML", null)]
    [InlineData("<Transition><Days>1</Days></Transition>", "InvalidArgument", null)]
    [InlineData("<Transition><Days>1</Days><StorageClass>Standard</StorageClass></Transition>", "InvalidArgument", null)]
    [InlineData("<Transition><Days>1</Days><StorageClass>Glacier</StorageClass></Transition>", "InvalidArgument", null)]
    [InlineData(Ia + Ia, "InvalidArgument", "0014-00000079")]
    [InlineData(Ia + "<Transition><Days>30</Days><StorageClass>Archive</StorageClass></Transition>", "InvalidArgument", "0014-00000082")]
    [InlineData(Ia + "<Expiration><Days>30</Days></Expiration>", "InvalidArgument", "0014-00000082")]
    [InlineData(Ia + "<Expiration><CreatedBeforeDate>2030-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration>", "InvalidRequest", "0014-00000080")]
    [InlineData("<Transition><Days>30</Days><StorageClass>IA</StorageClass><ReturnToStdWhenVisit>true</ReturnToStdWhenVisit></Transition>", "InvalidArgument", "0014-00000052")]
    [InlineData("<Transition><Days>30</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime></Transition>", "InvalidArgument", "0014-00000052")]
    [InlineData("<Transition><Days>30</Days><StorageClass>IA</StorageClass><IsAccessTime>true</IsAccessTime><ReturnToStdWhenVisit>false</ReturnToStdWhenVisit></Transition>", "InvalidArgument", null)]
    [InlineData(Abort + Tag, "InvalidArgument", "0014-00000034")]
    [InlineData(Abort + "<Filter><Not><Prefix>p/x</Prefix></Not></Filter>", "InvalidArgument", "0014-00000034")]
    [InlineData("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>" + Tag, "InvalidArgument", "0014-00000034")]
    [InlineData(Days + "<Filter><Not><Prefix>q/</Prefix></Not></Filter>", "InvalidArgument", null)]
    [InlineData(Days + "<Filter><Not><Prefix>p/</Prefix></Not></Filter>", "InvalidArgument", null)]
    [InlineData(Days + "<Filter><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>5</ObjectSizeLessThan></Filter>", "InvalidArgument", null)]
    [InlineData(Days + "<Tag><Key>k#</Key><Value>v</Value></Tag>", "InvalidArgument", "0014-00000031")]
    [InlineData(Days + Tag + Tag, "InvalidArgument", "0014-00000031")]
    [InlineData(Days + Days, "MalformedXML", null)]
    [InlineData(Days + "<Prefix>again</Prefix>", "MalformedXML", null)]
    [InlineData(Days + "<Filter><And><Prefix>p/</Prefix></And></Filter>", "MalformedXML", null)]
    [InlineData(Days + "<OnlyOnSundays>true</OnlyOnSundays>", "MalformedXML", null)]
    public async Task Bad_rules_are_refused_and_change_nothing(string actions, string code, string? ec)
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, Rules(("kept", "", Days)), 200);
        var refusal = await PutAsync(bucket, Rules(("r", "p/", actions)), 400, code);
        if (ec is not null)
        {
            Assert.Equal(ec, refusal.Element("EC"));
        }

        Assert.Equal(["kept"], (await server.SendAsync(Call.Get(bucket, null, ("lifecycle", null)))).Is(200).Elements("ID"));
    }

    [Fact]
    public async Task Bad_documents_are_refused()
    {
        var bucket = await server.BucketAsync();
        await PutAsync(bucket, "<LifecycleConfiguration/>", 400, "MalformedXML");
        await PutAsync(bucket, "", 400, "MalformedXML");
        await PutAsync(bucket, "<LifecycleConfiguration><Rule><Prefix/><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>", 400, "MalformedXML");
        await PutAsync(bucket, Rules(("a", "x/", Days), ("a", "y/", Days)), 400, "InvalidArgument");
        await PutAsync(bucket, Rules((new string('i', 256), "", Days)), 400, "InvalidArgument");
        await PutAsync(bucket, Rules((new string('i', 255), new string('p', 1023), Days)), 200);
        await PutAsync(bucket, Rules([.. Enumerable.Range(0, 1000).Select(i => ($"r{i}", $"p{i:d4}/", Days))]), 200);
        await PutAsync(bucket, Rules([.. Enumerable.Range(0, 1001).Select(i => ($"r{i}", $"p{i:d4}/", Days))]), 400, "MalformedXML");
        (await server.SendAsync(Call.Put("no-such-bucket", null, Bytes.Of(Rules(("r", "", Days))), ("lifecycle", null)))).Is(404, "NoSuchBucket");
    }

    [Theory]
    [InlineData("a/", Days, "a/b/", Days, "0014-00000084")]
    [InlineData("", Abort, "a/", Abort, "0014-00000084")]
    [InlineData("a/", Ia, "a/", Ia, "0014-00000079")]
    [InlineData("a/", Ia, "a/b", Days, "0014-00000082")]
    [InlineData("a/", Days, "b/", Days, null)]
    [InlineData("a/", Days, "a/", Abort, null)]
    [InlineData("a/", Days + Tag, "a/", Days + "<Tag><Key>k</Key><Value>w</Value></Tag>", null)]
    [InlineData("a/", Days + Tag, "a/", Days, "0014-00000084")]
    public async Task Overlapping_rules_need_a_header(string onePrefix, string one, string otherPrefix, string other, string? ec)
    {
        var bucket = await server.BucketAsync();
        var xml = Rules(("1", onePrefix, one), ("2", otherPrefix, other));
        var answer = await PutAsync(bucket, xml, ec is null ? 200 : 400, ec is null ? null : "InvalidArgument");
        if (ec is not null)
        {
            Assert.Equal(ec, answer.Element("EC"));
        }

        var call = Call.Put(bucket, null, Bytes.Of(xml), ("lifecycle", null));
        (await server.SendAsync(call.With(("x-oss-allow-same-action-overlap", "true")))).Is(200);
        (await server.SendAsync(call.With(("x-oss-allow-same-action-overlap", "yes")))).Is(400, "InvalidArgument");
    }

    [Fact]
    public async Task Objects_say_when_they_will_expire()
    {
        var time = new ManualTime(new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketAsync();
        var rules = Rules(("by day", "a", "<Expiration><Days>2</Days></Expiration>" + Tag), ("later", "", "<Expiration><Days>5</Days></Expiration>"));
        (await own.SendAsync(Call.Put(bucket, null, Bytes.Of(rules), ("lifecycle", null)).With(("x-oss-allow-same-action-overlap", "true")))).Is(200);
        var put = (await own.SendAsync(Call.Put(bucket, "a", Bytes.Of("x")).With(("x-oss-tagging", "k=v")))).Is(200);
        const string early = "expiry-date=\"Sat, 05 Jan 2030 00:00:00 GMT\", rule-id=\"by%20day\"";
        Assert.Equal(early, put["x-oss-expiration"]);
        Assert.Equal(early, (await own.SendAsync(Call.Get(bucket, "a"))).Is(200)["x-oss-expiration"]);
        Assert.Equal(early, (await own.SendAsync(Call.Head(bucket, "a"))).Is(200)["x-oss-expiration"]);
        (await own.SendAsync(Call.Delete(bucket, "a", ("tagging", null)))).Is(204);
        Assert.Equal("expiry-date=\"Tue, 08 Jan 2030 00:00:00 GMT\", rule-id=\"later\"", (await own.SendAsync(Call.Head(bucket, "a"))).Is(200)["x-oss-expiration"]);
        (await own.SendAsync(Call.Delete(bucket, null, ("lifecycle", null)))).Is(204);
        Assert.Null((await own.SendAsync(Call.Get(bucket, "a"))).Is(200)["x-oss-expiration"]);
    }

    [Fact]
    public async Task The_server_carries_the_rules_out_at_midnight()
    {
        var time = new ManualTime(new(2030, 1, 1, 23, 59, 59, 900, TimeSpan.Zero));
        await using var own = await TestServer.StartAsync(options => options, time);
        var bucket = await own.BucketWithAsync("k", Bytes.Of("x"));
        (await own.SendAsync(Call.Put(bucket, null, Bytes.Of(Rules(("r", "", Days + Abort))), ("lifecycle", null)))).Is(200);
        (await own.SendAsync(Call.Post(bucket, "u", null, ("uploads", null)))).Is(200);

        // It looks every 100 ms, for this clock stands at a tenth of a second before midnight: one day must end, and then another.
        time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMilliseconds(200));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await own.SendAsync(Call.Get(bucket))).Is(200).Elements("Key").Count > 0)
        {
            await Task.Delay(20, patience.Token);
        }

        while ((await own.SendAsync(Call.Get(bucket, null, ("uploads", null)))).Is(200).Elements("UploadId").Count > 0)
        {
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public async Task An_administrator_runs_them_at_once_and_as_of_another_time()
    {
        await using var own = await AccessServer.StartAsync();
        (await own.SendAsync("PUT", "lifecycle", by: AccessServer.Root)).Is(200);
        (await own.SendAsync("PUT", "lifecycle", "k", by: AccessServer.Root, content: Bytes.Of("12345"))).Is(200);
        (await own.SendAsync("PUT", "lifecycle", by: AccessServer.Root, query: "lifecycle", content: Bytes.Of(Rules(("r", "", Days))))).Is(200);
        var now = (await own.AdminAsync("lifecycle/run"))!;
        Assert.Equal((1, 1, 0), ((int)now["buckets"]!, (int)now["examined"]!, (int)now["expired"]!));
        var at = own.Time.GetUtcNow().AddDays(3);
        var user = await own.UserAsync("alice", """{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""");
        var refused = await own.TryAdminAsync("lifecycle/run", new() { ["at"] = at.ToString("O") }, user);
        Assert.Equal((403, true), (refused.Status, refused.Text.Contains("AccessDenied", StringComparison.Ordinal)));
        var later = (await own.AdminAsync("lifecycle/run", new() { ["at"] = at.ToString("O") }))!;
        Assert.Equal((1, 5), ((int)later["expired"]!, (int)later["bytes"]!));
        (await own.SendAsync("GET", "lifecycle", "k", by: AccessServer.Root)).Is(404, "NoSuchKey");
    }

    /// <summary>The old form of CreatedBeforeDate: from that midnight on every upload goes, however young.</summary>
    [Fact]
    public async Task Uploads_are_aborted_from_a_date_on_as_well()
    {
        await using var own = await AccessServer.StartAsync();
        (await own.SendAsync("PUT", "lifecycle", by: AccessServer.Root)).Is(200);
        var upload = (await own.SendAsync("POST", "lifecycle", "u", AccessServer.Root, "uploads")).Element("UploadId");
        var rule = Rules(("r", "", "<AbortMultipartUpload><Date>2099-01-01T00:00:00.000Z</Date></AbortMultipartUpload>"));
        (await own.SendAsync("PUT", "lifecycle", by: AccessServer.Root, query: "lifecycle", content: Bytes.Of(rule))).Is(200);
        Assert.Contains("<Date>2099-01-01T00:00:00.000Z</Date>", (await own.SendAsync("GET", "lifecycle", by: AccessServer.Root, query: "lifecycle")).Text, StringComparison.Ordinal);
        foreach (var (at, status) in new[] { ("2098-12-31T23:59:59Z", 200), ("2099-01-01T00:00:00Z", 404) })
        {
            await own.AdminAsync("lifecycle/run", new() { ["at"] = at });
            Assert.Equal(status, (await own.SendAsync("GET", "lifecycle", "u", AccessServer.Root, $"uploadId={upload}")).Status);
        }
    }

    static string Rules(params (string Id, string Prefix, string Actions)[] rules) =>
        $"<LifecycleConfiguration>{string.Concat(rules.Select(Rule))}</LifecycleConfiguration>";

    static string Rule((string Id, string Prefix, string Actions) rule) =>
        $"<Rule>{(rule.Id.Length == 0 ? "" : $"<ID>{rule.Id}</ID>")}<Prefix>{rule.Prefix}</Prefix><Status>Enabled</Status>{rule.Actions}</Rule>";

    async Task<Answer> PutAsync(string bucket, string xml, int status, string? code = null) =>
        (await server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("lifecycle", null)))).Is(status, code);
}
