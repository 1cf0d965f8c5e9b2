using System.Globalization;

namespace Moss.Server.Pipeline;

/// <summary>The headers of every answer, good or bad. Kestrel adds an exact <c>Date</c>.</summary>
static class CommonHeaders
{
    public static void Set(OssContext context)
    {
        var response = context.Response;
        response.Headers.Server = "AliyunOSS";
        response.Headers["x-oss-request-id"] = context.RequestId;

        // The time spent is known when the headers leave.
        response.OnStarting(static state => SetServerTime((OssContext)state), context);
    }

    static Task SetServerTime(OssContext context)
    {
        var elapsed = context.Services.Time.GetElapsedTime(context.Started);
        context.Response.Headers["x-oss-server-time"] = ((long)elapsed.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    }
}
