using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Buckets;

/// <summary>PutBucket: what a client asks for; null leaves an existing bucket as it is and a new one at its default.</summary>
public sealed record PutBucketRequest
{
    /// <summary>The account that makes it.</summary>
    public required string OwnerId { get; init; }

    /// <summary>Of a new bucket. One that is there keeps its own: changing it is another right, and so another call.</summary>
    public Acl? Acl { get; init; }

    /// <summary>What a new bucket's owner has to be; null asks for nothing.</summary>
    public OwnerGuard? Guard { get; init; }

    public StorageClass? StorageClass { get; init; }

    /// <summary><c>LRS</c> or <c>ZRS</c>.</summary>
    public string? DataRedundancyType { get; init; }

    /// <summary>Without the <c>oss-</c> prefix.</summary>
    public string? Region { get; init; }

    public string? ResourceGroupId { get; init; }
}

/// <summary>A condition on the owner of a new bucket, which holds from the moment it is checked until the bucket is there.</summary>
/// <param name="Lock">What whoever ends the condition holds alone.</param>
/// <param name="CheckAsync">Throws when the condition does not hold. Reads in the transaction that makes the bucket, maybe more than once.</param>
public sealed record OwnerGuard(MetadataLock Lock, Func<IMetadataTransaction, ValueTask> CheckAsync);

/// <summary>Counts of a bucket, live (GetBucketStat).</summary>
public sealed record BucketStat(IReadOnlyList<StorageClassTotals> Classes, UploadTotals Uploads);

/// <summary>Everything that is done with whole buckets.</summary>
public sealed class BucketOperations(StorageEngine engine)
{
    /// <summary>PutBucket: idempotent for its owner; what it asks for beyond the ACL must be what the bucket has. A bucket that is there is answered as it is.</summary>
    /// <exception cref="OssException"><c>BucketAlreadyExists</c>: another's bucket, or other unchangeable settings.</exception>
    public ValueTask<BucketRecord> PutAsync(BucketName name, PutBucketRequest request, CancellationToken ct) =>
        engine.Metadata.WriteAsync(
            request.Guard is { } guard ? [MetadataLock.Bucket(name, shared: false), guard.Lock] : [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                if (await tx.Buckets.FindAsync(name) is { } existing)
                {
                    RefuseChange(existing, request);
                    return existing;
                }

                if (request.Guard is not null)
                {
                    await request.Guard.CheckAsync(tx);
                }

                return await tx.Buckets.InsertAsync(New(name, request));
            },
            ct);

    /// <summary>The bucket, or <c>NoSuchBucket</c>.</summary>
    public ValueTask<BucketRecord> FindAsync(BucketName name, CancellationToken ct) =>
        engine.Metadata.ReadAsync(tx => BucketAsync(tx, name), ct);

    /// <summary>
    /// The bucket and its configuration documents as the last completed change left them, or <c>NoSuchBucket</c>. Where this server alone has the catalogue it
    /// costs nothing as long as nothing changes.
    /// </summary>
    public ValueTask<BucketSnapshot> SnapshotAsync(BucketName name, CancellationToken ct) =>
        engine.Snapshots.Peek(name) is { } known ? new(known) : ReadSnapshotAsync(name, ct);

    /// <summary>Up to <paramref name="limit"/> buckets by name, after <paramref name="after"/>.</summary>
    public ValueTask<IReadOnlyList<BucketRecord>> ListAsync(string prefix, string after, int limit, CancellationToken ct) =>
        engine.Metadata.ReadAsync(tx => tx.Buckets.ListAsync(prefix, after, limit), ct);

