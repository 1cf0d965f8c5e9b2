using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>InitiateBucketWorm, CompleteBucketWorm, ExtendBucketWorm, GetBucketWorm, AbortBucketWorm, and what a retention refuses.</summary>
public sealed class BucketWormTests : IAsyncLifetime
{
    readonly ManualTime _time = new(new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(options => options, _time);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_retention_is_made_locked_and_extended()
    {
        var bucket = await _server.BucketAsync();
        var id = (await InitiateAsync(bucket, 3)).Is(200)["x-oss-worm-id"]!;
        Assert.Equal(
            $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<WormConfiguration>\n  <WormId>{id}</WormId>\n  <State>InProgress</State>\n  <RetentionPeriodInDays>3</RetentionPeriodInDays>\n"
            + "  <CreationDate>2030-01-02T03:04:05.000Z</CreationDate>\n  <ExpirationDate>2030-01-03T03:04:05.000Z</ExpirationDate>\n</WormConfiguration>\n",
            (await GetAsync(bucket)).Is(200).Text);
        (await InitiateAsync(bucket, 5)).Is(409, "WORMConfigurationAlreadyExists");
        (await ExtendAsync(bucket, id, 9)).Is(400, "InvalidArgument");
        (await CompleteAsync(bucket, "none")).Is(404, "NoSuchWORMConfiguration");
        (await CompleteAsync(bucket, id)).Is(200);
        (await CompleteAsync(bucket, id)).Is(403, "WORMConfigurationLocked");
        (await _server.SendAsync(Call.Delete(bucket, null, ("worm", null)))).Is(403, "WORMConfigurationLocked");
        (await ExtendAsync(bucket, id, 3)).Is(400, "InvalidArgument");
        (await ExtendAsync(bucket, id, 2)).Is(400, "InvalidArgument");
        (await ExtendAsync(bucket, "none", 4)).Is(404, "NoSuchWORMConfiguration");
        (await ExtendAsync(bucket, id, 4)).Is(200);
        _time.Advance(TimeSpan.FromDays(30));
        var locked = (await GetAsync(bucket)).Is(200);
        Assert.Equal(("Locked", "4", null), (locked.Element("State"), locked.Element("RetentionPeriodInDays"), locked.Element("ExpirationDate")));
    }

    [Fact]
    public async Task Without_a_lock_it_lapses_after_a_day_or_is_taken_back()
    {
        var bucket = await _server.BucketWithAsync("k", Bytes.Of("x"));
        var id = (await InitiateAsync(bucket, 3)).Is(200)["x-oss-worm-id"]!;
        (await _server.SendAsync(Call.Delete(bucket, "k"))).Is(409, "FileImmutable");
        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        (await GetAsync(bucket)).Is(200);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await GetAsync(bucket)).Is(404, "NoSuchWORMConfiguration");
        (await CompleteAsync(bucket, id)).Is(404, "NoSuchWORMConfiguration");
        (await _server.SendAsync(Call.Put(bucket, "k", Bytes.Of("y")))).Is(200);
        (await InitiateAsync(bucket, 3)).Is(200);
        (await _server.SendAsync(Call.Delete(bucket, null, ("worm", null)))).Is(204);
        (await GetAsync(bucket)).Is(404, "NoSuchWORMConfiguration");
        (await _server.SendAsync(Call.Delete(bucket, "k"))).Is(204);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(25_551)]
    public async Task Periods_are_one_day_to_seventy_years(int days)
    {
        var bucket = await _server.BucketAsync();
        (await InitiateAsync(bucket, days)).Is(400, "InvalidArgument");
        (await GetAsync(bucket)).Is(404, "NoSuchWORMConfiguration");
        (await InitiateAsync(bucket, 25_550)).Is(200);
        (await InitiateAsync("no-such-bucket", 1)).Is(404, "NoSuchBucket");
    }

