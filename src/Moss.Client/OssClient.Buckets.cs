using System.Globalization;
using System.Runtime.CompilerServices;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using RegionInfo = Moss.Protocol.Xml.RegionInfo;

namespace Moss.Client;

/// <summary>What ListObjects is asked for.</summary>
public sealed record ListObjectsOptions
{
    public string? Prefix { get; init; }

    /// <summary>Keys that hold this text after the prefix are rolled up to one common prefix.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Only keys after this one, in the order of their UTF-8 bytes.</summary>
    public string? StartAfter { get; init; }

    /// <summary>Entries a page, 1 to 1,000.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Whether each object says who owns it.</summary>
    public bool FetchOwner { get; init; }
}

public sealed partial class OssClient
{
    /// <summary>All buckets of the account whose names begin with the prefix, by name, fetched page by page.</summary>
    public async IAsyncEnumerable<DescribedBucket> ListBucketsAsync(
        string? prefix = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        string? marker = null;
        do
        {
            var page = await DocumentAsync<ListBucketsResult>(
                new()
                {
                    Operation = "ListBuckets",
                    Method = HttpMethod.Get,
                    Query = Query(("prefix", Some(prefix)), ("marker", marker), ("max-keys", "1000")),
                },
                ct).ConfigureAwait(false);
            foreach (var bucket in page.Buckets)
            {
                yield return bucket;
            }

            marker = page.IsTruncated == true ? Some(page.NextMarker) : null;
        }
        while (marker is not null);
    }

    /// <summary>The regions of the service.</summary>
    public async Task<IReadOnlyList<RegionInfo>> DescribeRegionsAsync(string? region = null, CancellationToken ct = default) =>
        (await DocumentAsync<RegionInfoList>(
            new() { Operation = "DescribeRegions", Method = HttpMethod.Get, Query = Query(("regions", region ?? "")) }, ct)
            .ConfigureAwait(false)).Regions;

    /// <summary>Makes a bucket; one that is already mine with the same settings is no error.</summary>
    public Task PutBucketAsync(string bucket, Acl? acl = null, StorageClass? storageClass = null, CancellationToken ct = default)
    {
        var request = new OssRequest
        {
            Operation = "PutBucket",
            Method = HttpMethod.Put,
            Bucket = bucket,
            Headers = acl is { } word ? [new("x-oss-acl", word.ToWire())] : [],
        };
        return CommandAsync(
            storageClass is { } kind ? WithDocument(request, new CreateBucketConfiguration(kind.ToWire(), null, null)) : request, ct);
    }

    /// <summary>Removes an empty bucket; one with objects or open uploads is refused with <c>BucketNotEmpty</c>.</summary>
    public Task DeleteBucketAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(new() { Operation = "DeleteBucket", Method = HttpMethod.Delete, Bucket = bucket }, ct);

    public Task<BucketInfo> GetBucketInfoAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<BucketInfo>(BucketGet("GetBucketInfo", bucket, "bucketInfo"), ct);

    /// <summary>The location, <c>oss-</c> and the region.</summary>
    public async Task<string> GetBucketLocationAsync(string bucket, CancellationToken ct = default) =>
        (await DocumentAsync<LocationConstraint>(BucketGet("GetBucketLocation", bucket, "location"), ct).ConfigureAwait(false)).Location;

    public Task<BucketStat> GetBucketStatAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<BucketStat>(BucketGet("GetBucketStat", bucket, "stat"), ct);

    public Task<AccessControlPolicy> GetBucketAclAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<AccessControlPolicy>(BucketGet("GetBucketAcl", bucket, "acl"), ct);

    public Task PutBucketAclAsync(string bucket, Acl acl, CancellationToken ct = default) =>
        CommandAsync(
            new()
            {
                Operation = "PutBucketAcl",
                Method = HttpMethod.Put,
                Bucket = bucket,
                Query = Query(("acl", "")),
                Headers = [new("x-oss-acl", acl.ToWire())],
            },
            ct);

    /// <summary><c>Enabled</c>, <c>Suspended</c>, or null for a bucket that never kept versions.</summary>
    public async Task<string?> GetBucketVersioningAsync(string bucket, CancellationToken ct = default) =>
        (await DocumentAsync<VersioningConfiguration>(BucketGet("GetBucketVersioning", bucket, "versioning"), ct).ConfigureAwait(false)).Status;

