using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;
using Moss.Storage;
using Moss.Storage.Buckets;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Initiate-, Complete-, Extend-, Get- and AbortBucketWorm. A retention protects from the moment it is made; unless it is locked (Complete) within a day it
/// lapses, and until then it can be taken back. What it protects answers 409 FileImmutable to overwrites, appends and deletes.
/// </summary>
static class BucketWorm
{
    /// <summary>Random bytes of an id: 32 hex digits.</summary>
    const int IdBytes = 16;

    public static async Task InitiateAsync(OssContext context, CancellationToken ct)
    {
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var days = CheckDays(XmlDocuments.Parse<InitiateWormConfiguration>(document).RetentionPeriodInDays);
        var (id, now) = (IdGenerator.RandomHex(IdBytes), context.Services.Time.GetUtcNow());
        await context.Storage.Buckets.UpdateAsync(
            context.Bucket,
            bucket => bucket.Retention?.IsInForce(now) == true
                ? throw new OssException(OssErrors.WORMConfigurationAlreadyExists)
                : bucket with { Retention = new() { WormId = id, Days = days, CreationDate = now } },
            ct);
        context.SetHeader("x-oss-worm-id", id);
        await context.Empty();
    }

    public static Task CompleteAsync(OssContext context, CancellationToken ct) => ChangeAsync(
        context,
        retention => retention.IsLocked ? throw new OssException(OssErrors.WORMConfigurationLocked) : retention with { IsLocked = true },
        ct);

    public static async Task ExtendAsync(OssContext context, CancellationToken ct)
    {
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var days = CheckDays(XmlDocuments.Parse<ExtendWormConfiguration>(document).RetentionPeriodInDays);
        await ChangeAsync(
            context,
            retention => !retention.IsLocked
                    ? throw OssErrors.Argument("wormId", retention.WormId, "Only a locked WORM configuration can be extended.")
                : days <= retention.Days
                    ? throw OssErrors.Argument("RetentionPeriodInDays", $"{days}", "The retention period can only get longer.")
                : retention with { Days = days },
            ct);
    }

    public static async Task GetAsync(OssContext context, CancellationToken ct)
    {
        var bucket = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        var retention = InForce(context, bucket.Retention) ?? throw Missing(context);
        await context.XmlAsync(
            new WormConfiguration
            {
                WormId = retention.WormId,
                State = retention.IsLocked ? "Locked" : "InProgress",
                RetentionPeriodInDays = retention.Days,
                CreationDate = retention.CreationDate,
                ExpirationDate = retention.IsLocked ? null : retention.CreationDate + BucketRetention.TimeToLock,
            },
            ct);
    }

    public static async Task AbortAsync(OssContext context, CancellationToken ct)
    {
        await context.Storage.Buckets.UpdateAsync(
            context.Bucket,
            bucket => bucket.Retention?.IsLocked == true ? throw new OssException(OssErrors.WORMConfigurationLocked) : bucket with { Retention = null },
            ct);
        await context.Empty(StatusCodes.Status204NoContent);
    }

    static async Task ChangeAsync(OssContext context, Func<BucketRetention, BucketRetention> change, CancellationToken ct)
    {
        var id = context.Query["wormId"];
        await context.Storage.Buckets.UpdateAsync(
            context.Bucket,
            bucket => InForce(context, bucket.Retention) is { } retention && retention.WormId == id
                ? bucket with { Retention = change(retention) }
                : throw Missing(context),
            ct);
        await context.Empty();
    }

    static BucketRetention? InForce(OssContext context, BucketRetention? retention) =>
        retention?.IsInForce(context.Services.Time.GetUtcNow()) == true ? retention : null;

    static OssException Missing(OssContext context) => new(OssErrors.NoSuchWORMConfiguration, details: [new("BucketName", context.Bucket.Value)]);

    static int CheckDays(int days) => days is >= 1 and <= OssLimits.MaxRetentionDays
        ? days
        : throw OssErrors.Argument("RetentionPeriodInDays", $"{days}", $"The retention period must be 1 to {OssLimits.MaxRetentionDays} days.");
}
