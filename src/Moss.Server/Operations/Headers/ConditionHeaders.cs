using Moss.Protocol.Errors;
using Moss.Server.Pipeline;
using Moss.Storage.Objects;

namespace Moss.Server.Operations.Headers;

/// <summary>The conditions of a read, and those of a copy's source. Dates that cannot be read are ignored.</summary>
static class ConditionHeaders
{
    public static ReadConditions OfRead(OssContext context) =>
        Read(context, "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since");

    public static ReadConditions OfCopySource(OssContext context) => Read(
        context,
        "x-oss-copy-source-if-match",
        "x-oss-copy-source-if-none-match",
        "x-oss-copy-source-if-modified-since",
        "x-oss-copy-source-if-unmodified-since");

    /// <summary>PutObject refuses conditions instead of ignoring them.</summary>
    public static void Refuse(OssContext context)
    {
        foreach (var name in (ReadOnlySpan<string>)["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"])
        {
            if (context.Header(name) is not null)
            {
                throw new OssException(OssErrors.NotImplemented, details: [new("Header", name)]);
            }
        }
    }

    static ReadConditions Read(OssContext context, string match, string noneMatch, string modified, string unmodified) => new()
    {
        IfMatch = All(context, match),
        IfNoneMatch = All(context, noneMatch),
        IfModifiedSince = HeaderText.ParseDate(context.GivenHeader(modified)),
        IfUnmodifiedSince = HeaderText.ParseDate(context.GivenHeader(unmodified)),
    };

    // Several headers of one name are one list.
    static string? All(OssContext context, string name) =>
        context.Http.Request.Headers[name] is { Count: > 0 } values && values.ToString() is { Length: > 0 } list ? list : null;
}
