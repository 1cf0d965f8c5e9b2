using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>GetObjectAcl. The object's own ACL: <c>default</c> when it follows the bucket's.</summary>
static class GetObjectAcl
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var view = await context.Storage.Objects.FindAsync(context.Bucket, context.Key, VersionParameter.Read(context), ct);
        VersionParameter.Echo(context, view);
        await context.XmlAsync(new AccessControlPolicy(new(view.Record.OwnerId, view.Record.OwnerId), view.Record.Acl.ToWire()), ct);
    }
}
