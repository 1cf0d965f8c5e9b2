using Moss.Protocol.Errors;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>PutObjectAcl. The ACL stands in x-oss-object-acl; a later PutObject without it resets it to default.</summary>
static class PutObjectAcl
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var acl = ObjectHeaders.AclOf(context) ?? throw new OssException(OssErrors.MissingArgument);
        var version = VersionParameter.Read(context);
        var changed = await context.Storage.Objects.UpdateAsync(
            context.Bucket, context.Key, version, record => record with { Acl = acl }, ct);
        VersionParameter.Echo(context, changed);
        await context.Empty();
    }
}
