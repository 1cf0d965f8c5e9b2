using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Protocol.Signing;
using Moss.Server.Pipeline;

namespace Moss.Server.AccessLogs;

/// <summary>
/// One request as a line of an access log, its fields in the documented order and separated by spaces
/// (https://help.aliyun.com/zh/oss/user-guide/logging). Text of the client is kept from ending a field or a line, and what would let a reader of the log act as
/// the client, a signature or a token in the query of the request or its Referer, is left out.
/// </summary>
static class AccessLogLine
{
    /// <summary>A line is as long as the request line and headers of its request at most; longer fields are cut.</summary>
    const int MaxFieldLength = 4096;

    const string None = "-";

    static readonly string[] SecretNames =
        ["Signature", "x-oss-signature", "security-token", "x-oss-security-token", "x-oss-ac-source-ip"];

    // What cannot stand inside quotes.
    static readonly SearchValues<char> Unsafe = SearchValues.Create([.. Enumerable.Range(0, 32).Select(code => (char)code), '"', '\u007f']);

    public static string Of(OssContext context, string bucketOwner)
    {
        var http = context.Http;
        var services = context.Services;
        var elapsed = (long)services.Time.GetElapsedTime(context.Started).TotalMilliseconds;
        var received = services.Time.GetUtcNow() - TimeSpan.FromMilliseconds(elapsed);
        var status = context.ErrorCode == ErrorWriter.ClientClosed ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode;
        var sent = HttpMethods.IsHead(http.Request.Method) ? 0 : context.BytesOut ?? context.Response.ContentLength ?? 0;
        var isRefused = context.ErrorCode is not null;
        var isWrite = context.Operation?.Name is "PutObject" or "PostObject" or "AppendObject" or "UploadPart";
        var address = http.Connection.RemoteIpAddress;
        var line = new StringBuilder(512)
            .Append((address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() ?? None)
            .Append(" - - [")
            .Append(received.UtcDateTime.ToString("dd/MMM/yyyy:HH:mm:ss", CultureInfo.InvariantCulture))
            .Append(" +0000]");
        Quoted(line, $"{http.Request.Method} {Masked(http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget)} {http.Request.Protocol}");
        Bare(line, status);
        Bare(line, sent);
        Bare(line, elapsed);
        Quoted(line, context.GivenHeader("Referer") is { } referer ? Masked(referer) : null);
        Quoted(line, context.GivenHeader("User-Agent"));
        Quoted(line, context.Request.Host);
        Quoted(line, context.RequestId);
        Quoted(line, "true");
        Quoted(line, context.Caller.IsAnonymous ? null : context.Caller.AccountId);
        Quoted(line, context.Operation?.Name);
        Quoted(line, context.Bucket.Value);
        Quoted(line, context.Request.Key is { } key ? PercentEncoding.Encode(key.Value) : null);
        Bare(line, isRefused ? null : isWrite ? context.BytesIn : context.Operation?.Name is "GetObject" ? SizeOf(context.Response) : null);
        Bare(line, elapsed);
        Quoted(line, context.ErrorCode);
        Bare(line, context.BytesIn);
        Quoted(line, bucketOwner);
        Bare(line, isWrite && !isRefused ? context.BytesIn : null);
        Quoted(line, None);
        Quoted(line, context.Response.Headers["x-oss-storage-class"].FirstOrDefault());
        Quoted(line, None);
        Quoted(line, None);
        Quoted(line, context.Caller.AccessKeyId);
        return line.Append('\n').ToString();
    }

    static long? SizeOf(HttpResponse response)
    {
        var range = response.Headers.ContentRange.ToString();
        return range.Length == 0 ? response.ContentLength
            : long.TryParse(range.AsSpan(range.IndexOf('/', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size
            : null;
    }

    // A page that was opened by a signed URL has it as the Referer of what it loads.
    static string Masked(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        if (question < 0)
        {
            return target;
        }

        var items = target[(question + 1)..].Split('&').Select(item =>
        {
            var name = item.Split('=', 2)[0];
            return SecretNames.Contains(Uri.UnescapeDataString(name), StringComparer.OrdinalIgnoreCase) ? name + "=***" : item;
        });
        return target[..(question + 1)] + string.Join('&', items);
    }

    static void Bare(StringBuilder line, long? value)
    {
        line.Append(' ');
        _ = value is { } number ? line.Append(CultureInfo.InvariantCulture, $"{number}") : line.Append('-');
    }

    static void Quoted(StringBuilder line, string? text)
    {
        line.Append(" \"");
        text = string.IsNullOrEmpty(text) ? None : text;
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxFieldLength)))
        {
            _ = Unsafe.Contains(c) ? line.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}") : line.Append(c);
        }

        line.Append('"');
    }
}
