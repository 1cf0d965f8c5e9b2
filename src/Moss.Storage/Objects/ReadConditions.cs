using System.Globalization;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;

namespace Moss.Storage.Objects;

/// <summary>
/// The conditions of a read or of a copy's source, as they were sent. ETags may be quoted or not, and several may be joined with commas.
/// Times count in whole seconds, which is all that their headers can say.
/// </summary>
public sealed record ReadConditions
{
    public static readonly ReadConditions None = new();

    public string? IfMatch { get; init; }

    public string? IfNoneMatch { get; init; }

    public DateTimeOffset? IfModifiedSince { get; init; }

    public DateTimeOffset? IfUnmodifiedSince { get; init; }

    /// <summary>
    /// Checks in the order If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since (GetObject).
    /// </summary>
    /// <exception cref="OssException"><c>PreconditionFailed</c> naming the condition, or <c>NotModified</c> with ETag and Last-Modified.</exception>
    public void Check(ETag etag, DateTimeOffset lastModified)
    {
        var modified = lastModified.ToUnixTimeSeconds();
        if (IfMatch is not null && !MatchesAny(IfMatch, etag))
        {
            throw Failed("If-Match");
        }

        if (IfUnmodifiedSince is { } unmodified && modified > unmodified.ToUnixTimeSeconds())
        {
            throw Failed("If-Unmodified-Since");
        }

        if ((IfNoneMatch is not null && MatchesAny(IfNoneMatch, etag))
            || (IfModifiedSince is { } since && modified <= since.ToUnixTimeSeconds()))
        {
            throw new OssException(OssErrors.NotModified)
            {
                Headers =
                [
                    new("ETag", etag.Quoted),
                    new("Last-Modified", lastModified.ToString("R", CultureInfo.InvariantCulture)),
                ],
            };
        }
    }

    static OssException Failed(string condition) =>
        new(OssErrors.PreconditionFailed, details: [new("Condition", condition)]);

    static bool MatchesAny(string list, ETag etag)
    {
        foreach (var range in list.AsSpan().Split(','))
        {
            var item = list.AsSpan(range).Trim();
            if (item is "*" || etag.Matches(item.ToString()))
            {
                return true;
            }
        }

        return false;
    }
}
