using System.IO.Pipelines;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Multipart;

/// <summary>
/// Multipart uploads. A part is durable when its task completes and is never lost until Complete or Abort; Complete is one metadata
/// transaction that moves no bytes. Abort, Complete and UploadPart may race in any way: each has one clear outcome.
/// </summary>
public sealed class MultipartOperations(StorageEngine engine)
{
    readonly BodyReceiver _receiver = new(engine);
    readonly CopyEncryption _encryption = new(engine);
    readonly Completion _completion = new(engine);

    /// <summary>InitiateMultipartUpload.</summary>
    public ValueTask<UploadRecord> InitiateAsync(
        BucketName bucketName, ObjectKey key, InitiateRequest request, CancellationToken ct)
    {
        var id = IdGenerator.NewUploadId();
        return engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucketName, shared: true)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                if (request.ForbidOverwrite && bucket.Versioning == VersioningStatus.Unversioned
                    && await tx.Objects.FindAsync(bucket.Id, key) is not null)
                {
                    throw new OssException(OssErrors.FileAlreadyExists, details: [new("Key", key.Value)]);
                }

                return await tx.Uploads.InsertAsync(new()
                {
                    BucketId = bucket.Id,
                    Key = key,
                    Id = id,
                    Initiated = engine.Now(),
                    IsSequential = request.IsSequential,
                    StorageClass = request.StorageClass ?? bucket.StorageClass,
                    Acl = request.Acl,
                    OwnerId = bucket.OwnerId,
                    Attributes = request.Attributes.EncryptedAs(bucket),
                });
            },
            ct);
    }

    /// <summary>The upload, or <c>NoSuchUpload</c> when it is not open under this bucket and key.</summary>
    public ValueTask<UploadRecord> FindAsync(BucketName bucketName, ObjectKey key, UploadId id, CancellationToken ct) =>
        engine.Metadata.ReadAsync(tx => FindAsync(tx, bucketName, key, id), ct);

    /// <summary>
    /// UploadPart. Replaces a part of the same number when it arrived whole and as promised; otherwise the older part stays.
    /// </summary>
    public async ValueTask<(PartRecord Part, UploadRecord Upload)> UploadPartAsync(
        BucketName bucketName, ObjectKey key, UploadId id, PartNumber number,
        BodyExpectation expected, PipeReader body, CancellationToken ct)
    {
        var (upload, running) = await engine.Metadata.ReadAsync(
            async tx =>
            {
                var found = await FindAsync(tx, bucketName, key, id);
                await SequentialRule.CheckAsync(tx, found, number);
                return (found, await SequentialRule.BeginAsync(tx, found, number, engine.Keys));
            },
            ct);
        var received = await _receiver.ReceiveAsync(body, expected, upload.Attributes.IsEncrypted, ct, running?.Md5);
        return await engine.CommitAsync(
            received,
            PartLocks(upload, number),
            async tx =>
            {
                var found = await FindAsync(tx, bucketName, key, id);
                await SequentialRule.CheckAsync(tx, found, number);
                await SequentialRule.CheckBasisAsync(tx, found, number, running, engine.Keys);
                var part = new PartRecord
                {
                    Number = number,
                    Size = received.Length,
                    ETag = ETag.OfMd5(received.Md5),
                    Crc64 = received.Crc64,
                    LastModified = engine.Now(),
                    Manifest = await received.RecordAsync(tx, engine),
                    RunningMd5 = SequentialRule.Save(found, number, running, engine.Keys),
                };
                await PutPartAsync(tx, found, part);
                return (part, found);
            },
            ct);
    }

    /// <summary>
    /// UploadPartCopy: a part over the source's blobs. Moves no data: the CRC-64 of a range is combined from block checksums, reading at most its
    /// two edge blocks. (Only bytes that lie in the clear and are to be part of an encrypted object are read and written again.) Where the MD5 of the range is not known the ETag is stable, but no MD5.
    /// </summary>
    public ValueTask<CopyPartOutcome> CopyPartAsync(
        BucketName bucketName, ObjectKey key, UploadId id, PartNumber number, CopyPartRequest request, CancellationToken ct) =>
        Transactions.RetryWhenSourceIsGoneAsync(async () =>
        {
            var slice = await new PartSource(engine).ReadAsync(bucketName, key, id, request, ct);
            if (slice.Upload.IsSequential)
            {
                throw new OssException(
                    OssErrors.OperationNotSupported, "A sequential upload does not support upload part copy.");
            }

            var locks = PartLocks(slice.Upload, number);
            if (!slice.Upload.Attributes.IsEncrypted || slice.Manifest.IsEncrypted)
            {
                return await engine.Metadata.WriteAsync(locks, tx => CopyPartAsync(tx, slice, encrypted: null), ct);
            }

            var encrypted = await _encryption.EncryptAsync(slice.Manifest, ct);
            return await engine.CommitAsync(encrypted, locks, tx => CopyPartAsync(tx, slice, encrypted), ct);

            async ValueTask<CopyPartOutcome> CopyPartAsync(IMetadataTransaction tx, PartSlice slice, EncryptedCopy? encrypted)
            {
                var upload = await FindAsync(tx, bucketName, key, id);
                var manifest = slice.Manifest;
                if (encrypted is null)
                {
                    await Transactions.AddReferencesAsync(tx, manifest);
                }
                else
                {
                    manifest = await encrypted.RecordAsync(tx, manifest, engine);
                }

                var part = new PartRecord
                {
                    Number = number,
                    Size = manifest.Length,
                    ETag = slice.ETag,
                    Crc64 = slice.Crc64,
                    LastModified = engine.Now(),
                    Manifest = manifest,
                };
                await PutPartAsync(tx, upload, part);
                return new CopyPartOutcome(part, slice.Source, slice.SourceIsVersioned, slice.RangeWasUsed);
            }
        });

    /// <summary>CompleteMultipartUpload. See <see cref="Completion"/>.</summary>
    public ValueTask<CompleteOutcome> CompleteAsync(
        BucketName bucketName, ObjectKey key, UploadId id, CompleteRequest request, CancellationToken ct) =>
        engine.Metadata.WriteAsync(
            [
                MetadataLock.Bucket(bucketName, shared: true),
                MetadataLock.Key(bucketName, key),
                MetadataLock.Upload(id, shared: false),
            ],
            tx => _completion.CompleteAsync(tx, bucketName, key, id, request),
            ct);

    /// <summary>AbortMultipartUpload: frees every part. Never touches the object under the key.</summary>
    public async ValueTask AbortAsync(BucketName bucketName, ObjectKey key, UploadId id, CancellationToken ct) =>
        await engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Upload(id, shared: false)],
            async tx =>
            {
                var upload = await FindAsync(tx, bucketName, key, id, "0042-00000002");
                await RemoveAsync(engine, tx, upload);
                return true;
            },
            ct);

    /// <summary>ListParts: up to <paramref name="maxParts"/> parts above <paramref name="after"/>.</summary>
    public ValueTask<PartsPage> ListPartsAsync(
        BucketName bucketName, ObjectKey key, UploadId id, int after, int maxParts, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var upload = await FindAsync(tx, bucketName, key, id);
                var parts = await tx.Parts.ListAsync(upload, after, maxParts + 1);
                return parts.Count > maxParts
                    ? new PartsPage(upload, [.. parts.Take(maxParts)], IsTruncated: true)
                    : new PartsPage(upload, parts, IsTruncated: false);
            },
            ct);

    /// <summary>Removes an upload with its parts, inside a transaction that holds it alone; answers the bytes of the parts.</summary>
    internal static async ValueTask<long> RemoveAsync(StorageEngine engine, IMetadataTransaction tx, UploadRecord upload)
    {
        var parts = await tx.Parts.ListAsync(upload, after: 0, OssLimits.MaxPartNumber);
        await tx.Uploads.DeleteAsync(upload);
        await VersionRules.ReleaseAsync(engine, tx, Manifest.Concat(parts.Select(part => part.Manifest)));
        return parts.Sum(part => part.Size);
    }

    internal static async ValueTask<UploadRecord> FindAsync(
        IMetadataTransaction tx, BucketName bucketName, ObjectKey key, UploadId id, string? ec = null)
    {
        var bucket = await BucketAsync(tx, bucketName);
        return await tx.Uploads.FindAsync(id) is { } upload && upload.BucketId == bucket.Id && upload.Key == key
            ? upload
            : throw OssErrors.UploadMissing(id.Value, ec);
    }

    async ValueTask PutPartAsync(IMetadataTransaction tx, UploadRecord upload, PartRecord part)
    {
        if (await tx.Parts.FindAsync(upload, part.Number) is { } replaced)
        {
            await VersionRules.ReleaseAsync(engine, tx, replaced.Manifest);
        }

        // Commit point: before it the part does not exist; after it no crash loses it.
        await tx.Parts.PutAsync(upload, part);
    }

    // The parts of a sequential upload depend on each other; all others only on the upload being there.
    static MetadataLock[] PartLocks(UploadRecord upload, PartNumber number) => upload.IsSequential
        ? [MetadataLock.Upload(upload.Id, shared: false)]
        : [MetadataLock.Upload(upload.Id, shared: true), MetadataLock.Part(upload.Id, number)];
}
