using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;

namespace Moss.Server.Operations.Objects;

/// <summary>GetSymlink. The link itself, whether or not its target is there; anything else is 400 NotSymlink.</summary>
static class GetSymlink
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var view = await context.Storage.Objects.FindAsync(context.Bucket, context.Key, VersionParameter.Read(context), ct);
        var record = view.Record;
        if (record.Type != ObjectType.Symlink)
        {
            throw new OssException(OssErrors.NotSymlink);
        }

        context.SetETag(record.ETag);
        context.SetHeader("Last-Modified", HeaderText.Date(record.LastModified));
        context.SetHeader("x-oss-symlink-target", UrlEncoding.Encode(record.Attributes.SymlinkTarget!));
        foreach (var (name, value) in record.Attributes.UserMetadata)
        {
            context.SetHeader("x-oss-meta-" + name, value);
        }

        VersionParameter.Echo(context, view);
        await context.Empty();
    }
}
