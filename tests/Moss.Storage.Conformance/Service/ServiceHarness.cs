using System.IO.Pipelines;
using System.Security.Cryptography;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Encryption;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;

namespace Moss.Storage.Conformance.Service;

/// <summary>A service over a pair of stores, with the few shorthands that its tests repeat.</summary>
public sealed class ServiceHarness : IAsyncDisposable
{
    readonly List<Exception> _failures = [];

    ServiceHarness(ObjectService service, StorageEngine engine, bool encrypts)
    {
        Service = service;
        Engine = engine;
        Encryption = encrypts ? "AES256" : "";
    }

    /// <summary>The default encryption of the buckets that this makes.</summary>
    public string Encryption { get; }

    public ObjectService Service { get; }

    public StorageEngine Engine { get; }

    /// <summary>What the background sweeps reported; a test that ends well has none.</summary>
    public IReadOnlyList<Exception> Failures => _failures;

    public static async Task<ServiceHarness> StartAsync(
        IMetadataStore metadata, IBlobStore blobs, TimeProvider? time = null, StorageOptions? options = null, bool encrypts = false)
    {
        var keys = new DataKeys([RandomNumberGenerator.GetBytes(DataKeys.KeySize)]);
        var engine = new StorageEngine(metadata, blobs, time ?? TimeProvider.System, options ?? StorageOptions.Default, keys);
        var harness = new ServiceHarness(new ObjectService(engine), engine, encrypts);
        await harness.Service.StartAsync(harness._failures.Add, CancellationToken.None);
        return harness;
    }

    public static BucketName Bucket(string name = "bucket") => BucketName.Parse(name);

    public static ObjectKey Key(string key) => ObjectKey.Parse(key);

    /// <summary>Reproducible bytes: the same seed and length give the same ones.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public Task<BucketRecord> MakeBucketAsync(string name = "bucket", VersioningStatus versioning = VersioningStatus.Unversioned) =>
        MakeBucketAsync(Bucket(name), versioning);

    public async Task<ObjectRecord> PutAsync(
        string key, byte[] body, PutObjectRequest? request = null, string bucket = "bucket") =>
        (await Service.Objects.PutAsync(
            Bucket(bucket), Key(key), request ?? new() { Body = new() { Length = body.Length } }, Pipe(body), CancellationToken.None)).Record;

    /// <summary>Reads an object as a server does: what is known of its bucket first. Several times, because a small one that is read again is kept.</summary>
    public async Task<byte[]> GetAsync(string key, string bucket = "bucket", VersionId? version = null)
    {
        await Service.Buckets.SnapshotAsync(Bucket(bucket), CancellationToken.None);
        await GetOnceAsync(key, bucket, version);
        await GetOnceAsync(key, bucket, version);
        return await GetOnceAsync(key, bucket, version);
    }

    async Task<byte[]> GetOnceAsync(string key, string bucket, VersionId? version)
    {
        await using var content = await Service.Objects.OpenAsync(
            Bucket(bucket), Key(key), version, ReadConditions.None, CancellationToken.None);
        return await ReadAsync(content, 0, content.Record.Size);
    }

    public static async Task<byte[]> ReadAsync(ObjectContent content, long offset, long length)
    {
        using var target = new MemoryStream();
        var writer = PipeWriter.Create(target, new(leaveOpen: true));
        await content.CopyToAsync(writer, offset, length, CancellationToken.None);
        await writer.CompleteAsync();
        return target.ToArray();
    }

    public async Task<UploadId> InitiateAsync(string key, bool sequential = false, string bucket = "bucket") =>
        (await Service.Uploads.InitiateAsync(
            Bucket(bucket), Key(key), new() { IsSequential = sequential }, CancellationToken.None)).Id;

    public async Task<PartRecord> UploadPartAsync(string key, UploadId upload, int number, byte[] body, string bucket = "bucket") =>
        (await Service.Uploads.UploadPartAsync(
            Bucket(bucket), Key(key), upload, PartNumber.Of(number), new() { Length = body.Length }, Pipe(body),
            CancellationToken.None)).Part;

    public async Task<Multipart.CompleteOutcome> CompleteAsync(
        string key, UploadId upload, IEnumerable<PartRecord>? parts, bool forbidOverwrite = false, string bucket = "bucket") =>
        await Service.Uploads.CompleteAsync(
            Bucket(bucket),
            Key(key),
            upload,
            new()
            {
                Parts = parts is null ? null : [.. parts.Select(p => new Multipart.CompletePart(p.Number.Value, p.ETag.Quoted))],
                ForbidOverwrite = forbidOverwrite,
            },
            CancellationToken.None);

    public async Task DeleteAsync(string key, string bucket = "bucket") =>
        await Service.Objects.DeleteAsync(Bucket(bucket), [(Key(key), null)], CancellationToken.None);

    /// <summary>Every blob in the blob store, after a sweep.</summary>
    public async Task<IReadOnlyList<BlobId>> BlobsAfterSweepAsync()
    {
        await Service.Sweeper.SweepAsync(CancellationToken.None);
        var blobs = new List<BlobId>();
        await foreach (var id in Engine.Blobs.ListAsync(CancellationToken.None))
        {
            blobs.Add(id);
        }

        return blobs;
    }

    public static PipeReader Pipe(byte[] body) => PipeReader.Create(new MemoryStream(body));

    public static string Md5(byte[] body) => Convert.ToHexString(MD5.HashData(body));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Assert.Empty(_failures);
    }

    async Task<BucketRecord> MakeBucketAsync(BucketName name, VersioningStatus versioning)
    {
        var bucket = await Service.Buckets.PutAsync(name, new() { OwnerId = "1" }, CancellationToken.None);
        return versioning == VersioningStatus.Unversioned && Encryption.Length == 0
            ? bucket
            : await Service.Buckets.UpdateAsync(name, b => b with { Versioning = versioning, ServerSideEncryption = Encryption }, CancellationToken.None);
    }
}
