using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl;
using Moss.Server.AccessControl.Policies;
using Moss.Server.BucketRules;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketPolicy, and GetBucketPolicyStatus. The policy is JSON, is checked whole before it is stored, and is handed out byte for byte as it
/// came. It acts on the next request.
/// </summary>
static class BucketPolicy
{
    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var json = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        var policy = PolicyParser.ParseForBucket(json, Arn.OfBucket(context.Services.Access.Region, bucket.OwnerId, bucket.Name.Value));
        if (policy.IsPublic && await PublicAccess.IsBlockedAsync(context, ct))
        {
            throw new OssException(OssErrors.AccessDenied, "Put public bucket policy is not allowed.", "0003-00000914");
        }

        await context.Storage.Buckets.PutConfigurationAsync(context.Bucket, BucketFactsReader.PolicyName, json.ToArray(), ct);
        await context.Empty();
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var json = await FindAsync(context, ct);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, ct);
    }

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.PutConfigurationAsync(context.Bucket, BucketFactsReader.PolicyName, document: null, ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    public static async Task GetStatusAsync(OssContext context, CancellationToken ct)
    {
        var isPublic = PolicyParser.Parse(await FindAsync(context, ct), PolicyKind.Bucket).IsPublic;
        await context.XmlAsync(new PolicyStatus(isPublic), ct);
    }

    static async ValueTask<byte[]> FindAsync(OssContext context, CancellationToken ct) =>
        await context.Storage.Buckets.FindConfigurationAsync(context.Bucket, BucketFactsReader.PolicyName, ct)
        ?? throw new OssException(OssErrors.NoSuchBucketPolicy, details: [new("BucketName", context.Bucket.Value)]);
}
