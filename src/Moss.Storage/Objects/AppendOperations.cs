using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Objects;

/// <summary>AppendObject and SealAppendObject: objects that grow at their end.</summary>
public sealed class AppendOperations(StorageEngine engine)
{
    readonly BodyReceiver _receiver = new(engine);

    /// <summary>
    /// Adds a body to the end of an appendable object, or makes the object with its first body. The position must be the object's length; it is
    /// checked before the body is read and again at the commit, so that of several appends to one position exactly one succeeds.
    /// </summary>
    /// <exception cref="OssException">
    /// <c>PositionNotEqualToLength</c> with <c>x-oss-next-append-position</c>, <c>ObjectNotAppendable</c>, <c>AppendSealedObjectNotAllowed</c>.
    /// </exception>
    public async ValueTask<ObjectView> AppendAsync(
        BucketName bucketName, ObjectKey key, long position, PutObjectRequest request, PipeReader body, CancellationToken ct)
    {
        var (first, grows) = await engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                return (bucket, await FindAsync(tx, bucket, key, position));
            },
            ct);

        // What grows goes on as it began; what is new is as the request or the bucket has it.
        request = request.EncryptedAs(first);
        var received = await _receiver.ReceiveAsync(body, request.Body, (grows?.Attributes ?? request.Attributes).IsEncrypted, ct);
        return await engine.CommitAsync(
            received,
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                if (await FindAsync(tx, bucket, key, position) is not { } current)
                {
                    return new ObjectView(bucket, await CreateAsync(tx, bucket, key, request, received), Link: null);
                }

                VersionRules.RefuseProtected(engine, bucket, current);
                return new ObjectView(bucket, await GrowAsync(tx, current, request.Acl, received), Link: null);
            },
            ct);
    }

    /// <summary>Ends the growing of an appendable object; sealing it again changes nothing.</summary>
    public ValueTask<ObjectRecord> SealAsync(BucketName bucketName, ObjectKey key, long position, CancellationToken ct) =>
        engine.Metadata.WriteAsync(
            [MetadataLock.Bucket(bucketName, shared: true), MetadataLock.Key(bucketName, key)],
            async tx =>
            {
                var bucket = await BucketAsync(tx, bucketName);
                var current = await ObjectAsync(tx, bucket, key, version: null);
                if (current.Type != ObjectType.Appendable)
                {
                    throw new OssException(
                        OssErrors.OperationNotSupported, "SealAppendable is not supported.", "0016-00000513");
                }

                if (current.Size != position)
                {
                    throw WrongPosition(current.Size);
                }

                var attributes = current.Attributes;
                var sealedRecord = current with
                {
                    Attributes = attributes with { SealedTime = attributes.SealedTime ?? engine.Now() },
                };
                await tx.Objects.PutAsync(sealedRecord);
                return sealedRecord;
            },
            ct);

    // The appendable object that ends at the position; null when there is none and the position is 0.
    static async ValueTask<ObjectRecord?> FindAsync(
        IMetadataTransaction tx, BucketRecord bucket, ObjectKey key, long position)
    {
        if (await tx.Objects.FindAsync(bucket.Id, key) is not { } current)
        {
            var hidden = bucket.Versioning != VersioningStatus.Unversioned
                && await tx.Objects.FindNewestAsync(bucket.Id, key) is not null;
            return hidden ? throw new OssException(OssErrors.ObjectNotAppendable)
                : position != 0 ? throw WrongPosition(0)
                : null;
        }

        return current.Type != ObjectType.Appendable ? throw new OssException(OssErrors.ObjectNotAppendable)
            : current.Attributes.SealedTime is not null ? throw new OssException(OssErrors.AppendSealedObjectNotAllowed)
            : current.Size != position ? throw WrongPosition(current.Size)
            : current;
    }

    async ValueTask<ObjectRecord> CreateAsync(
        IMetadataTransaction tx, BucketRecord bucket, ObjectKey key, PutObjectRequest request, ReceivedBody received)
    {
        if (request.Attributes.IsEncrypted && !received.IsEncrypted && received.Length > 0)
        {
            // The object that the body was to go into, in the clear, is gone by now; asked again, it is encrypted.
            throw new OssException(OssErrors.ServiceUnavailable);
        }

        var manifest = await received.RecordAsync(tx, engine);
        var candidate = new ObjectRecord
        {
            BucketId = bucket.Id,
            Key = key,
            Sequence = 0,
            IsCurrent = true,
            Type = ObjectType.Appendable,
            Size = received.Length,
            ETag = TagOf(received.Crc64, received.Length),
            Crc64 = received.Crc64,
            StorageClass = request.StorageClass ?? bucket.StorageClass,
            LastModified = engine.Now(),
            OwnerId = bucket.OwnerId,
            Acl = request.Acl,
            Attributes = request.Attributes,
            Manifest = manifest,
        };
        return await VersionRules.PlaceAsync(engine, tx, bucket, candidate, forbidOverwrite: false);
    }

    // Of the headers of a later append only the ACL acts, as the Go SDK's own tests know of the service; one that is not given stays.
    async ValueTask<ObjectRecord> GrowAsync(IMetadataTransaction tx, ObjectRecord current, Acl acl, ReceivedBody received)
    {
        if (current.Attributes.IsEncrypted && !received.IsEncrypted)
        {
            // Another object took the place of the one that was looked up, in the same length and encrypted. What came is not to join it.
            throw new OssException(OssErrors.ServiceUnavailable);
        }

        var size = current.Size + received.Length;
        if (size > OssLimits.MaxAppendObjectSize)
        {
            throw new OssException(OssErrors.EntityTooLarge);
        }

        var crc64 = Crc64.Combine(current.Crc64, received.Crc64, received.Length);
        var grown = current with
        {
            Size = size,
            Crc64 = crc64,
            ETag = TagOf(crc64, size),
            LastModified = engine.Now(),
            Acl = acl == Acl.Default ? current.Acl : acl,
            Manifest = await ExtendAsync(tx, current.Manifest, received),
        };
        await tx.Objects.PutAsync(grown);
        return grown;
    }

    // Many small appends would make a long manifest of tiny bodies: a small body joins a small one before it.
    async ValueTask<Manifest> ExtendAsync(IMetadataTransaction tx, Manifest manifest, ReceivedBody received)
    {
        var extents = manifest.Extents;
        if (received.Inline is not { Length: > 0 } added
            || extents is not [.., { Blob.IsInline: true, Offset: 0 } last]
            || last.Length != last.BlobLength
            || last.Length + added.Length > engine.Options.InlineThreshold)
        {
            return Manifest.Concat([manifest, await received.RecordAsync(tx, engine)]);
        }

        byte[] joined = [.. await engine.ReadInlineAsync(tx, last.Blob), .. added];
        var id = engine.Ids.NewBlobId(inline: true, received.IsEncrypted);
        await tx.Blobs.AddAsync(new(id, joined.Length, Crc64.Compute(joined), MD5.HashData(joined)), engine.Keys.SealInline(id, joined));

        // Through the garbage list even when it is the only extent: a reader of a longer manifest may hold the old one.
        await tx.Garbage.AddAsync(GarbageKind.Released, new([last]));
        engine.Garbage.Raise();
        return Manifest.Concat([new(extents[..^1]), Manifest.Of(id, joined.Length)]);
    }

    // Opaque, 32 hex digits ending in zeros, as the service's are; changes with every byte appended.
    static ETag TagOf(ulong crc64, long length)
    {
        Span<byte> tag = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(tag, crc64);
        BinaryPrimitives.WriteUInt32BigEndian(tag[8..], (uint)length);
        return ETag.OfMd5(tag);
    }

    static OssException WrongPosition(long length) => new(OssErrors.PositionNotEqualToLength)
    {
        Headers = [new("x-oss-next-append-position", length.ToString(CultureInfo.InvariantCulture))],
    };
}
