using System.Text;
using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using static Moss.Storage.Objects.ObjectLookup;

namespace Moss.Storage.Listing;

/// <summary>Listings of objects, versions and uploads: one snapshot a page, at the cost of what it returns.</summary>
public sealed class ListOperations(StorageEngine engine)
{
    /// <summary>ListObjects and ListObjectsV2: the current objects of a bucket.</summary>
    public ValueTask<ListPage<ObjectSummary>> ObjectsAsync(BucketName bucketName, ListRequest request, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                var scan = new PrefixScan<ObjectSummary>(
                    (from, to, limit) => tx.Objects.ScanAsync(bucket.Id, from.Key, to, limit),
                    item => item.Key.Value,
                    item => new([.. item.Key.ToUtf8(), 0]));
                return await scan.ReadAsync(request, PrefixScan<ObjectSummary>.Behind(request, within: null));
            },
            ct);

    /// <summary>ListObjectVersions: every version and delete marker, newest first within a key.</summary>
    public ValueTask<ListPage<ListedVersion>> VersionsAsync(BucketName bucketName, ListRequest request, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                var scan = new PrefixScan<ListedVersion>(
                    (from, to, limit) => ScanVersionsAsync(tx, bucket, from, to, limit),
                    item => item.Summary.Key.Value,
                    item => new(item.Summary.Key.ToUtf8(), Sequence: item.Summary.Sequence - 1));
                return await scan.ReadAsync(
                    request, PrefixScan<ListedVersion>.Behind(request, await VersionMarkerAsync(tx, bucket, request)));
            },
            ct);

    /// <summary>ListMultipartUploads: by key and then by upload id.</summary>
    public ValueTask<ListPage<UploadRecord>> UploadsAsync(BucketName bucketName, ListRequest request, CancellationToken ct) =>
        engine.Metadata.ReadAsync(
            async tx =>
            {
                var bucket = await BucketAsync(engine, tx, bucketName);
                var scan = new PrefixScan<UploadRecord>(
                    (from, to, limit) => tx.Uploads.ScanAsync(bucket.Id, from.Key, from.UploadId, to, limit),
                    item => item.Key.Value,
                    item => new(item.Key.ToUtf8(), item.Id.Value + "\0"));
                ScanPosition? within = request.UploadIdMarker.Length == 0
                    ? null
                    : new(Encoding.UTF8.GetBytes(request.KeyMarker), request.UploadIdMarker + "\0");
                return await scan.ReadAsync(request, PrefixScan<UploadRecord>.Behind(request, within));
            },
            ct);

    static async ValueTask<IReadOnlyList<ListedVersion>> ScanVersionsAsync(
        IMetadataTransaction tx, BucketRecord bucket, ScanPosition from, byte[]? to, int limit)
    {
        var found = await tx.Objects.ScanVersionsAsync(bucket.Id, from.Key, from.Sequence, to, limit);
        var result = new List<ListedVersion>(found.Count);

        // The first of a key is its newest, unless the scan began in the middle of that key.
        var previous = from.Sequence == long.MaxValue ? default : ObjectKey.FromStored(from.Key);
        foreach (var summary in found)
        {
            result.Add(new(summary, IsLatest: summary.Key != previous));
            previous = summary.Key;
        }

        return result;
    }

    static async ValueTask<ScanPosition?> VersionMarkerAsync(
        IMetadataTransaction tx, BucketRecord bucket, ListRequest request)
    {
        if (request.VersionIdMarker is not { } version || request.KeyMarker.Length == 0)
        {
            return null;
        }

        // A marker that is not there (any more) skips the whole key, as one without a version does.
        var key = ObjectKey.FromStored(Encoding.UTF8.GetBytes(request.KeyMarker));
        return await tx.Objects.FindVersionAsync(bucket.Id, key, version) is { } marker
            ? new(key.ToUtf8(), Sequence: marker.Sequence - 1)
            : null;
    }
}
