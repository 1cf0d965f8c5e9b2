using Moss.Protocol.Limits;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>PutObjectTagging. Replaces every tag of the object; Last-Modified stays.</summary>
static class PutObjectTagging
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var version = VersionParameter.Read(context);
        var document = await RequestBody.ReadDocumentAsync(context, OssLimits.MaxDocumentBytes, ct);
        var tags = XmlDocuments.Parse<Tagging>(document).Tags;
        ObjectTags.Check(tags);
        var changed = await context.Storage.Objects.UpdateAsync(
            context.Bucket,
            context.Key,
            version,
            record => record with { Attributes = record.Attributes with { Tags = tags.Count == 0 ? [] : tags } },
            ct);
        VersionParameter.Echo(context, changed);
        await context.Empty();
    }
}
