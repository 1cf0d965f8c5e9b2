using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>GetObjectTagging. An object without tags has an empty TagSet.</summary>
static class GetObjectTagging
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var view = await context.Storage.Objects.FindAsync(context.Bucket, context.Key, VersionParameter.Read(context), ct);
        VersionParameter.Echo(context, view);
        await context.XmlAsync(new Tagging(view.Record.Attributes.Tags), ct);
    }
}
