using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Multipart;

/// <summary>
/// CompleteMultipartUpload, inside one transaction: check the list against the stored parts, make the object, remove the upload, put what is
/// left over on the garbage list, and remember the answer. A repeated request with the same list gets the same answer for a day (the real
/// service answers NoSuchUpload: docs/decisions/0007-complete-may-be-repeated.md).
/// </summary>
sealed class Completion(StorageEngine engine)
{
    public async ValueTask<CompleteOutcome> CompleteAsync(
        IMetadataTransaction tx, BucketName bucketName, ObjectKey key, UploadId id, CompleteRequest request)
    {
        var bucket = await BucketAsync(tx, bucketName);
        var hash = HashOf(request.Parts);
        var isVersioned = bucket.Versioning != VersioningStatus.Unversioned;
        if (await tx.Uploads.FindAsync(id) is not { } upload || upload.BucketId != bucket.Id || upload.Key != key)
        {
            return await tx.Uploads.FindCompletionAsync(id) is { } done && done.BucketId == bucket.Id && done.Key == key
                && done.PartListHash.AsSpan().SequenceEqual(hash)
                ? new(done.ETag, done.Crc64, done.VersionId, isVersioned, ServerSide: null)
                : throw OssErrors.UploadMissing(id.Value);
        }

        var stored = await tx.Parts.ListAsync(upload, after: 0, OssLimits.MaxPartNumber);
        var parts = request.Parts is null ? stored : Select(id, request.Parts, stored);
        CheckSizes(id, parts);

        var candidate = Compose(bucket, upload, parts, request.Acl ?? upload.Acl);
        var placed = await VersionRules.PlaceAsync(engine, tx, bucket, candidate, request.ForbidOverwrite);
        await tx.Uploads.DeleteAsync(upload);
        await ReleaseUnlistedAsync(tx, stored, parts);
        await tx.Uploads.PutCompletionAsync(new()
        {
            Id = id,
            BucketId = bucket.Id,
            Key = key,
            PartListHash = hash,
            ETag = placed.ETag,
            Crc64 = placed.Crc64,
            VersionId = placed.VersionId,
            Completed = engine.Now(),
        });
        return new(placed.ETag, placed.Crc64, placed.VersionId, isVersioned, placed.Attributes);
    }

    // The stored part for each line of the list, in order; the first line that does not fit is named in the refusal.
    static List<PartRecord> Select(UploadId id, IReadOnlyList<CompletePart> list, IReadOnlyList<PartRecord> stored)
    {
        var parts = new List<PartRecord>(list.Count);
        var previous = 0;
        foreach (var line in list)
        {
            var number = PartNumber.Of(line.Number);
            if (line.Number <= previous)
            {
                throw new OssException(OssErrors.InvalidPartOrder, details: [new("UploadId", id.Value)]);
            }

            previous = line.Number;
        }

        var next = 0;
        foreach (var line in list)
        {
            while (next < stored.Count && stored[next].Number.Value < line.Number)
            {
                next++;
            }

            if (next == stored.Count || stored[next].Number.Value != line.Number || !stored[next].ETag.Matches(line.ETag))
            {
                throw new OssException(OssErrors.InvalidPart, details:
                [
                    new("ETag", new ETag(line.ETag).Quoted),
                    new("PartNumber", line.Number.ToString(CultureInfo.InvariantCulture)),
                    new("UploadId", id.Value),
                ]);
            }

            parts.Add(stored[next]);
        }

        return parts;
    }

    static void CheckSizes(UploadId id, IReadOnlyList<PartRecord> parts)
    {
        for (var i = 0; i < parts.Count - 1; i++)
        {
            if (parts[i].Size < OssLimits.MinPartSize)
            {
                throw new OssException(OssErrors.EntityTooSmall, ec: "0042-00000213", details:
                [
                    new("ETag", parts[i].ETag.Quoted),
                    new("MinSizeAllowed", OssLimits.MinPartSize.ToString(CultureInfo.InvariantCulture)),
                    new("ProposedSize", parts[i].Size.ToString(CultureInfo.InvariantCulture)),
                    new("PartNumber", parts[i].Number.ToString()),
                    new("UploadId", id.Value),
                ]);
            }
        }
    }

    ObjectRecord Compose(BucketRecord bucket, UploadRecord upload, IReadOnlyList<PartRecord> parts, Acl acl)
    {
        var manifest = Manifest.Concat(parts.Select(part => part.Manifest));
        var crc64 = parts.Aggregate(0UL, (crc, part) => Crc64.Combine(crc, part.Crc64, part.Size));
        return new()
        {
            BucketId = bucket.Id,
            Key = upload.Key,
            Sequence = 0,
            IsCurrent = true,
            Type = ObjectType.Multipart,
            Size = manifest.Length,
            ETag = TagOf(parts),
            Crc64 = crc64,
            Md5 = SequentialRule.Md5Of(upload, parts, engine.Keys),
            StorageClass = upload.StorageClass,
            LastModified = engine.Now(),
            OwnerId = upload.OwnerId,
            Acl = acl,
            Attributes = upload.Attributes,
            Manifest = manifest,
        };
    }

    async ValueTask ReleaseUnlistedAsync(
        IMetadataTransaction tx, IReadOnlyList<PartRecord> stored, IReadOnlyList<PartRecord> listed)
    {
        if (stored.Count != listed.Count)
        {
            var numbers = listed.Select(part => part.Number).ToHashSet();
            var unlisted = stored.Where(part => !numbers.Contains(part.Number)).Select(part => part.Manifest);
            await VersionRules.ReleaseAsync(engine, tx, Manifest.Concat(unlisted));
        }
    }

    // MD5 over the parts' upper-case hex ETags, then the number of parts. Not the rule of S3, which hashes the raw digests.
    static ETag TagOf(IReadOnlyList<PartRecord> parts)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in parts)
        {
            md5.AppendData(Encoding.ASCII.GetBytes(part.ETag.Value));
        }

        return new($"{Convert.ToHexString(md5.GetHashAndReset())}-{parts.Count.ToString(CultureInfo.InvariantCulture)}");
    }

    // A request by list and one for all parts are different requests, even when they mean the same parts.
    static byte[] HashOf(IReadOnlyList<CompletePart>? parts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(parts is null ? "all"u8 : "list"u8);
        foreach (var part in parts ?? [])
        {
            var etag = new ETag(part.ETag).Value.ToUpperInvariant();
            sha.AppendData(Encoding.UTF8.GetBytes($"\n{part.Number.ToString(CultureInfo.InvariantCulture)}:{etag}"));
        }

        return sha.GetHashAndReset();
    }
}
