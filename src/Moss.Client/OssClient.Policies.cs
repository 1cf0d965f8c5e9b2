using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Client;

/// <summary>Who may do what: bucket policies, and the blocks of public access.</summary>
public sealed partial class OssClient
{
    /// <summary>Whether there is a bucket of this name; one that belongs to another is refused with <c>AccessDenied</c>.</summary>
    public async Task<bool> BucketExistsAsync(string bucket, CancellationToken ct = default)
    {
        try
        {
            await CommandAsync(new() { Operation = "HeadBucket", Method = HttpMethod.Head, Bucket = bucket }, ct).ConfigureAwait(false);
            return true;
        }
        catch (OssException e) when (e.Code == "NoSuchBucket")
        {
            return false;
        }
    }

    /// <summary>Replaces the policy of a bucket. It acts on the next request.</summary>
    /// <param name="policy">JSON, kept byte for byte as it is here; one with an error is refused with <c>InvalidPolicyDocument</c>.</param>
    public Task PutBucketPolicyAsync(string bucket, string policy, CancellationToken ct = default) =>
        CommandAsync(
            new()
            {
                Operation = "PutBucketPolicy",
                Method = HttpMethod.Put,
                Bucket = bucket,
                Query = Query(("policy", "")),
                Headers = [new("Content-Type", "application/json")],
                Body = RequestBody.FromBytes(Encoding.UTF8.GetBytes(policy)),
            },
            ct);

    /// <summary>The policy of a bucket as it was put; <c>NoSuchBucketPolicy</c> when there is none.</summary>
    public Task<string> GetBucketPolicyAsync(string bucket, CancellationToken ct = default) =>
        _sender.SendAsync(BucketGet("GetBucketPolicy", bucket, "policy"), static response => Encoding.UTF8.GetString(response.Body.Span), ct);

    /// <summary>Removes the policy of a bucket; that there is none is no error.</summary>
    public Task DeleteBucketPolicyAsync(string bucket, CancellationToken ct = default) =>
        CommandAsync(BucketDelete("DeleteBucketPolicy", bucket, "policy"), ct);

    /// <summary>Whether the policy of a bucket lets everybody in; <c>NoSuchBucketPolicy</c> when there is none.</summary>
    public async Task<bool> GetBucketPolicyStatusAsync(string bucket, CancellationToken ct = default) =>
        (await DocumentAsync<PolicyStatus>(BucketGet("GetBucketPolicyStatus", bucket, "policyStatus"), ct).ConfigureAwait(false)).IsPublic;

    /// <summary>Blocks public ACLs and policies in every bucket of the account, or no longer.</summary>
    public Task PutPublicAccessBlockAsync(PublicAccessBlockConfiguration block, CancellationToken ct = default) =>
        CommandAsync(WithDocument(PublicAccessBlock("PutPublicAccessBlock", HttpMethod.Put), block), ct);

    /// <summary>The block of the account.</summary>
    public Task<PublicAccessBlockConfiguration> GetPublicAccessBlockAsync(CancellationToken ct = default) =>
        DocumentAsync<PublicAccessBlockConfiguration>(PublicAccessBlock("GetPublicAccessBlock", HttpMethod.Get), ct);

    /// <summary>Removes the block of the account.</summary>
    public Task DeletePublicAccessBlockAsync(CancellationToken ct = default) =>
        CommandAsync(PublicAccessBlock("DeletePublicAccessBlock", HttpMethod.Delete), ct);

    static OssRequest PublicAccessBlock(string operation, HttpMethod method) =>
        new() { Operation = operation, Method = method, Query = Query(("publicAccessBlock", "")) };
}
