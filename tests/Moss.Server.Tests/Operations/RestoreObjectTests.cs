using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Operations;

/// <summary>RestoreObject and CleanRestoredObject, and what cannot be read before.</summary>
public sealed class RestoreObjectTests : IAsyncLifetime
{
    readonly ManualTime _time = new(new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(options => options, _time);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task An_archived_object_is_read_between_its_restore_and_the_end_of_its_days()
    {
        var bucket = await _server.BucketAsync();
        (await PutAsync(bucket, "k", "Archive")).Is(200);
        (await _server.SendAsync(Call.Get(bucket, "k"))).Is(403, "InvalidObjectState");
        var head = (await _server.SendAsync(Call.Head(bucket, "k"))).Is(200);
        Assert.Equal(("Archive", null), (head["x-oss-storage-class"], head["x-oss-restore"]));
        (await _server.SendAsync(Copy(bucket, "c"))).Is(403, "InvalidObjectState");
        (await CleanAsync(bucket)).Is(409, "ArchiveRestoreFileStale");

        (await RestoreAsync(bucket, "<RestoreRequest><Days>2</Days></RestoreRequest>")).Is(202);
        Assert.Equal("body", (await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        Assert.Equal(
            "ongoing-request=\"false\", expiry-date=\"Fri, 04 Jan 2030 03:04:05 GMT\"", (await _server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-restore"]);
        (await RestoreAsync(bucket, "<RestoreRequest><Days>3</Days></RestoreRequest>")).Is(200);
        (await _server.SendAsync(Copy(bucket, "c"))).Is(200);
        Assert.Null((await _server.SendAsync(Call.Head(bucket, "c"))).Is(200)["x-oss-restore"]);
        _time.Advance(TimeSpan.FromDays(3));
        (await _server.SendAsync(Call.Get(bucket, "k"))).Is(403, "InvalidObjectState");
        Assert.Null((await _server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-restore"]);

        (await RestoreAsync(bucket)).Is(202);
        (await CleanAsync(bucket)).Is(200);
        (await _server.SendAsync(Call.Get(bucket, "k"))).Is(403, "InvalidObjectState");
    }

    [Fact]
    public async Task The_way_out_of_the_archive_is_a_copy_onto_itself()
    {
        var bucket = await _server.BucketAsync();
        (await PutAsync(bucket, "k", "ColdArchive")).Is(200);
        var call = Copy(bucket, "k").With(("x-oss-storage-class", "Standard"));
        (await _server.SendAsync(call)).Is(403, "InvalidObjectState");
        var restored = (await RestoreAsync(bucket, "<RestoreRequest><Days>365</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>")).Is(202);
        Assert.Equal("Bulk", restored["x-oss-object-restore-priority"]);
        (await _server.SendAsync(call)).Is(200);
        Assert.Equal("body", (await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
    }

    [Theory]
    [InlineData("Standard", "", "OperationNotSupported")]
    [InlineData("IA", "", "OperationNotSupported")]
    [InlineData("Archive", "<RestoreRequest><Days>8</Days></RestoreRequest>", "InvalidArgument")]
    [InlineData("Archive", "<RestoreRequest><Days>0</Days></RestoreRequest>", "InvalidArgument")]
    [InlineData("DeepColdArchive", "<RestoreRequest><Days>366</Days></RestoreRequest>", "InvalidArgument")]
    [InlineData("DeepColdArchive", "<RestoreRequest><JobParameters><Tier>Fast</Tier></JobParameters></RestoreRequest>", "MalformedXML")]
    [InlineData("Archive", "<Restore/>", "MalformedXML")]
    public async Task Bad_restores_are_refused(string storageClass, string xml, string code)
    {
        var bucket = await _server.BucketAsync();
        (await PutAsync(bucket, "k", storageClass)).Is(200);
        (await RestoreAsync(bucket, xml)).Is(400, code);
        Assert.Null((await _server.SendAsync(Call.Head(bucket, "k"))).Is(200)["x-oss-restore"]);
        (await _server.SendAsync(Call.Post(bucket, "none", null, ("restore", null)))).Is(404, "NoSuchKey");
    }

    [Fact]
    public async Task Direct_reads_need_no_restore()
    {
        var bucket = await _server.BucketAsync();
        (await PutAsync(bucket, "k", "Archive")).Is(200);
        (await PutAsync(bucket, "cold", "ColdArchive")).Is(200);
        const string xml = "<ArchiveDirectReadConfiguration><Enabled>true</Enabled></ArchiveDirectReadConfiguration>";
        (await _server.SendAsync(Call.Put(bucket, null, Bytes.Of(xml), ("bucketArchiveDirectRead", null)))).Is(200);
        Assert.Equal("body", (await _server.SendAsync(Call.Get(bucket, "k"))).Is(200).Text);
        (await _server.SendAsync(Call.Get(bucket, "cold"))).Is(403, "InvalidObjectState");
    }

    static Call Copy(string bucket, string to) => Call.Put(bucket, to).With(("x-oss-copy-source", $"/{bucket}/k"));

    Task<Answer> PutAsync(string bucket, string key, string storageClass) =>
        _server.SendAsync(Call.Put(bucket, key, Bytes.Of("body")).With(("x-oss-storage-class", storageClass)));

    Task<Answer> RestoreAsync(string bucket, string xml = "") =>
        _server.SendAsync(Call.Post(bucket, "k", xml.Length == 0 ? null : Bytes.Of(xml), ("restore", null)));

    Task<Answer> CleanAsync(string bucket) => _server.SendAsync(Call.Post(bucket, "k", null, ("cleanRestoredObject", null)));
}