    /// <summary>Changes what is recorded of a bucket (its ACL, its versioning, ...).</summary>
    public ValueTask<BucketRecord> UpdateAsync(
        BucketName name, Func<BucketRecord, BucketRecord> change, CancellationToken ct) =>
        engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                var changed = change(await BucketAsync(tx, name));
                await tx.Buckets.UpdateAsync(changed);
                return changed;
            },
            ct);

    /// <summary>
    /// DeleteBucket: only an empty one goes; any version, delete marker or open upload keeps it. Its name is free at once.
    /// </summary>
    public async ValueTask DeleteAsync(BucketName name, CancellationToken ct) =>
        await engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, name);
                if ((await tx.Objects.ScanVersionsAsync(bucket.Id, default, long.MaxValue, to: null, limit: 1)).Count > 0)
                {
                    throw new OssException(OssErrors.BucketNotEmpty, details: [new("BucketName", name.Value)]);
                }

                if ((await tx.Uploads.ScanAsync(bucket.Id, default, "", to: null, limit: 1)).Count > 0)
                {
                    throw new OssException(
                        OssErrors.BucketNotEmpty,
                        "The bucket has Multipart Uploads. Please delete them first.",
                        details: [new("BucketName", name.Value)]);
                }

                await tx.Buckets.DeleteAsync(bucket.Id);
                return true;
            },
            ct);

    /// <summary>GetBucketStat.</summary>
    public ValueTask<BucketStat> StatAsync(BucketName name, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(tx, name);
                return new BucketStat(await tx.Objects.TotalsAsync(bucket.Id), await tx.Uploads.TotalsAsync(bucket.Id));
            },
            ct);

    /// <summary>A configuration document of a bucket as it was stored, or null when none is.</summary>
    /// <remarks>The same array each time while nothing about the bucket changes; not to be changed.</remarks>
    public async ValueTask<byte[]?> FindConfigurationAsync(BucketName name, string configuration, CancellationToken ct) =>
        (await SnapshotAsync(name, ct)).Configuration(configuration);

    /// <summary>Stores a configuration document of a bucket; null removes it.</summary>
    public ValueTask PutConfigurationAsync(BucketName name, string configuration, byte[]? document, CancellationToken ct) =>
        UpdateConfigurationAsync(name, configuration, _ => document, ct);

    /// <summary>Replaces a configuration document of a bucket by what is made of it, in one transaction; null stands for none.</summary>
    /// <param name="name">The bucket.</param>
    /// <param name="configuration">The document's name.</param>
    /// <param name="change">Makes the new document of the old one. May run more than once; what it throws changes nothing.</param>
    /// <param name="ct">Gives up.</param>
    public async ValueTask UpdateConfigurationAsync(
        BucketName name, string configuration, Func<byte[]?, byte[]?> change, CancellationToken ct) =>
        await engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(name, shared: false)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, name);
                var document = change(await tx.Buckets.FindConfigurationAsync(bucket.Id, configuration));
                await tx.Buckets.PutConfigurationAsync(bucket.Id, configuration, document);
                return true;
            },
            ct);

    async ValueTask<BucketSnapshot> ReadSnapshotAsync(BucketName name, CancellationToken ct) =>
        await engine.Snapshots.ReadAsync(engine.Metadata, name, ct) ?? throw OssErrors.BucketMissing(name.Value);

    BucketRecord New(BucketName name, PutBucketRequest request) => new()
    {
        Name = name,
        OwnerId = request.OwnerId,
        CreationDate = engine.Now(),
        Acl = request.Acl ?? Acl.Private,
        StorageClass = request.StorageClass ?? StorageClass.Standard,
        DataRedundancyType = request.DataRedundancyType ?? "LRS",
        Region = request.Region ?? "",
        ResourceGroupId = request.ResourceGroupId ?? "",
    };

    static void RefuseChange(BucketRecord existing, PutBucketRequest request)
    {
        var reason = existing.OwnerId != request.OwnerId ? OssErrors.BucketAlreadyExists.Message
            : request.StorageClass is { } storageClass && storageClass != existing.StorageClass
                ? "Cannot modify existing bucket's storage class."
            : request.DataRedundancyType is { } redundancy && redundancy != existing.DataRedundancyType
                ? "Cannot modify existing bucket's data redundancy type."
            : request.Region is { } region && region != existing.Region
                ? "Bucket already exists can't modify location."
            : null;
        if (reason is not null)
        {
            throw new OssException(
                OssErrors.BucketAlreadyExists, reason, details: [new("BucketName", existing.Name.Value)]);
        }
    }
}
