using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>The retention of buckets (WORM), and reading objects of the archive classes.</summary>
public sealed partial class OssClient
{
    /// <summary>Protects what a bucket holds for so many days each; lapses unless <see cref="CompleteBucketWormAsync"/> locks it within a day.</summary>
    /// <returns>The id that locks and extends it.</returns>
    public Task<string> InitiateBucketWormAsync(string bucket, int days, CancellationToken ct = default) => _sender.SendAsync(
        WithDocument(BucketPost("InitiateBucketWorm", bucket, ("worm", "")), new InitiateWormConfiguration(days)),
        static response => response.Headers.Get("x-oss-worm-id") ?? "",
        ct);

    /// <summary>Locks a retention: it can only get longer from then on.</summary>
    public Task CompleteBucketWormAsync(string bucket, string wormId, CancellationToken ct = default) =>
        CommandAsync(BucketPost("CompleteBucketWorm", bucket, ("wormId", wormId)), ct);

    /// <summary>Makes a locked retention longer.</summary>
    public Task ExtendBucketWormAsync(string bucket, string wormId, int days, CancellationToken ct = default) => CommandAsync(
        WithDocument(BucketPost("ExtendBucketWorm", bucket, ("wormId", wormId), ("wormExtend", "")), new ExtendWormConfiguration(days)), ct);

    /// <summary>The retention; <c>NoSuchWORMConfiguration</c> when there is none.</summary>
    public Task<WormConfiguration> GetBucketWormAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<WormConfiguration>(BucketGet("GetBucketWorm", bucket, "worm"), ct);

    /// <summary>Takes a retention back that is not locked.</summary>
    public Task AbortBucketWormAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("AbortBucketWorm", bucket, "worm"), ct);

    /// <summary>Makes an object of an archive class readable for so many days.</summary>
    /// <param name="tier"><c>Expedited</c>, <c>Standard</c> or <c>Bulk</c>: how soon, for the cold classes; null leaves it to the service.</param>
    public Task RestoreObjectAsync(
        string bucket, string key, int days = 1, string? versionId = null, string? tier = null, CancellationToken ct = default) => CommandAsync(
        WithDocument(ObjectCall("RestoreObject", HttpMethod.Post, bucket, key, "restore", versionId), new RestoreRequest(days, tier)), ct);

    /// <summary>Ends the days of a restored object.</summary>
    public Task CleanRestoredObjectAsync(string bucket, string key, string? versionId = null, CancellationToken ct = default) =>
        CommandAsync(ObjectCall("CleanRestoredObject", HttpMethod.Post, bucket, key, "cleanRestoredObject", versionId), ct);

    static OssRequest BucketPost(string operation, string bucket, params ReadOnlySpan<(string Name, string? Value)> query) =>
        new() { Operation = operation, Method = HttpMethod.Post, Bucket = bucket, Query = Query(query) };
}
