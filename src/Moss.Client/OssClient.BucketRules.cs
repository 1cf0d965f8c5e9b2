using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>The configuration documents of a bucket. Putting one replaces it whole; deleting one that is not there succeeds.</summary>
public sealed partial class OssClient
{
    public Task PutBucketCorsAsync(string bucket, CorsConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketCors", bucket, "cors", rules), ct);

    /// <summary>The rules; <c>NoSuchCORSConfiguration</c> when there are none.</summary>
    public Task<CorsConfiguration> GetBucketCorsAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<CorsConfiguration>(BucketGet("GetBucketCors", bucket, "cors"), ct);

    public Task DeleteBucketCorsAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketCors", bucket, "cors"), ct);

    /// <summary>Putting rules with empty lists takes them back; there is no Delete.</summary>
    public Task PutBucketRefererAsync(string bucket, RefererConfiguration rules, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketReferer", bucket, "referer", rules), ct);

    public Task<RefererConfiguration> GetBucketRefererAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<RefererConfiguration>(BucketGet("GetBucketReferer", bucket, "referer"), ct);

    public Task PutBucketWebsiteAsync(string bucket, WebsiteConfiguration website, CancellationToken ct = default) =>
        CommandAsync(BucketPut("PutBucketWebsite", bucket, "website", website), ct);

    /// <summary>The website; <c>NoSuchWebsiteConfiguration</c> when it is none.</summary>
    public Task<WebsiteConfiguration> GetBucketWebsiteAsync(string bucket, CancellationToken ct = default) =>
        DocumentAsync<WebsiteConfiguration>(BucketGet("GetBucketWebsite", bucket, "website"), ct);

    public Task DeleteBucketWebsiteAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketWebsite", bucket, "website"), ct);
}
