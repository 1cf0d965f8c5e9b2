using System.Text;
using Moss.Client.Tests.Servers;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Protocol.Signing;
using Moss.Protocol.Xml;

namespace Moss.Client.Tests;

/// <summary>Every operation against the real server.</summary>
public sealed class OperationTests(MossFixture moss) : IDisposable
{
    readonly OssClient _client = moss.Client();

    public void Dispose() => _client.Dispose();

    static RequestBody Text(string text) => RequestBody.FromBytes(Encoding.UTF8.GetBytes(text));

    static async Task<string> ReadAsync(GetObjectResult found)
    {
        await using (found)
        {
            using var reader = new StreamReader(found.Content);
            return await reader.ReadToEndAsync();
        }
    }

    static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
        {
            list.Add(item);
        }

        return list;
    }

    [Fact]
    public async Task Policies_blocks_and_rules_of_buckets_are_kept()
    {
        var bucket = await moss.BucketAsync(_client);
        Assert.True(await _client.BucketExistsAsync(bucket));
        Assert.False(await _client.BucketExistsAsync(bucket + "-no"));
        Assert.Equal("NoSuchBucketPolicy", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketPolicyAsync(bucket))).Code);
        var policy = $$"""{"Version":"1","Statement":[{"Effect":"Allow","Principal":["*"],"Action":["oss:GetObject"],"Resource":["acs:oss:*:*:{{bucket}}/*"]}]}""";
        await _client.PutBucketPolicyAsync(bucket, policy);
        Assert.Equal(policy, await _client.GetBucketPolicyAsync(bucket));
        Assert.True(await _client.GetBucketPolicyStatusAsync(bucket));
        await _client.DeleteBucketPolicyAsync(bucket);
        Assert.Equal("NoSuchBucketPolicy", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketPolicyStatusAsync(bucket))).Code);
        await _client.PutBucketRequestPaymentAsync(bucket, "Requester");
        Assert.Equal("Requester", await _client.GetBucketRequestPaymentAsync(bucket));
        Assert.Equal("NoSuchServerSideEncryptionRule", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketEncryptionAsync(bucket))).Code);
        await _client.DeleteBucketEncryptionAsync(bucket);
        Assert.Equal("MalformedXML", (await Assert.ThrowsAsync<OssException>(() => _client.PutBucketEncryptionAsync(bucket, new()))).Code);
        Assert.False((await _client.GetPublicAccessBlockAsync()).BlockPublicAccess);
    }

    [Fact]
    public async Task Versions_are_kept_when_asked_for()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutBucketVersioningAsync(bucket, enabled: true);
        Assert.Equal("Enabled", await _client.GetBucketVersioningAsync(bucket));
        var first = await _client.PutObjectAsync(bucket, "k", Text("one"));
        await _client.PutObjectAsync(bucket, "k", Text("two"));
        Assert.NotNull(first.VersionId);
        await _client.PutBucketVersioningAsync(bucket, enabled: false);
        Assert.Equal("Suspended", await _client.GetBucketVersioningAsync(bucket));
        Assert.Equal(2, (await ToListAsync(_client.ListObjectVersionsPagesAsync(bucket))).Sum(page => page.Versions.Count));
    }

    [Fact]
    public async Task A_retention_protects_and_an_archive_is_restored()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "k", Text("x"), new() { StorageClass = StorageClass.Archive });
        var id = await _client.InitiateBucketWormAsync(bucket, 2);
        Assert.Equal((id, "InProgress", 2), await WormAsync());
        Assert.Equal("FileImmutable", (await Assert.ThrowsAsync<OssException>(() => _client.DeleteObjectAsync(bucket, "k"))).Code);
        await _client.AbortBucketWormAsync(bucket);
        id = await _client.InitiateBucketWormAsync(bucket, 2);
        await _client.CompleteBucketWormAsync(bucket, id);
        await _client.ExtendBucketWormAsync(bucket, id, 3);
        Assert.Equal((id, "Locked", 3), await WormAsync());

        Assert.Equal("InvalidObjectState", (await Assert.ThrowsAsync<OssException>(() => _client.GetObjectAsync(bucket, "k"))).Code);
        await _client.RestoreObjectAsync(bucket, "k", days: 2);
        Assert.Equal("x", await ReadAsync(await _client.GetObjectAsync(bucket, "k")));
        await _client.CleanRestoredObjectAsync(bucket, "k");

        async Task<(string, string, int)> WormAsync()
        {
            var worm = await _client.GetBucketWormAsync(bucket);
            return (worm.WormId, worm.State, worm.RetentionPeriodInDays);
        }
    }

    [Fact]
    public async Task Lifecycle_rules_are_put_got_and_deleted()
    {
        var bucket = await moss.BucketAsync(_client);
        LifecycleRule[] rules =
        [
            new() { Id = "a", Expiration = new() { Days = 9 }, Tags = [new("k", "v")] },
            new() { Id = "b", Prefix = "x/", Expiration = new() { Days = 3 }, Nots = [new("x/y")] },
        ];
        Assert.Equal("InvalidArgument", (await Assert.ThrowsAsync<OssException>(() => _client.PutBucketLifecycleAsync(bucket, rules))).Code);
        await _client.PutBucketLifecycleAsync(bucket, rules, allowOverlap: true);
        var stored = (await _client.GetBucketLifecycleAsync(bucket)).Rules;
        Assert.Equal(rules.Select(rule => (rule.Id, rule.Prefix, rule.Expiration)), stored.Select(rule => (rule.Id, rule.Prefix, rule.Expiration)));
        Assert.Equal(rules[0].Tags, stored[0].Tags);
        Assert.Equal(rules[1].Nots, stored[1].Nots);
        await _client.DeleteBucketLifecycleAsync(bucket);
        Assert.Equal("NoSuchLifecycle", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketLifecycleAsync(bucket))).Code);
    }

    [Fact]
    public async Task Buckets_are_made_described_listed_and_removed()
    {
        var bucket = await moss.BucketAsync(_client);
        Assert.Contains(await ToListAsync(_client.ListBucketsAsync(bucket)), listed => listed.Name == bucket);
        var info = await _client.GetBucketInfoAsync(bucket);
        Assert.Equal((bucket, "private"), (info.Bucket.Name, info.Grant));
        Assert.Equal(info.Bucket.Location, await _client.GetBucketLocationAsync(bucket));
        await _client.PutBucketAclAsync(bucket, Acl.PublicRead);
        Assert.Equal("public-read", (await _client.GetBucketAclAsync(bucket)).Grant);
        Assert.Null(await _client.GetBucketVersioningAsync(bucket));
        await _client.PutBucketTagsAsync(bucket, [new("a", "1")]);
        Assert.Equal([new("a", "1")], await _client.GetBucketTagsAsync(bucket));
        await _client.DeleteBucketTagsAsync(bucket);
        Assert.Empty(await _client.GetBucketTagsAsync(bucket));
        await _client.PutObjectAsync(bucket, "k", Text("12345"));
        var stat = (await _client.GetBucketStatAsync(bucket)).Numbers.ToDictionary();
        Assert.Equal((1, 5), (stat["ObjectCount"], stat["Storage"]));
        Assert.NotEmpty(await _client.DescribeRegionsAsync());
        Assert.Equal("BucketNotEmpty", (await Assert.ThrowsAsync<OssException>(() => _client.DeleteBucketAsync(bucket))).Code);
        await _client.DeleteObjectAsync(bucket, "k");
        await _client.DeleteBucketAsync(bucket);
        Assert.Equal("NoSuchBucket", (await Assert.ThrowsAsync<OssException>(() => _client.GetBucketInfoAsync(bucket))).Code);
    }

    [Fact]
    public async Task Listings_come_page_by_page_with_any_key_in_utf8_order()
    {
        var bucket = await moss.BucketAsync(_client);
        string[] keys = ["a/../b", "a//b", "a b+c%2F", "dir/1", "dir/2", "x\u0001\n\u001f", "é", "中", "\uffee", "😀", "..", "a&<>\""];
        foreach (var key in keys)
        {
            await _client.PutObjectAsync(bucket, key, Text(key));
        }

        var expected = keys.Order(Comparer<string>.Create(Utf8Order.Compare)).ToList();
        var listed = await ToListAsync(_client.ListObjectsAsync(bucket, new() { PageSize = 5 }));
        Assert.Equal(expected, listed.Select(item => item.Key));
        foreach (var key in keys)
        {
            Assert.Equal(key, await ReadAsync(await _client.GetObjectAsync(bucket, key)));
        }

        var pages = await ToListAsync(_client.ListObjectsPagesAsync(bucket, new() { PageSize = 3, Delimiter = "/", FetchOwner = true }));
        Assert.Equal(["a/", "dir/"], pages.SelectMany(page => page.Prefixes));
        Assert.All(pages.SelectMany(page => page.Contents), item => Assert.NotNull(item.Owner));
        var first = await _client.ListObjectsV1PageAsync(bucket, new() { PageSize = 4 });
        var second = await _client.ListObjectsV1PageAsync(bucket, new() { PageSize = 100 }, first.NextMarker);
        Assert.Equal(expected, first.Contents.Concat(second.Contents).Select(item => item.Key));
        var versions = await ToListAsync(_client.ListObjectVersionsPagesAsync(bucket, new() { PageSize = 5 }));
        Assert.Equal(expected, versions.SelectMany(page => page.Versions).Select(version => version.Object.Key));

        var deleted = await _client.DeleteMultipleObjectsAsync(bucket, [.. keys.Select(key => new DeleteEntry(key))]);
        Assert.Equal(keys, deleted.Deleted.Select(entry => entry.Key));
        Assert.Empty(await ToListAsync(_client.ListObjectsAsync(bucket)));
    }

    [Theory]
    [InlineData(SignatureVersion.V1)]
    [InlineData(SignatureVersion.V2)]
    [InlineData(SignatureVersion.V4)]
    public async Task Every_signature_is_accepted_in_headers_and_in_addresses(SignatureVersion version)
    {
        using var client = moss.Client(change: options => options with { SignatureVersion = version });
        var bucket = await moss.BucketAsync(client);
        const string Key = "a b+c/../%2F中😀~'()*!";
        await client.PutObjectAsync(bucket, Key, Text("signed"), new()
        {
            ContentType = "text/x",
            UserMetadata = new Dictionary<string, string> { ["name"] = "Zoë 中" },
        });
        Assert.Equal("Zoë 中", (await client.HeadObjectAsync(bucket, Key)).UserMetadata["name"]);
        await client.PutObjectTaggingAsync(bucket, Key, [new("k", "v")]);
        Assert.Equal("v", Assert.Single(await client.GetObjectTaggingAsync(bucket, Key)).Value);

        using var anyone = new HttpClient();
        Assert.Equal("signed", await anyone.GetStringAsync(await client.PresignGetAsync(bucket, Key, TimeSpan.FromMinutes(5))));
        var put = await client.PresignPutAsync(bucket, Key, TimeSpan.FromMinutes(5));
        (await anyone.PutAsync(put, new ByteArrayContent("by anyone"u8.ToArray()))).EnsureSuccessStatusCode();
        Assert.Equal("by anyone", await ReadAsync(await client.GetObjectAsync(bucket, Key)));
    }

    [Fact]
    public async Task Objects_are_read_whole_in_ranges_and_under_conditions()
    {
        var bucket = await moss.BucketAsync(_client);
        var put = await _client.PutObjectAsync(bucket, "k", Text("0123456789"));
        Assert.Equal(Crc64.Compute("0123456789"u8), put.Crc64);
        Assert.Equal("0123456789", await ReadAsync(await _client.GetObjectAsync(bucket, "k")));
        Assert.Equal("345", await ReadAsync(await _client.GetObjectAsync(bucket, "k", new() { Offset = 3, Length = 3 })));
        Assert.Equal("789", await ReadAsync(await _client.GetObjectAsync(bucket, "k", new() { Offset = 7 })));
        Assert.Equal("89", await ReadAsync(await _client.GetObjectAsync(bucket, "k", new() { Length = 2 })));
        Assert.Equal("89", await ReadAsync(await _client.GetObjectAsync(bucket, "k", new() { Offset = 8, Length = 100 })));
        await using (var range = await _client.GetObjectAsync(bucket, "k", new() { Offset = 3, Length = 3 }))
        {
            Assert.Equal((3, 10, "bytes 3-5/10"), (range.ContentLength, range.Info.Size, range.ContentRange));
        }

        async Task<string> Refused(GetObjectOptions options) =>
            (await Assert.ThrowsAsync<OssException>(() => _client.GetObjectAsync(bucket, "k", options))).Code;
        Assert.Equal("PreconditionFailed", await Refused(new() { IfMatch = "other" }));
        Assert.Equal("NotModified", await Refused(new() { IfNoneMatch = put.ETag }));
        Assert.Equal("InvalidRange", await Refused(new() { Offset = 10 }));
        Assert.Equal("NoSuchKey", (await Assert.ThrowsAsync<OssException>(() => _client.GetObjectAsync(bucket, "absent"))).Code);
        Assert.Equal("NotModified", (await Assert.ThrowsAsync<OssException>(() => _client.HeadObjectAsync(bucket, "k", new() { IfNoneMatch = put.ETag }))).Code);
        Assert.Null(await _client.FindObjectAsync(bucket, "absent"));
        Assert.Equal((10, put.ETag, put.Crc64), Meta(await _client.GetObjectMetaAsync(bucket, "k")));

        static (long, string, ulong?) Meta(ObjectInfo info) => (info.Size, info.ETag, info.Crc64);
    }

    [Fact]
    public async Task Properties_go_there_and_come_back()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "k", Text("x"), new()
        {
            ContentType = "image/png",
            CacheControl = "no-cache",
            ContentDisposition = "attachment; filename=\"ü.png\"",
            ContentEncoding = "identity",
            ContentLanguage = "de",
            Expires = "Thu, 01 Dec 2030 16:00:00 GMT",
            UserMetadata = new Dictionary<string, string> { ["Mixed-Case"] = "v" },
            StorageClass = StorageClass.IA,
            Tags = new Dictionary<string, string> { ["a b"] = "c=d" },
            Acl = Acl.PublicRead,
        });
        var info = await _client.HeadObjectAsync(bucket, "k");
        Assert.Equal("image/png", info.ContentType);
        Assert.Equal("no-cache", info.Headers.Get("Cache-Control"));
        Assert.Equal("attachment; filename=\"ü.png\"", info.Headers.Get("Content-Disposition"));
        Assert.Equal("Thu, 01 Dec 2030 16:00:00 GMT", info.Headers.Get("Expires"));
        Assert.Equal("v", info.UserMetadata["mixed-case"]);
        Assert.Equal("IA", info.StorageClass);
        Assert.Equal([new("a b", "c=d")], await _client.GetObjectTaggingAsync(bucket, "k"));
        Assert.Equal("public-read", (await _client.GetObjectAclAsync(bucket, "k")).Grant);
        await _client.PutObjectAclAsync(bucket, "k", Acl.Private);
        Assert.Equal("private", (await _client.GetObjectAclAsync(bucket, "k")).Grant);
        await _client.DeleteObjectTaggingAsync(bucket, "k");
        Assert.Empty(await _client.GetObjectTaggingAsync(bucket, "k"));
        var exists = await Assert.ThrowsAsync<OssException>(() => _client.PutObjectAsync(bucket, "k", Text("y"), new() { ForbidOverwrite = true }));
        Assert.Equal("FileAlreadyExists", exists.Code);
    }

    [Fact]
    public async Task Objects_are_appended_to_and_sealed_and_a_lost_answer_is_found_out()
    {
        var bucket = await moss.BucketAsync(_client);
        var first = await _client.AppendObjectAsync(bucket, "k", 0, Text("hello "));
        Assert.Equal(6, first.NextAppendPosition);
        using var losing = moss.Client(change: options => options with { HttpHandler = new LosingHandler("position=6", HttpMethod.Post) });
        var second = await losing.AppendObjectAsync(bucket, "k", 6, Text("world"), crcSoFar: first.Crc64);
        Assert.Equal((11, Crc64.Compute("hello world"u8)), (second.NextAppendPosition, second.Crc64));
        var wrong = await Assert.ThrowsAsync<OssException>(() => _client.AppendObjectAsync(bucket, "k", 6, Text("world")));
        Assert.Equal("PositionNotEqualToLength", wrong.Code);
        Assert.Equal("hello world", await ReadAsync(await _client.GetObjectAsync(bucket, "k")));
        await _client.SealAppendObjectAsync(bucket, "k", 11);
        var sealedOff = await Assert.ThrowsAsync<OssException>(() => _client.AppendObjectAsync(bucket, "k", 11, Text("!")));
        Assert.Equal("AppendSealedObjectNotAllowed", sealedOff.Code);
    }

    [Fact]
    public async Task Objects_are_copied_and_linked()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "a b/中", Text("source"), new() { ContentType = "text/a" });
        var copy = await _client.CopyObjectAsync(new(bucket, "a b/中"), bucket, "copy");
        Assert.Equal(Crc64.Compute("source"u8), copy.Crc64);
        Assert.Equal("text/a", (await _client.HeadObjectAsync(bucket, "copy")).ContentType);
        await _client.CopyObjectAsync(new(bucket, "copy"), bucket, "copy", new() { ContentType = "text/b" }, copy.ETag);
        Assert.Equal("text/b", (await _client.HeadObjectAsync(bucket, "copy")).ContentType);
        Assert.Equal(
            "PreconditionFailed",
            (await Assert.ThrowsAsync<OssException>(() => _client.CopyObjectAsync(new(bucket, "copy"), bucket, "c", ifMatch: "no"))).Code);
        await _client.PutSymlinkAsync(bucket, "link", "a b/中");
        Assert.Equal("a b/中", (await _client.GetSymlinkAsync(bucket, "link")).Target);
        Assert.Equal("source", await ReadAsync(await _client.GetObjectAsync(bucket, "link")));
    }

    [Fact]
    public async Task A_multipart_upload_by_hand()
    {
        var bucket = await moss.BucketAsync(_client);
        var bytes = new byte[250 * 1024];
        new Random(1).NextBytes(bytes);
        var id = await _client.InitiateMultipartUploadAsync(bucket, "k", new() { ContentType = "x/y" });
        var second = await _client.UploadPartAsync(bucket, "k", id, 2, RequestBody.FromBytes(bytes.AsMemory(102400)));
        await _client.PutObjectAsync(bucket, "source", RequestBody.FromBytes(bytes));
        var first = await _client.UploadPartCopyAsync(bucket, "k", id, 1, new(bucket, "source"), (0, 102400));
        Assert.Equal([1, 2], (await ToListAsync(_client.ListPartsAsync(bucket, "k", id))).Select(part => part.PartNumber));
        Assert.Equal(id, Assert.Single(await ToListAsync(_client.ListMultipartUploadsAsync(bucket, "k"))).UploadId);
        var whole = await _client.CompleteMultipartUploadAsync(bucket, "k", id, [new(1, first.ETag), new(2, second.ETag)]);
        Assert.Equal(Crc64.Compute(bytes), whole.Crc64);
        Assert.EndsWith("-2", whole.ETag, StringComparison.Ordinal);
        var other = await _client.InitiateMultipartUploadAsync(bucket, "k2");
        await _client.UploadPartAsync(bucket, "k2", other, 1, Text("all"));
        await _client.CompleteAllAsync(bucket, "k2", other);
        var gone = await _client.InitiateMultipartUploadAsync(bucket, "k3");
        await _client.AbortMultipartUploadAsync(bucket, "k3", gone);
        Assert.Empty(await ToListAsync(_client.ListMultipartUploadsAsync(bucket)));
    }

    [Fact]
    public async Task Parts_and_uploads_are_listed_beyond_one_page()
    {
        var bucket = await moss.BucketAsync(_client);
        var id = await _client.InitiateMultipartUploadAsync(bucket, "k");
        await Parallel.ForAsync(1, 1106, async (number, ct) => await _client.UploadPartAsync(bucket, "k", id, number, Text("x"), ct));
        Assert.Equal(Enumerable.Range(1, 1105), (await ToListAsync(_client.ListPartsAsync(bucket, "k", id))).Select(part => part.PartNumber));
        await Parallel.ForAsync(0, 1010, async (_, ct) => await _client.InitiateMultipartUploadAsync(bucket, "same", ct: ct));
        var uploads = await ToListAsync(_client.ListMultipartUploadsAsync(bucket));
        Assert.Equal(1011, uploads.Select(upload => upload.UploadId).Distinct().Count());
    }

    [Fact]
    public async Task Any_other_operation_is_sent_by_its_own_words()
    {
        var bucket = await moss.BucketAsync(_client);
        await using var acl = await _client.SendAsync(new() { Method = HttpMethod.Get, Bucket = bucket, Query = [new("acl", null)] });
        Assert.Contains("<Grant>private</Grant>", Encoding.UTF8.GetString(acl.Body.Span), StringComparison.Ordinal);
        Assert.Equal(24, acl.RequestId.Length);
        var e = await Assert.ThrowsAsync<OssException>(() => _client.SendAsync(new() { Method = HttpMethod.Get, Bucket = bucket, Query = [new("cors", null)] }));
        Assert.Equal(("NoSuchCORSConfiguration", 404), (e.Code, e.Status));
    }

    [Fact]
    public async Task Wrong_keys_are_refused_and_anonymous_requests_are_only_as_good_as_the_acl()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "k", Text("public"), new() { Acl = Acl.PublicRead });
        using var wrong = moss.Client(change: options => options with { Credentials = new StaticCredentialsProvider(new("root", "guess")) });
        Assert.Equal("SignatureDoesNotMatch", (await Assert.ThrowsAsync<OssException>(() => wrong.GetBucketInfoAsync(bucket))).Code);
        using var anonymous = moss.Client(change: options => options with { Credentials = StaticCredentialsProvider.Anonymous });
        Assert.Equal("public", await ReadAsync(await anonymous.GetObjectAsync(bucket, "k")));
        Assert.Equal("AccessDenied", (await Assert.ThrowsAsync<OssException>(() => anonymous.PutObjectAsync(bucket, "k", Text("x")))).Code);
        await Assert.ThrowsAsync<InvalidOperationException>(() => anonymous.PresignGetAsync(bucket, "k", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task A_clock_hours_off_is_no_matter()
    {
        using var client = moss.Client(change: options => options with { TimeProvider = new ShiftedTime(TimeSpan.FromHours(-5)) });
        var bucket = await moss.BucketAsync(client);
        await client.PutObjectAsync(bucket, "k", Text("x"));
        using var anyone = new HttpClient();
        Assert.Equal("x", await anyone.GetStringAsync(await client.PresignGetAsync(bucket, "k", TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public async Task Virtual_host_style_reaches_the_bucket()
    {
        var bucket = await moss.BucketAsync(_client);
        await _client.PutObjectAsync(bucket, "dir/k", Text("x"));
        using var client = moss.Client($"http://localhost:{moss.Port}", options => options with
        {
            Addressing = AddressingStyle.VirtualHost,
            HttpHandler = new LoopbackHandler(moss.Port),
        });
        Assert.Equal("x", await ReadAsync(await client.GetObjectAsync(bucket, "dir/k")));
        Assert.Single(await ToListAsync(client.ListObjectsAsync(bucket)));
    }

    [Fact]
    public async Task Bandwidth_is_limited_where_that_is_asked_for()
    {
        var bucket = await moss.BucketAsync(_client);
        using var slow = moss.Client(change: options => options with { UploadBytesPerSecond = 1_000_000, DownloadBytesPerSecond = 2_000_000 });
        var start = TimeProvider.System.GetTimestamp();
        await slow.PutObjectAsync(bucket, "k", RequestBody.FromBytes(new byte[2_000_000]));
        // A bound from below: the limit must hold the transfer back, however slow the machine is.
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(1.4));
        start = TimeProvider.System.GetTimestamp();
        Assert.Equal(2_000_000, (await ReadAsync(await slow.GetObjectAsync(bucket, "k"))).Length);
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(0.6));
    }

    sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
    }
}
