using System.Globalization;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Xml;

namespace Moss.Client.Http;

/// <summary>Makes an <see cref="OssException"/> of an answer that is none of 2xx.</summary>
static class ErrorAnswer
{
    /// <summary>An error document has a few KiB; a proxy's page may have more, and nobody reads it.</summary>
    public const int MaxBytes = 256 * 1024;

    public static OssException Read(int status, string? reason, ResponseHeaders headers, ReadOnlyMemory<byte> body)
    {
        var document = TryParse(body) ?? TryParse(FromHeader(headers)) ?? Guess(status, reason, body);
        var known = new OssError(document.Code, status, document.Message.Length > 0 ? document.Message : reason ?? document.Code);
        return new OssException(known, ec: document.EC ?? headers.Get("x-oss-ec"), details: document.Details)
        {
            RequestId = document.RequestId.Length > 0 ? document.RequestId : headers.Get("x-oss-request-id"),
            HostId = document.HostId.Length > 0 ? document.HostId : null,
            Headers = [.. headers.All],
        };
    }

    /// <summary>What the service says its time is: in the answer to a skewed request, else in the Date header.</summary>
    public static DateTimeOffset? ServerTime(OssException e)
    {
        foreach (var (name, value) in e.Details)
        {
            if (name == "ServerTime" && XmlTime.TryParse(value, out var time))
            {
                return time;
            }
        }

        foreach (var (name, value) in e.Headers)
        {
            if (name.Equals("Date", StringComparison.OrdinalIgnoreCase)
                && DateTimeOffset.TryParseExact(value, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }
        }

        return null;
    }

    // A HEAD has no body; the document stands in a header, base64-encoded.
    static ReadOnlyMemory<byte> FromHeader(ResponseHeaders headers)
    {
        var encoded = headers.Get("x-oss-err");
        if (encoded is null)
        {
            return default;
        }

        var bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out var length) ? bytes.AsMemory(0, length) : default;
    }

    static ErrorDocument? TryParse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        try
        {
            var document = XmlDocuments.Parse<ErrorDocument>(body);
            return document.Code.Length > 0 ? document : null;
        }
        catch (OssException)
        {
            return null;
        }
    }

    // What every SDK makes of a status without a document.
    static ErrorDocument Guess(int status, string? reason, ReadOnlyMemory<byte> body)
    {
        var code = status switch
        {
            304 => "NotModified",
            403 => "AccessForbidden",
            404 => "NoSuchKey",
            412 => "PreconditionFailed",
            416 => "InvalidRange",
            503 => "ServiceUnavailable",
            _ => "BadErrorResponse",
        };
        var start = Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, 200)]).ReplaceLineEndings(" ").Trim();
        return new() { Code = code, Message = start.Length > 0 && status != 304 ? $"{reason}: {start}" : reason ?? "" };
    }
}
