using System.IO.Pipelines;
using Moss.Protocol.Names;
using Moss.Storage;
using Moss.Storage.Blobs;
using Moss.Storage.Files;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using Moss.Storage.Sql;

namespace Moss.Crash;

/// <summary>
/// The embedded default, durable, over a directory; without the background sweeper, so that a step is a step. Opening it is what a start after
/// a crash does.
/// </summary>
public sealed class Store : IAsyncDisposable
{
    public static readonly BucketName Bucket = BucketName.Parse("crash");

    readonly StorageEngine _engine;

    Store(StorageEngine engine)
    {
        _engine = engine;
        Service = new(engine);
    }

    public ObjectService Service { get; }

    public static async Task<Store> OpenAsync(string directory, KillPlan? plan = null)
    {
        Directory.CreateDirectory(directory);
        IMetadataStore metadata = SqliteMetadataStore.Open(Path.Combine(directory, "metadata.db"), durable: true, TimeProvider.System);
        IBlobStore blobs = FileBlobStore.Open(Path.Combine(directory, "blobs"), durable: true);
        if (plan is not null)
        {
            metadata = new KillingMetadataStore(metadata, plan);
            blobs = new KillingBlobStore(blobs, plan);
        }

        var store = new Store(new(metadata, blobs, TimeProvider.System, StorageOptions.Default));
        await blobs.RecoverAsync(await metadata.InitializeAsync(CancellationToken.None), CancellationToken.None);
        return store;
    }

    public static ObjectKey Key(string key) => ObjectKey.Parse(key);

    /// <summary>Reproducible bytes.</summary>
    public static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static PipeReader Pipe(byte[] body) => PipeReader.Create(new MemoryStream(body), new(bufferSize: 64 * 1024));

    public async Task<ObjectRecord> PutAsync(string key, byte[] body) =>
        (await Service.Objects.PutAsync(
            Bucket, Key(key), new() { Body = new() { Length = body.Length } }, Pipe(body), CancellationToken.None)).Record;

    /// <summary>The bytes of an object, each of them checked; null when there is none.</summary>
    public async Task<byte[]?> GetAsync(string key)
    {
        var view = await _engine.Metadata.ReadAsync(
            async tx => await tx.Buckets.FindAsync(Bucket) is { } bucket
                ? await tx.Objects.FindAsync(bucket.Id, Key(key))
                : null,
            CancellationToken.None);
        if (view is null)
        {
            return null;
        }

        await using var content = await Service.Objects.OpenAsync(
            Bucket, Key(key), version: null, ReadConditions.None, CancellationToken.None);
        using var target = new MemoryStream();
        var writer = PipeWriter.Create(target, new(leaveOpen: true));
        await content.CopyToAsync(writer, 0, content.Record.Size, CancellationToken.None);
        await writer.CompleteAsync();
        return target.ToArray();
    }

    /// <summary>
    /// Sweeps everything and answers what is wrong then: blobs that nothing refers to, references to blobs that are not there. Empty is well.
    /// </summary>
    public async Task<IReadOnlyList<string>> SweepAndCheckAsync()
    {
        var ct = CancellationToken.None;
        await Service.Sweeper.SweepOrphansAsync(TimeProvider.System.GetUtcNow().AddDays(1), ct);
        await Service.Sweeper.SweepAsync(ct);
        var stored = new HashSet<BlobId>();
        await foreach (var id in _engine.Blobs.ListAsync(ct))
        {
            stored.Add(id);
        }

        var referenced = await _engine.Metadata.ReadAsync(ReferencedAsync, ct);
        return
        [
            .. stored.Except(referenced).Select(id => $"orphan {id}"),
            .. referenced.Except(stored).Select(id => $"missing {id}"),
        ];
    }

    static async ValueTask<HashSet<BlobId>> ReferencedAsync(IMetadataTransaction tx)
    {
        var referenced = new HashSet<BlobId>();
        foreach (var bucket in await tx.Buckets.ListAsync("", "", 1000))
        {
            foreach (var item in await tx.Objects.ScanAsync(bucket.Id, default, to: null, 100_000))
            {
                Add((await tx.Objects.FindAsync(bucket.Id, item.Key))!.Manifest);
            }

            foreach (var upload in await tx.Uploads.ScanAsync(bucket.Id, default, "", to: null, 100_000))
            {
                foreach (var part in await tx.Parts.ListAsync(upload, 0, 10_000))
                {
                    Add(part.Manifest);
                }
            }
        }

        return referenced;

        void Add(Manifest manifest) => referenced.UnionWith(manifest.Extents.Select(e => e.Blob).Where(b => !b.IsInline));
    }

    public async ValueTask DisposeAsync() => await Service.DisposeAsync();
}
