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
        response.OnStarting(static state => BeforeSending((OssContext)state), context);
    }

    static Task BeforeSending(OssContext context)
    {
        // Who expects a 100 and gets the answer instead may keep the body back and use the connection again at once (Go does): the server
        // would take the next request for the body of this one.
        if (context.Http.Request.Headers.Expect.Count > 0 && context.BytesIn == 0 && context.Http.Request.ContentLength != 0)
        {
            context.Response.Headers.Connection = "close";
        }

        foreach (var (name, value) in context.StandingHeaders)
        {
            context.Response.Headers[name] = value;
        }

        var elapsed = context.Services.Time.GetElapsedTime(context.Started);
        context.Response.Headers["x-oss-server-time"] = ((long)elapsed.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        foreach (var name in context.HiddenHeaders)
        {
            context.Response.Headers.Remove(name);
        }

        return Task.CompletedTask;
    }
}
