using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.AccessControl.Accounts;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Buckets;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// PutBucket. Idempotent for its owner; an x-oss-acl that a bucket does not have yet is PutBucketAcl, and needs that right as well. Another storage class, redundancy or location is 409. Any location is taken and
/// recorded, for a server has only one. No quota.
/// </summary>
static class PutBucket
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var acl = BucketAcl.Read(context);
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var configuration = document.IsEmpty
            ? new CreateBucketConfiguration(null, null, null)
            : XmlDocuments.Parse<CreateBucketConfiguration>(document);
        var request = new PutBucketRequest
        {
            OwnerId = context.Caller.AccountId,
            Acl = acl,
            StorageClass = StorageClassOf(configuration.StorageClass) ?? ObjectHeaders.StorageClassOf(context),
            DataRedundancyType = RedundancyOf(configuration.DataRedundancyType),
            Region = RegionOf(configuration.LocationConstraint),
            ResourceGroupId = context.GivenHeader("x-oss-resource-group-id"),
            Guard = AccessStore.GuardOf(context.Caller.AccountId),
        };
        var bucket = await context.Storage.Buckets.PutAsync(context.Bucket, request, ct);
        if (acl is not null && acl != bucket.Acl)
        {
            await context.Services.Authorizer.AuthorizeBucketAsync(context, "oss:PutBucketAcl", ct);
            await context.Storage.Buckets.UpdateAsync(
                context.Bucket, now => now.Id == bucket.Id ? now with { Acl = acl.Value } : throw OssErrors.BucketMissing(context.Bucket.Value), ct);
        }

        context.SetHeader("Location", "/" + context.Bucket.Value);
        await context.Empty();
    }

    static StorageClass? StorageClassOf(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : WireWords.TryParseStorageClass(text, out var storageClass) ? storageClass
        : throw OssErrors.Argument("StorageClass", text, "No such bucket storage class exists.");

    static string? RedundancyOf(string? text) => text switch
    {
        null or "" => null,
        "LRS" or "ZRS" => text,
        _ => throw OssErrors.Argument("DataRedundancyType", text, "No such data redundancy type exists."),
    };

    static string? RegionOf(string? location)
    {
        const string prefix = "oss-";
        if (string.IsNullOrEmpty(location))
        {
            return null;
        }

        var region = location.StartsWith(prefix, StringComparison.Ordinal) ? location[prefix.Length..] : "";
        return region.Length is > 0 and <= 64 && region.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? region
            : throw new OssException(OssErrors.InvalidLocationConstraint);
    }
}