    /// <summary>Keeps versions from now on, or stops: there is no way back to a bucket that never kept any.</summary>
    public Task PutBucketVersioningAsync(string bucket, bool enabled, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketVersioning", bucket, "versioning", new VersioningConfiguration(enabled ? "Enabled" : "Suspended")), ct);

    public async Task<IReadOnlyList<KeyValuePair<string, string>>> GetBucketTagsAsync(string bucket, CancellationToken ct = default) =>
        (await DocumentAsync<Tagging>(BucketGet("GetBucketTags", bucket, "tagging"), ct).ConfigureAwait(false)).Tags;

    /// <summary>Replaces every tag of a bucket: at most 20.</summary>
    public Task PutBucketTagsAsync(string bucket, IReadOnlyList<KeyValuePair<string, string>> tags, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketTags", bucket, "tagging", new Tagging(tags)), ct);

    /// <summary>Removes every tag of a bucket.</summary>
    public Task DeleteBucketTagsAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketTags", bucket, "tagging"), ct);

    public Task<LifecycleConfiguration> GetBucketLifecycleAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<LifecycleConfiguration>(BucketGet("GetBucketLifecycle", bucket, "lifecycle"), ct);

    /// <summary>Replaces every lifecycle rule of a bucket.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="rules">At most 1,000; those without an id get one.</param>
    /// <param name="allowOverlap">Whether rules for overlapping prefixes may do the same thing at different times.</param>
    /// <param name="ct">Gives up.</param>
    public Task PutBucketLifecycleAsync(string bucket, IReadOnlyList<LifecycleRule> rules, bool allowOverlap = false, CancellationToken ct = default)
    {
        var request = BucketPut("PutBucketLifecycle", bucket, "lifecycle", new LifecycleConfiguration(rules));
        return CommandAsync(
            allowOverlap ? request with { Headers = [.. request.Headers, new("x-oss-allow-same-action-overlap", "true")] } : request, ct);
    }

    /// <summary>Removes every lifecycle rule of a bucket.</summary>
    public Task DeleteBucketLifecycleAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketLifecycle", bucket, "lifecycle"), ct);

    /// <summary>One page of ListObjects, the first version of the call.</summary>
    public Task<ListObjectsResult> ListObjectsV1PageAsync(
        string bucket, ListObjectsOptions? options = null, string? marker = null, CancellationToken ct = default)
    {
        options ??= new();
        return DocumentAsync<ListObjectsResult>(
            new()
            {
                Operation = "ListObjects",
                Method = HttpMethod.Get,
                Bucket = bucket,
                Query = Query(
                    ("prefix", Some(options.Prefix)),
                    ("delimiter", Some(options.Delimiter)),
                    ("marker", Some(marker ?? options.StartAfter)),
                    ("max-keys", Number(options.PageSize)),
                    ("encoding-type", "url")),
            },
            ct);
    }

    /// <summary>One page of ListObjectsV2.</summary>
    public Task<ListObjectsV2Result> ListObjectsPageAsync(
        string bucket, ListObjectsOptions? options = null, string? continuationToken = null, CancellationToken ct = default)
    {
        options ??= new();
        return DocumentAsync<ListObjectsV2Result>(
            new()
            {
                Operation = "ListObjectsV2",
                Method = HttpMethod.Get,
                Bucket = bucket,
                Query = Query(
                    ("list-type", "2"),
                    ("prefix", Some(options.Prefix)),
                    ("delimiter", Some(options.Delimiter)),
                    ("start-after", Some(options.StartAfter)),
                    ("continuation-token", continuationToken),
                    ("max-keys", Number(options.PageSize)),
                    ("fetch-owner", options.FetchOwner ? "true" : null),
                    ("encoding-type", "url")),
            },
            ct);
    }

    /// <summary>All pages of a listing, with objects and common prefixes.</summary>
    public async IAsyncEnumerable<ListObjectsV2Result> ListObjectsPagesAsync(
        string bucket, ListObjectsOptions? options = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        string? token = null;
        do
        {
            var page = await ListObjectsPageAsync(bucket, options, token, ct).ConfigureAwait(false);
            yield return page;
            token = page.IsTruncated ? Some(page.NextContinuationToken) : null;
        }
        while (token is not null);
    }

    /// <summary>All objects in the order of their keys' UTF-8 bytes, fetched page by page while they are enumerated.</summary>
    public async IAsyncEnumerable<ListedObject> ListObjectsAsync(
        string bucket, ListObjectsOptions? options = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var page in ListObjectsPagesAsync(bucket, options, ct).ConfigureAwait(false))
        {
            foreach (var listed in page.Contents)
            {
                yield return listed;
            }
        }
    }

    /// <summary>All versions and delete markers, the newest of each key first, fetched page by page.</summary>
    public async IAsyncEnumerable<ListVersionsResult> ListObjectVersionsPagesAsync(
        string bucket, ListObjectsOptions? options = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        options ??= new();
        string? key = Some(options.StartAfter), version = null;
        while (true)
        {
            var page = await DocumentAsync<ListVersionsResult>(
                new()
                {
                    Operation = "ListObjectVersions",
                    Method = HttpMethod.Get,
                    Bucket = bucket,
                    Query = Query(
                        ("versions", ""),
                        ("prefix", Some(options.Prefix)),
                        ("delimiter", Some(options.Delimiter)),
                        ("key-marker", key),
                        ("version-id-marker", version),
                        ("max-keys", Number(options.PageSize)),
                        ("encoding-type", "url")),
                },
                ct).ConfigureAwait(false);
            yield return page;
            if (!page.IsTruncated)
            {
                yield break;
            }

            (key, version) = (Some(page.NextKeyMarker), Some(page.NextVersionIdMarker));
        }
    }

    static OssRequest BucketGet(string operation, string bucket, string subResource) =>
        new() { Operation = operation, Method = HttpMethod.Get, Bucket = bucket, Query = Query((subResource, "")) };

    static OssRequest BucketPut<T>(string operation, string bucket, string subResource, T document)
        where T : IXmlDocument<T> =>
        WithDocument(new() { Operation = operation, Method = HttpMethod.Put, Bucket = bucket, Query = Query((subResource, "")) }, document);

    static OssRequest BucketDelete(string operation, string bucket, string subResource) =>
        new() { Operation = operation, Method = HttpMethod.Delete, Bucket = bucket, Query = Query((subResource, "")) };

    static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
