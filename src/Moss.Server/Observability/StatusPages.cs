using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moss.Server.Pipeline;
using Moss.Storage;

namespace Moss.Server.Observability;

/// <summary>
/// What operators ask under <c>/-/</c>, where no bucket can be: <c>health</c> (the process lives), <c>ready</c> (the storage answers), <c>metrics</c>.
/// </summary>
sealed class StatusPages(ObjectService storage, PrometheusCollector metrics, HostMap hosts)
{
    const string Prefix = "/-/";

    /// <summary>Set when the server begins to stop, so that a balancer stops sending requests.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Serves the page if the request asks for one.</summary>
    public async ValueTask<bool> TryServeAsync(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith(Prefix, StringComparison.Ordinal) || hosts.Resolve(http.Request.Headers.Host.ToString()).Bucket is not null)
        {
            return false;
        }

        var ct = http.RequestAborted;
        switch (target[Prefix.Length..].Split('?')[0])
        {
            case "health":
                await TextAsync(http, StatusCodes.Status200OK, "ok\n", "text/plain");
                break;
            case "ready":
                var reason = await NotReadyAsync(ct);
                await TextAsync(http, reason is null ? 200 : 503, (reason ?? "ok") + "\n", "text/plain");
                break;
            case "metrics":
                await TextAsync(http, StatusCodes.Status200OK, await MetricsAsync(ct), "text/plain; version=0.0.4; charset=utf-8");
                break;
            default:
                await TextAsync(http, StatusCodes.Status404NotFound, "not found\n", "text/plain");
                break;
        }

        return true;
    }

    async ValueTask<string?> NotReadyAsync(CancellationToken ct)
    {
        if (IsStopping)
        {
            return "stopping";
        }

        try
        {
            await storage.Buckets.ListAsync("", "", 1, ct);
            return null;
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
        {
            return "the storage does not answer";
        }
    }

    async ValueTask<string> MetricsAsync(CancellationToken ct)
    {
        var uploads = await storage.UploadTotalsAsync(ct);
        var text = new StringBuilder(metrics.Collect());
        Gauge(text, "moss_uploads_open", "Multipart uploads that are neither completed nor aborted.", uploads.Uploads);
        Gauge(text, "moss_upload_parts", "Parts of open uploads.", uploads.Parts);
        Gauge(text, "moss_upload_part_bytes", "Bytes of the parts of open uploads.", uploads.Bytes);
        Gauge(text, "process_resident_memory_bytes", "Resident memory.", Environment.WorkingSet);
        Gauge(text, "process_cpu_seconds_total", "Processor time used.", Environment.CpuUsage.TotalTime.TotalSeconds);
        return text.ToString();
    }

    static void Gauge(StringBuilder text, string name, string help, double value)
    {
        var type = name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge";
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
    }

    static async Task TextAsync(HttpContext http, int status, string text, string type)
    {
        var body = Encoding.UTF8.GetBytes(text);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }
}
