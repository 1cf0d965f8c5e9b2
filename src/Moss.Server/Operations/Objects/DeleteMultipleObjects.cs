using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// DeleteMultipleObjects. Up to 1,000 keys in one transaction; keys that are not there count as deleted; the answer keeps the order of the
/// request. Quiet answers have no body and say so in Content-Length. Keys stand in the request as plain text, whatever the encoding type.
/// </summary>
static class DeleteMultipleObjects
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var encoded = PageParameters.IsUrlEncoded(context);
        RequestBody.RequireLength(context.Http.Request);
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDeleteBodyBytes, ct);
        var request = Parse(document);
        var targets = Targets(request);
        foreach (var (key, version) in targets)
        {
            var permission = context.Operation.PermissionFor(version is not null);
            await context.Services.Authorizer.AuthorizeObjectAsync(context, Access.Write, permission, context.Bucket, key, version, ct);
        }

        var outcomes = await context.Storage.Objects.DeleteAsync(context.Bucket, targets, ct);
        if (request.Quiet)
        {
            await context.Empty();
            return;
        }

        await context.XmlAsync(new DeleteResult([.. outcomes.Select(Entry)], encoded), ct);
    }

    static Delete Parse(ReadOnlyMemory<byte> document)
    {
        try
        {
            return XmlDocuments.Parse<Delete>(document);
        }
        catch (OssException malformed) when (malformed.Details is [{ Value: "the root node is not named Delete." }])
        {
            throw OssErrors.Xml(malformed.Details[0].Value, Delete.WrongRootEC);
        }
    }

    static List<(ObjectKey Key, VersionId? Version)> Targets(Delete request)
    {
        var targets = new List<(ObjectKey, VersionId?)>(request.Objects.Count);
        foreach (var (key, version) in request.Objects)
        {
            if (key.Length == 0)
            {
                throw new OssException(OssErrors.UserKeyMustBeSpecified);
            }

            targets.Add((ObjectKey.Parse(key), version is null ? null : new VersionId(version)));
        }

        return targets;
    }

    static DeletedEntry Entry(DeleteOutcome outcome) => new(
        outcome.Key.Value,
        outcome.Version?.Value,
        outcome.Marker is not null || outcome.Removed is { IsDeleteMarker: true },
        outcome.Marker?.VersionId.Value ?? (outcome.Removed is { IsDeleteMarker: true } removed ? removed.VersionId.Value : null));
}