    [Fact]
    public async Task What_is_protected_is_neither_replaced_nor_removed_until_it_is_old_enough()
    {
        var bucket = await _server.BucketWithAsync("k", Bytes.Of("kept"));
        (await _server.SendAsync(Append(bucket, "log", "ab", 0))).Is(200);
        var id = (await InitiateAsync(bucket, 3)).Is(200)["x-oss-worm-id"]!;
        (await CompleteAsync(bucket, id)).Is(200);
        (await _server.SendAsync(Call.Put(bucket, "new", Bytes.Of("n")))).Is(200);

        foreach (var call in Attempts(bucket))
        {
            (await _server.SendAsync(call)).Is(409, "FileImmutable");
        }

        var upload = (await _server.SendAsync(Call.Post(bucket, "k", null, ("uploads", null)))).Is(200).Element("UploadId")!;
        var part = (await _server.SendAsync(Call.Put(bucket, "k", Bytes.Of("p"), ("partNumber", "1"), ("uploadId", upload)))).Is(200);
        var xml = $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part["ETag"]}</ETag></Part></CompleteMultipartUpload>";
        (await _server.SendAsync(Call.Post(bucket, "k", Bytes.Of(xml), ("uploadId", upload)))).Is(409, "FileImmutable");
        Assert.Equal("kept", (await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        (await _server.SendAsync(Call.Put(bucket, "k", null, ("acl", null)).With(("x-oss-object-acl", "private")))).Is(200);

        // What was replaced is new, and protected in its turn.
        foreach (var call in Attempts(bucket))
        {
            _time.Advance(TimeSpan.FromDays(3));
            var answer = await _server.SendAsync(call);
            Assert.True(answer.Status is 200 or 204, answer.ToString());
        }
    }

    [Fact]
    public async Task Versions_are_protected_each_and_may_be_hidden()
    {
        var bucket = await _server.BucketAsync();
        (await _server.SendAsync(Call.Put(bucket, null, Bytes.Of("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"), ("versioning", null)))).Is(200);
        (await InitiateAsync(bucket, 3)).Is(200);
        var version = (await _server.SendAsync(Call.Put(bucket, "k", Bytes.Of("one")))).Is(200)["x-oss-version-id"];
        (await _server.SendAsync(Call.Put(bucket, "k", Bytes.Of("two")))).Is(200);
        var marker = (await _server.SendAsync(Call.Delete(bucket, "k"))).Is(204)["x-oss-version-id"];
        (await _server.SendAsync(Call.Delete(bucket, "k", ("versionId", version)))).Is(409, "FileImmutable").Has("Key", "k");
        (await _server.SendAsync(Call.Delete(bucket, "k", ("versionId", marker)))).Is(204);
        Assert.Equal("two", (await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    static IEnumerable<Call> Attempts(string bucket) =>
    [
        Call.Put(bucket, "k", Bytes.Of("y")),
        Call.Put(bucket, "k").With(("x-oss-copy-source", $"/{bucket}/new")),
        Call.Put(bucket, "k", null, ("symlink", null)).With(("x-oss-symlink-target", "new")),
        Append(bucket, "log", "cd", 2),
        Call.Post(bucket, null, Bytes.Of("<Delete><Object><Key>new</Key></Object></Delete>"), ("delete", null)),
        Call.Delete(bucket, "k"),
    ];

    static Call Append(string bucket, string key, string body, int position) =>
        Call.Post(bucket, key, Bytes.Of(body), ("append", null), ("position", $"{position}"));

    Task<Answer> GetAsync(string bucket) => _server.SendAsync(Call.Get(bucket, null, ("worm", null)));

    Task<Answer> InitiateAsync(string bucket, int days) => _server.SendAsync(Call.Post(
        bucket, null, Bytes.Of($"<InitiateWormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></InitiateWormConfiguration>"), ("worm", null)));

    Task<Answer> CompleteAsync(string bucket, string id) => _server.SendAsync(Call.Post(bucket, null, null, ("wormId", id)));

    Task<Answer> ExtendAsync(string bucket, string id, int days) => _server.SendAsync(Call.Post(
        bucket,
        null,
        Bytes.Of($"<ExtendWormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></ExtendWormConfiguration>"),
        ("wormId", id),
        ("wormExtend", null)));
}
