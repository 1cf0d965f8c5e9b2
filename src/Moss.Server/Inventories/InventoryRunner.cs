using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.AccessControl.Admin;
using Moss.Server.Hosting;
using Moss.Server.Operations.Buckets;
using Moss.Storage;

namespace Moss.Server.Inventories;

/// <summary>What one run of one inventory came to.</summary>
sealed record InventoryRun(string Bucket, string Id, string Manifest, int Files, string? Error);

/// <summary>
/// Makes inventories: the daily ones once a day, the weekly ones a week after their last, from midnight UTC on; or now, when an administrator says so. The lists come
/// first, then manifest.json that names them, then manifest.checksum: where that is, everything is.
/// </summary>
sealed class InventoryRunner(ObjectService storage, InventoryStore store, TimeProvider time, Action<Exception> failed) : IAsyncDisposable
{
    /// <summary>Rows of an object of a list; a million of them are about 100 MB of text.</summary>
    const int DefaultMaxRows = 1_000_000;

    static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    Recurring? _looking;

    /// <summary>What inventories there are.</summary>
    public InventoryStore Store => store;

    /// <summary>Rows of an object of a list.</summary>
    public int MaxRows { get; init; } = DefaultMaxRows;

    public void Start() => _looking = new(LookInterval, time, RunDueAsync, failed);

    public ValueTask DisposeAsync() => _looking?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The call <c>inventory/run</c> of the admin API: <c>bucket</c> and <c>name</c> say which, nothing means all.</summary>
    public async ValueTask<byte[]?> ServeAsync(AdminRequest request, CancellationToken ct)
    {
        if (request is { Bucket: null, Name: not null })
        {
            throw AccessException.Parameter("bucket", "bucket is missing: whose inventory is it?");
        }

        var runs = await RunNowAsync(request.Bucket is { } bucket ? BucketName.Parse(bucket) : null, request.Name, ct);
        return JsonSerializer.SerializeToUtf8Bytes(runs, InventoryJson.Default.IReadOnlyListInventoryRun);
    }

    /// <summary>Makes what is due. One that fails does not keep the others; it is made again when it is due again.</summary>
    public async Task RunDueAsync(CancellationToken ct)
    {
        var day = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        foreach (var (bucket, inventories) in await store.ReadAllAsync(ct))
        {
            foreach (var inventory in inventories.Where(inventory => inventory.IsEnabled))
            {
                if (await store.TakeOnAsync(bucket, inventory, day, ct))
                {
                    await TryDueAsync(bucket, inventory, ct);
                }
            }
        }
    }

    /// <summary>Makes inventories now, enabled or not, whenever they are due: those of a bucket, or one of them, or all there are.</summary>
    /// <exception cref="OssException"><c>NoSuchBucket</c> or <c>NoSuchInventory</c>.</exception>
    public async Task<IReadOnlyList<InventoryRun>> RunNowAsync(BucketName? bucket, string? id, CancellationToken ct)
    {
        var wanted = bucket is { } name ? [(name, await store.ReadAsync(name, ct))] : await store.ReadAllAsync(ct);
        var runs = new List<InventoryRun>();
        foreach (var (source, inventories) in wanted)
        {
            foreach (var inventory in inventories.Where(inventory => id is null || inventory.Id == id))
            {
                runs.Add(await TryAsync(source, inventory, ct));
            }
        }

        return runs.Count == 0 && id is not null ? throw new OssException(OssErrors.NoSuchInventory) : runs;
    }

    // A server that stops leaves its work to the next one.
    async Task TryDueAsync(BucketName bucket, InventoryConfiguration inventory, CancellationToken ct)
    {
        try
        {
            await TryAsync(bucket, inventory, ct);
        }
        catch (OperationCanceledException)
        {
            await store.GiveBackAsync(bucket, inventory, CancellationToken.None);
            throw;
        }
    }

    async Task<InventoryRun> TryAsync(BucketName bucket, InventoryConfiguration inventory, CancellationToken ct)
    {
        try
        {
            return await RunAsync(bucket, inventory, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not OutOfMemoryException)
        {
            failed(exception);
            return new(bucket.Value, inventory.Id, "", 0, exception is OssException refusal ? refusal.Code : "InternalError");
        }
    }

    async Task<InventoryRun> RunAsync(BucketName bucket, InventoryConfiguration inventory, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var owner = (await storage.Buckets.FindAsync(bucket, ct)).OwnerId;
        var writer = new InventoryWriter(storage, bucket, owner, inventory, MaxRows);
        var files = await writer.WriteListsAsync(ct);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(
            new InventoryManifest
            {
                CreationTimestamp = started.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                DestinationBucket = inventory.Destination.Bucket[BucketInventory.BucketLead.Length..],
                FileSchema = string.Join(", ", writer.Columns),
                Files = [.. files.Select(file => new InventoryManifestFile(file.Md5, file.Key, file.Size))],
                SourceBucket = bucket.Value,
            },
            InventoryJson.Default.InventoryManifest);
        var folder = $"{writer.Folder}{started.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm'Z'", CultureInfo.InvariantCulture)}/";
        var stored = await writer.PutAsync(folder + "manifest.json", Body(manifest), "application/json", ct);
        await writer.PutAsync(folder + "manifest.checksum", Body(Encoding.ASCII.GetBytes(Convert.ToHexString(MD5.HashData(manifest)))), "text/plain", ct);
        return new(bucket.Value, inventory.Id, stored.Key, files.Count, Error: null);
    }

    static PipeReader Body(byte[] bytes) => PipeReader.Create(new ReadOnlySequence<byte>(bytes));
}

/// <summary>manifest.json, as the public service writes it.</summary>
sealed record InventoryManifest
{
    public required string CreationTimestamp { get; init; }

    public required string DestinationBucket { get; init; }

    public string FileFormat { get; init; } = "CSV";

    public required string FileSchema { get; init; }

    public required IReadOnlyList<InventoryManifestFile> Files { get; init; }

    public required string SourceBucket { get; init; }

    public string Version { get; init; } = "2019-09-01";
}

sealed record InventoryManifestFile([property: JsonPropertyName("MD5checksum")] string Md5, string Key, long Size);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(InventoryManifest))]
[JsonSerializable(typeof(IReadOnlyList<InventoryRun>))]
sealed partial class InventoryJson : JsonSerializerContext;
