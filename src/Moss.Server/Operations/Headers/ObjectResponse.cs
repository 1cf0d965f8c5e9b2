using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Headers;

/// <summary>The response headers that describe a stored object.</summary>
static class ObjectResponse
{
    /// <summary>What PutObject, UploadPart and their like say of what they stored.</summary>
    public static void Stored(OssContext context, ETag tag, ulong crc64, byte[]? md5 = null)
    {
        context.SetETag(tag);
        context.SetCrc64(crc64);
        if (md5 is not null)
        {
            context.Response.Headers.ContentMD5 = Convert.ToBase64String(md5);
        }
    }

    /// <summary>Everything that GetObject and HeadObject say of an object.</summary>
    public static void Describe(OssContext context, ObjectView view)
    {
        var record = view.Record;
        var attributes = record.Attributes;
        var headers = context.Response.Headers;
        Identify(context, view);
        headers.AcceptRanges = "bytes";
        headers["x-oss-object-type"] = (view.Link is null ? record.Type : ObjectType.Symlink).ToWire();
        headers["x-oss-storage-class"] = record.StorageClass.ToWire();
        context.Response.ContentType = attributes.ContentType ?? "application/octet-stream";
        context.SetHeader("Cache-Control", attributes.CacheControl);
        context.SetHeader("Content-Disposition", attributes.ContentDisposition);
        context.SetHeader("Content-Encoding", attributes.ContentEncoding);
        context.SetHeader("Content-Language", attributes.ContentLanguage);
        context.SetHeader("Expires", attributes.Expires);
        context.SetHeader("Content-MD5", record.Md5 is { } md5 ? Convert.ToBase64String(md5) : null);
        context.SetHeader("x-oss-tagging-count", attributes.Tags.Count == 0 ? null : attributes.Tags.Count.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in attributes.PersistentHeaders)
        {
            headers[name] = value;
        }

        // In lower case: one SDK compares the prefix with case.
        foreach (var (name, value) in attributes.UserMetadata)
        {
            headers["x-oss-meta-" + name] = value;
        }

        if (record.Type == ObjectType.Appendable)
        {
            headers["x-oss-next-append-position"] = record.Size.ToString(CultureInfo.InvariantCulture);
            context.SetHeader("x-oss-sealed-time", attributes.SealedTime is { } time ? HeaderText.Date(time) : null);
        }

        var now = context.Services.Time.GetUtcNow();
        context.SetHeader(
            "x-oss-restore",
            attributes.RestoredUntil is { } until && until > now ? $"ongoing-request=\"false\", expiry-date=\"{HeaderText.Date(until)}\"" : null);
        context.SetHeader("x-oss-transition-time", attributes.TransitionTime is { } moved ? HeaderText.Date(moved) : null);
        EncryptionHeaders.Echo(context, attributes);
    }

    /// <summary>What GetObjectMeta says: which bytes these are, and no attribute.</summary>
    public static void Identify(OssContext context, ObjectView view)
    {
        context.SetETag(view.Record.ETag);
        context.SetCrc64(view.Record.Crc64);
        context.Response.Headers.LastModified = HeaderText.Date(view.Record.LastModified);
        VersionParameter.Echo(context, view);
    }

    /// <summary>
    /// Replaces headers as the query asks (<c>response-content-type</c>...). Anonymous requests may not: anybody could make any object look like
    /// anything.
    /// </summary>
    public static void Override(OssContext context)
    {
        foreach (var (parameter, header) in Overrides)
        {
            if (context.Query.Given(parameter) is { } value)
            {
                if (context.Caller.IsAnonymous)
                {
                    throw new OssException(
                        OssErrors.InvalidRequest, "Request specific response headers cannot be used for anonymous GET requests.");
                }

                var text = HeaderText.FromUtf8(value);
                context.Response.Headers[header] = HeaderText.IsSafe(text)
                    ? text
                    : throw OssErrors.Argument(parameter, value, "The value holds a control character.");
            }
        }
    }

    static readonly (string Parameter, string Header)[] Overrides =
    [
        ("response-content-type", "Content-Type"),
        ("response-content-language", "Content-Language"),
        ("response-expires", "Expires"),
        ("response-cache-control", "Cache-Control"),
        ("response-content-disposition", "Content-Disposition"),
        ("response-content-encoding", "Content-Encoding"),
    ];
}
