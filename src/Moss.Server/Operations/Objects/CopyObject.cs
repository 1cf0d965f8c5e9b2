using Moss.Protocol.Errors;
using Moss.Protocol.Xml;
using Moss.Server.Operations.Headers;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Objects;

/// <summary>
/// CopyObject. Moves no data, whatever the size. The ACL is not copied; headers and tags are, unless a directive replaces them; an unversioned copy
/// onto itself always replaces its headers.
/// </summary>
static class CopyObject
{
    public static async Task HandleAsync(OssContext context, CancellationToken ct)
    {
        var source = await CopySourceHeader.ReadAsync(context, ct);
        var headers = ObjectHeaders.Read(context);
        _ = TrafficPace.Requested(context);
        var request = new CopyObjectRequest
        {
            Source = source,
            ReplaceMetadata = IsReplace(context, "x-oss-metadata-directive"),
            ReplaceTags = IsReplace(context, "x-oss-tagging-directive"),
            Attributes = headers.Attributes,
            Acl = headers.Acl,
            StorageClass = headers.StorageClass,
            ForbidOverwrite = headers.ForbidOverwrite,
        };
        var copied = await context.Storage.Objects.CopyAsync(context.Bucket, context.Key, request, ct);
        var made = copied.Made.Record;
        ObjectResponse.Stored(context, made.ETag, made.Crc64);
        VersionParameter.Echo(context, copied.Made);
        context.SetHeader("x-oss-copy-source-version-id", copied.SourceIsVersioned ? copied.Source.VersionId.Value : null);
        EncryptionHeaders.Echo(context, made.Attributes);
        await context.XmlAsync(new CopyObjectResult(made.ETag.Quoted, made.LastModified), ct);
    }

    static bool IsReplace(OssContext context, string name) => context.GivenHeader(name) switch
    {
        null => false,
        var text when text.Equals("COPY", StringComparison.OrdinalIgnoreCase) => false,
        var text when text.Equals("REPLACE", StringComparison.OrdinalIgnoreCase) => true,
        var text => throw OssErrors.Argument(name, text, $"{name} must be COPY or REPLACE."),
    };
}
