using Microsoft.Extensions.Logging;

namespace Moss.Server.Observability;

/// <summary>Everything the server logs, as typed events. None of them carries a signature, a token, a secret or a query.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Operation} {Resource} {Status} {Code} in={BytesIn} out={BytesOut} ms={Milliseconds} id={RequestId} key={AccessKeyId} from={Remote}")]
    public static partial void Request(
        ILogger logger,
        string operation,
        string resource,
        int status,
        string code,
        long bytesIn,
        long bytesOut,
        double milliseconds,
        string requestId,
        string accessKeyId,
        string remote);

    [LoggerMessage(2, LogLevel.Error, "Request {RequestId} failed.")]
    public static partial void RequestFailed(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "Request {RequestId} met damaged data.")]
    public static partial void BlobDamaged(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "Request {RequestId} found the storage full.")]
    public static partial void StorageFull(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "A background round of the storage failed; it is tried again.")]
    public static partial void BackgroundFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Information, "Stopping: waiting up to {Seconds} s for requests in flight.")]
    public static partial void Draining(ILogger logger, double seconds);

    [LoggerMessage(7, LogLevel.Information, "New connections get the new TLS certificate: {Subject}, valid until {NotAfter:u}.")]
    public static partial void CertificateReloaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(8, LogLevel.Error, "The changed TLS certificate is not used, the one before it stays: {Problem}")]
    public static partial void CertificateUnusable(ILogger logger, string problem);

    [LoggerMessage(9, LogLevel.Error, "Request {RequestId} needs a master key that is not here.")]
    public static partial void MasterKeyMissing(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "The master key {Name} once sealed data here and was not given: what only it opens cannot be read.")]
    public static partial void OldMasterKeyMissing(ILogger logger, string name);

    [LoggerMessage(11, LogLevel.Information, "The lifecycle rules were carried out: {Totals}")]
    public static partial void LifecycleRan(ILogger logger, string totals);

    [LoggerMessage(12, LogLevel.Error, "The lifecycle rules of {Bucket} could not be carried out to their end.")]
    public static partial void LifecycleFailed(ILogger logger, string bucket, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "An access log could not be stored.")]
    public static partial void AccessLogFailed(ILogger logger, Exception exception);

    [LoggerMessage(14, LogLevel.Error, "{Lines} lines of access logs were given up.")]
    public static partial void AccessLogLost(ILogger logger, long lines);

    [LoggerMessage(15, LogLevel.Error, "An inventory could not be made.")]
    public static partial void InventoryFailed(ILogger logger, Exception exception);

    [LoggerMessage(16, LogLevel.Error, "The callback of request {RequestId} met what nobody expected.")]
    public static partial void CallbackFailed(ILogger logger, string requestId, Exception exception);

    [LoggerMessage(20, LogLevel.Error, "Audit records could not be written.")]
    public static partial void AuditFailed(ILogger logger, Exception exception);
}
