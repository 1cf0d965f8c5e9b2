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
}
