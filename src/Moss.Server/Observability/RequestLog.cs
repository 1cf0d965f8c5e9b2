using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Moss.Protocol.Xml;
using Moss.Server.Pipeline;

namespace Moss.Server.Observability;

/// <summary>What is kept of a request when it is over: a line in the log, and numbers.</summary>
static class RequestLog
{
    public static void Write(OssContext context)
    {
        var services = context.Services;
        var elapsed = services.Time.GetElapsedTime(context.Started);

        // No status was sent; 499 is what proxies log for it.
        var status = context.ErrorCode == ErrorWriter.ClientClosed ? StatusCodes.Status499ClientClosedRequest : context.Response.StatusCode;
        var name = context.Operation?.Name ?? "Refused";
        var sent = HttpMethods.IsHead(context.Http.Request.Method) ? 0 : context.BytesOut ?? context.Response.ContentLength ?? 0;
        services.Metrics.Request(name, status, elapsed, context.BytesIn, sent);
        if (!services.Options.LogRequests || !services.Log.IsEnabled(LogLevel.Information))
        {
            return;
        }

        Log.Request(
            services.Log,
            name,
            ResourceOf(context.Request),
            status,
            context.ErrorCode ?? "OK",
            context.BytesIn,
            sent,
            Math.Round(elapsed.TotalMilliseconds, 1),
            context.RequestId,
            context.Caller.AccessKeyId ?? "-",
            context.Http.Connection.RemoteIpAddress?.ToString() ?? "-");
    }

    // Percent-encoded, so that no key can forge a line.
    static string ResourceOf(OssRequest? request) =>
        request?.Bucket is not { } bucket ? "/"
        : request.Key is { } key ? $"/{bucket.Value}/{UrlEncoding.Encode(key.Value).Replace("%2F", "/", StringComparison.Ordinal)}"
        : $"/{bucket.Value}/";
}
