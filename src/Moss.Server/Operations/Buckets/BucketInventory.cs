using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Inventories;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get-, List- and DeleteBucketInventory (https://help.aliyun.com/zh/oss/developer-reference/putbucketinventory). An id that is there is not replaced: delete
/// it first; putting the very same again is no change. The destination belongs to the account of the bucket.
/// </summary>
static class BucketInventory
{
    /// <summary>The API's limits.</summary>
    const int MaxInventories = 1000, PageSize = 100, MaxIdLength = 64;

    /// <summary>How a destination names its bucket.</summary>
    public const string BucketLead = "acs:oss:::";

    // The span of time stamps that the API takes.
    const long MinTimeStamp = 1_262_275_200, MaxTimeStamp = 253_402_271_999;

    /// <summary>The optional columns, in the order in which they stand in a list.</summary>
    public static readonly IReadOnlyList<string> Fields =
        ["Size", "StorageClass", "LastModifiedDate", "ETag", "IsMultipartUploaded", "EncryptionStatus", "ObjectAcl", "TaggingCount", "ObjectType", "Crc64"];

    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var body = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var inventory = body.IsEmpty ? throw OssErrors.Xml("there is no body.") : XmlDocuments.Parse<InventoryConfiguration>(body);
        Check(inventory, context.Query["inventoryId"] ?? "");
        await CheckDestinationAsync(context, inventory, ct);
        var wanted = XmlDocuments.ToUtf8(inventory);
        await context.Services.Buckets.Inventories.Store.ChangeAsync(
            context.Bucket,
            inventories => inventories.FirstOrDefault(other => other.Id == inventory.Id) is { } existing
                ? XmlDocuments.ToUtf8(existing).AsSpan().SequenceEqual(wanted) ? inventories : throw new OssException(OssErrors.InventoryAlreadyExist)
                : inventories.Count >= MaxInventories ? throw new OssException(OssErrors.InventoryExceedLimit)
                : inventories.Append(inventory),
            ct);
        await context.Empty();
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var inventories = await context.Services.Buckets.Inventories.Store.ReadAsync(context.Bucket, ct);
        var id = context.Query["inventoryId"];
        await context.XmlAsync(inventories.FirstOrDefault(inventory => inventory.Id == id) ?? throw new OssException(OssErrors.NoSuchInventory), ct);
    }

    public static async Task ListAsync(OssContext context, CancellationToken ct)
    {
        var inventories = await context.Services.Buckets.Inventories.Store.ReadAsync(context.Bucket, ct);
        var after = context.Query.Given("continuation-token");
        var rest = inventories.Where(inventory => string.CompareOrdinal(inventory.Id, after) > 0).ToList();
        var page = rest.Take(PageSize).ToList();
        var isTruncated = rest.Count > page.Count;
        await context.XmlAsync(new ListInventoryConfigurationsResult(page, isTruncated, isTruncated ? page[^1].Id : null), ct);
    }

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        var id = context.Query["inventoryId"];
        await context.Services.Buckets.Inventories.Store.ChangeAsync(context.Bucket, inventories => inventories.Where(inventory => inventory.Id != id), ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    static void Check(InventoryConfiguration inventory, string id)
    {
        Require(
            id.Length is > 0 and <= MaxIdLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'),
            "inventoryId",
            id,
            $"must be 1 to {MaxIdLength} letters, digits, - and _");
        Require(inventory.Id == id, "Id", inventory.Id, "must be the inventoryId of the request");
        Require(inventory.Destination.Format == "CSV", "Format", inventory.Destination.Format, "must be CSV");
        Require(inventory.Frequency is "Daily" or "Weekly", "Frequency", inventory.Frequency, "must be Daily or Weekly");
        Require(
            inventory.IncludedObjectVersions is "All" or "Current", "IncludedObjectVersions", inventory.IncludedObjectVersions, "must be All or Current");
        var unknown = inventory.OptionalFields.FirstOrDefault(field => !Fields.Contains(field));
        Require(unknown is null, "Field", unknown, $"must be one of {string.Join(", ", Fields)}");
        Require(inventory.OptionalFields.Distinct().Count() == inventory.OptionalFields.Count, "Field", string.Join(',', inventory.OptionalFields), "must not occur twice");
        Check(inventory.Filter);
    }

    static void Check(InventoryFilter filter)
    {
        Require(IsTime(filter.LastModifyBeginTimeStamp), "LastModifyBeginTimeStamp", filter.LastModifyBeginTimeStamp, "is out of range");
        Require(IsTime(filter.LastModifyEndTimeStamp), "LastModifyEndTimeStamp", filter.LastModifyEndTimeStamp, "is out of range");
        Require(
            !(filter.LastModifyBeginTimeStamp > filter.LastModifyEndTimeStamp), "LastModifyEndTimeStamp", filter.LastModifyEndTimeStamp, "must not come before the begin");
        Require(filter.LowerSizeBound is null or >= 0, "LowerSizeBound", filter.LowerSizeBound, "must not be negative");
        Require(filter.UpperSizeBound is null or >= 0, "UpperSizeBound", filter.UpperSizeBound, "must not be negative");
        Require(!(filter.LowerSizeBound > filter.UpperSizeBound), "UpperSizeBound", filter.UpperSizeBound, "must not be less than the LowerSizeBound");
        Require(
            filter.StorageClass is null || filter.StorageClass.Split(',').All(word => word == "All" || WireWords.TryParseStorageClass(word, out _)),
            "StorageClass",
            filter.StorageClass,
            "must be storage classes or All");
    }

    static bool IsTime(long? stamp) => stamp is null or (>= MinTimeStamp and <= MaxTimeStamp);

    static async ValueTask CheckDestinationAsync(OssContext context, InventoryConfiguration inventory, CancellationToken ct)
    {
        var destination = inventory.Destination;
        Require(destination.Bucket.StartsWith(BucketLead, StringComparison.Ordinal), "Bucket", destination.Bucket, $"must be {BucketLead} and a bucket's name");
        Require(destination.Prefix is null || !destination.Prefix.StartsWith('/'), "Prefix", destination.Prefix, "must not begin with a slash");
        if (destination.Encryption == "SSE-KMS")
        {
            throw new OssException(OssErrors.KmsServiceNotEnabled);
        }

        var source = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        var target = BucketName.Parse(destination.Bucket[BucketLead.Length..]);
        var owner = (await context.Storage.Buckets.FindAsync(target, ct)).OwnerId;
        Require(owner == source.OwnerId, "Bucket", destination.Bucket, "must belong to the account of the bucket");
        Require(destination.AccountId is null or "" || destination.AccountId == owner, "AccountId", destination.AccountId, "must be the account of the destination");
        var sample = InventoryWriter.NewListKey(context.Bucket, inventory);
        await context.Services.Authorizer.AuthorizeObjectAsync(context, Access.Write, "oss:PutObject", target, sample, version: null, ct);
    }

    static void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds)
        {
            throw OssErrors.Argument(name, value?.ToString() ?? "", $"{name} {rule}.");
        }
    }
}
