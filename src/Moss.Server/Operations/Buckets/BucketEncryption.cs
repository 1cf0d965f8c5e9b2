using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketEncryption: how objects are encrypted whose writers say nothing of it. Objects that are there already stay as they are.
/// </summary>
static class BucketEncryption
{
    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var body = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var rule = body.IsEmpty ? throw OssErrors.Xml("there is no body.") : XmlDocuments.Parse<ServerSideEncryptionRule>(body);
        if (rule.Algorithm.Length == 0)
        {
            throw OssErrors.Xml("SSEAlgorithm is missing.");
        }

        if (rule.KmsMasterKeyId.Length > 0 && rule.Algorithm != EncryptionHeaders.Kms)
        {
            throw OssErrors.Argument(
                "KMSMasterKeyID", rule.KmsMasterKeyId, "KMSMasterKeyID is not applicable if the default sse algorithm is not KMS.");
        }

        if (rule.KmsDataEncryption.Length > 0 && (rule.KmsDataEncryption != EncryptionHeaders.Sm4 || rule.Algorithm != EncryptionHeaders.Kms))
        {
            throw new OssException(OssErrors.InvalidDataEncryptionAlgorithmError);
        }

        EncryptionHeaders.RequireServed(rule.Algorithm);
        await context.Storage.Buckets.UpdateAsync(context.Bucket, bucket => bucket with { ServerSideEncryption = rule.Algorithm }, ct);
        await context.Empty();
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        await context.XmlAsync(
            bucket.ServerSideEncryption.Length > 0
                ? new ServerSideEncryptionRule { Algorithm = bucket.ServerSideEncryption }
                : throw new OssException(OssErrors.NoSuchServerSideEncryptionRule, details: [new("BucketName", context.Bucket.Value)]),
            ct);
    }

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.UpdateAsync(context.Bucket, static bucket => bucket with { ServerSideEncryption = "" }, ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }
}
