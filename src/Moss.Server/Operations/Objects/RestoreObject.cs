using Microsoft.AspNetCore.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Metadata;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// RestoreObject and CleanRestoredObject. An object of an archive class cannot be read or copied until it is restored, and then for some days. Here a restore is
/// done at once: the first answers 202, as the service does, and the next look at the object finds it finished.
/// </summary>
static class RestoreObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var request = document.IsEmpty ? new RestoreRequest(Days: null) : XmlDocuments.Parse<RestoreRequest>(document);
        if (request.Tier is not (null or "Expedited" or "Standard" or "Bulk"))
        {
            throw OssErrors.Xml("Tier must be Expedited, Standard or Bulk.");
        }

        var now = context.Services.Time.GetUtcNow();
        var wasRestored = false;
        var changed = await context.Storage.Objects.UpdateAsync(
            context.Bucket,
            context.Key,
            version,
            record =>
            {
                CheckClass(record, "RestoreObject");
                var days = request.Days ?? 1;
                var most = record.StorageClass == StorageClass.Archive ? OssLimits.MaxArchiveRestoreDays : OssLimits.MaxColdRestoreDays;
                if (days < 1 || days > most)
                {
                    throw OssErrors.Argument("Days", $"{days}", $"An object of this storage class is restored for 1 to {most} days.");
                }

                wasRestored = record.Attributes.RestoredUntil > now;
                return record with { Attributes = record.Attributes with { RestoredUntil = now.AddDays(days) } };
            },
            ct);
        VersionParameter.Echo(context, changed);
        if (changed.Record.StorageClass != StorageClass.Archive)
        {
            context.SetHeader("x-oss-object-restore-priority", request.Tier ?? "Standard");
        }

        await context.Empty(wasRestored ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    /// <summary>Ends the days of a restored object now.</summary>
    public static async Task CleanAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var now = context.Services.Time.GetUtcNow();
        var changed = await context.Storage.Objects.UpdateAsync(
            context.Bucket,
            context.Key,
            version,
            record =>
            {
                CheckClass(record, "CleanRestoredObject");
                return record.Attributes.RestoredUntil > now
                    ? record with { Attributes = record.Attributes with { RestoredUntil = null } }
                    : throw new OssException(OssErrors.ArchiveRestoreFileStale);
            },
            ct);
        VersionParameter.Echo(context, changed);
        await context.Empty();
    }

    static void CheckClass(ObjectRecord record, string operation)
    {
        if (record.StorageClass < StorageClass.Archive)
        {
            throw new OssException(
                OssErrors.OperationNotSupported,
                ec: "0016-00000702",
                details: [new("ErrorDetail", $"{operation} operation does not support this object storage class")]);
        }
    }
}
