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

/// <summary>What a part copy takes from its source: extents, and the checksums of just these bytes.</summary>
sealed record PartSlice(
    UploadRecord Upload, ObjectRecord Source, bool SourceIsVersioned, bool RangeWasUsed, Manifest Manifest, ulong Crc64, ETag ETag);

/// <summary>
/// Works out a part copy before its transaction. Reads no data beyond the two edge blocks of the range: a whole object brings its own checksums, a
/// whole blob its row's, and a range within a blob its blocks'.
/// </summary>
sealed class PartSource(StorageEngine engine)
{
    /// <exception cref="SourceGoneException">The source was replaced while it was looked at.</exception>
    public async ValueTask<PartSlice> ReadAsync(
        BucketName bucketName, ObjectKey key, UploadId id, CopyPartRequest request, CancellationToken ct)
    {
        using var ticket = engine.Reads.Enter();
        var (upload, bucket, source) = await engine.Metadata.ReadAsync(
            async tx =>
            {
                var upload = await MultipartOperations.FindAsync(tx, bucketName, key, id, "0042-00000311");
                var sourceBucket = await BucketAsync(tx, request.Source.Bucket);
                var found = await CopySourceAsync(tx, sourceBucket, request.Source);
                var view = await FollowAsync(tx, sourceBucket, found);
                request.Source.Conditions.Check(view.Record.ETag, view.Record.LastModified);
                await RequireReadableAsync(tx, sourceBucket, view.Record, engine.Time.GetUtcNow());
                return (upload, sourceBucket, view.Record);
            },
            ct);

        // A range that reaches past the end is no range: neither clamped nor refused (UploadPartCopy).
        var ranged = request is { First: { } first, Last: { } last } && first <= last && last < source.Size;
        var offset = ranged ? request.First!.Value : 0;
        var length = ranged ? request.Last!.Value - offset + 1 : source.Size;
        if (length > OssLimits.MaxPartSize)
        {
            throw new OssException(OssErrors.EntityTooLarge, "Source object Length exceeds the maximum allowed size.");
        }

        var manifest = source.Manifest.Slice(offset, length);
        var (crc64, md5) = length == source.Size
            ? (source.Crc64, source.Md5)
            : await ChecksumsAsync(manifest, ct);
        var etag = md5 is not null ? ETag.OfMd5(md5) : OpaqueTag(source, offset, length, crc64);
        return new(upload, source, bucket.Versioning != VersioningStatus.Unversioned, ranged, manifest, crc64, etag);
    }

    async ValueTask<(ulong Crc64, byte[]? Md5)> ChecksumsAsync(Manifest manifest, CancellationToken ct)
    {
        ulong crc64 = 0;
        byte[]? md5 = null;
        foreach (var extent in manifest.Extents)
        {
            var blob = await engine.Metadata.ReadAsync(tx => tx.Blobs.FindAsync(extent.Blob), ct) ?? throw new SourceGoneException();
            var whole = extent.Length == blob.Length;
            var part = whole ? blob.Crc64 : await RangeAsync(extent, ct);
            crc64 = Crc64.Combine(crc64, part, extent.Length);
            md5 = whole && manifest.Extents.Length == 1 ? blob.Md5 : null;
        }

        return (crc64, md5);
    }

    async ValueTask<ulong> RangeAsync(Extent extent, CancellationToken ct)
    {
        if (extent.Blob.IsInline)
        {
            var bytes = await engine.Metadata.ReadAsync(tx => engine.FindInlineAsync(tx, extent.Blob), ct)
                ?? throw new SourceGoneException();
            return Crc64.Compute(bytes.AsSpan((int)extent.Offset, (int)extent.Length));
        }

        // Inside the read gate the blob's file outlives its row, so a missing one is damage.
        await using var reader = await engine.Blobs.OpenAsync(extent.Blob, extent.BlobLength, ct);
        return await reader.Crc64Async(extent.Offset, extent.Length, ct);
    }

    // Stable, 32 hex digits, and no MD5 of anything a client could compute.
    static ETag OpaqueTag(ObjectRecord source, long offset, long length, ulong crc64) =>
        ETag.OfMd5(MD5.HashData(Encoding.UTF8.GetBytes($"{source.ETag}:{offset}:{length}:{Crc64.Format(crc64)}")));
}
