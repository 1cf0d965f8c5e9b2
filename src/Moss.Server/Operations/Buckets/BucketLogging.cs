using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Buckets;

/// <summary>
/// Put-, Get- and DeleteBucketLogging (https://help.aliyun.com/zh/oss/developer-reference/putbucketlogging). An empty status turns logging off. The target must
/// belong to the account of the logged bucket, and whoever turns logging on must be allowed to write there. What is logged stands in
/// <see cref="AccessLogs.AccessLog"/>.
/// </summary>
static class BucketLogging
{
    public const string Name = "logging";

    /// <summary>Leaves room for the rest of the key.</summary>
    const int MaxPrefixLength = 512;

    static readonly BucketDocument<BucketLoggingStatus> Document = new(Name) { Default = new(LoggingEnabled: null), Accept = CheckAsync };

    public static async Task PutAsync(OssContext context, CancellationToken ct)
    {
        var status = await Document.ReadAsync(context, ct);
        await context.Services.Buckets.AccessLog.ChangeAsync(context.Bucket, status.LoggingEnabled, ct);
        await context.Empty();
    }

    public static Task GetAsync(OssContext context, CancellationToken ct) => Document.GetAsync(context, ct);

    public static async Task DeleteAsync(OssContext context, CancellationToken ct)
    {
        await context.Services.Buckets.AccessLog.ChangeAsync(context.Bucket, logging: null, ct);
        await context.Empty(Microsoft.AspNetCore.Http.StatusCodes.Status204NoContent);
    }

    /// <summary>Where the bucket's logs go, or null.</summary>
    public static async ValueTask<LoggingEnabled?> FindAsync(OssContext context, CancellationToken ct) =>
        (await Document.FindAsync(context, ct))!.LoggingEnabled;

    static async ValueTask<BucketLoggingStatus> CheckAsync(OssContext context, BucketLoggingStatus status, CancellationToken ct)
    {
        if (status.LoggingEnabled is not { } logging)
        {
            return status;
        }

        if (logging.TargetPrefix.Length > MaxPrefixLength || logging.TargetPrefix.StartsWith('/') || logging.TargetPrefix.StartsWith('\\'))
        {
            throw OssErrors.Argument(
                "TargetPrefix", logging.TargetPrefix, $"TargetPrefix must not begin with a slash and not be longer than {MaxPrefixLength} characters.");
        }

        var source = await context.Storage.Buckets.FindAsync(context.Bucket, ct);
        var target = BucketName.Parse(logging.TargetBucket);
        if (!await IsOwnedAsync(context, target, source.OwnerId, ct))
        {
            throw new OssException(OssErrors.InvalidTargetBucketForLogging, details: [new("TargetBucket", logging.TargetBucket)]);
        }

        var sample = AccessLogs.AccessLog.NewKey(logging, context.Bucket, context.Services.Time.GetUtcNow());
        await context.Services.Authorizer.AuthorizeObjectAsync(context, Access.Write, "oss:PutObject", target, sample, version: null, ct);
        return status;
    }

    static async ValueTask<bool> IsOwnedAsync(OssContext context, BucketName target, string ownerId, CancellationToken ct)
    {
        try
        {
            return (await context.Storage.Buckets.FindAsync(target, ct)).OwnerId == ownerId;
        }
        catch (OssException missing) when (missing.Error == OssErrors.NoSuchBucket)
        {
            return false;
        }
    }
}
