using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Moss.Server.Observability;

/// <summary>The numbers of the server itself; those of the storage come from the meters of the engines.</summary>
sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "Moss.Server";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _requests;
    readonly Histogram<double> _durations;
    readonly Counter<long> _bytesIn;
    readonly Counter<long> _bytesOut;

    public ServerMetrics()
    {
        _requests = _meter.CreateCounter<long>("moss.requests", description: "Requests by operation and status.");
        _durations = _meter.CreateHistogram(
            "moss.request.duration",
            unit: "s",
            description: "Time from the request to the end of its answer.",
            tags: null,
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
            });
        _bytesIn = _meter.CreateCounter<long>("moss.request.body.bytes", unit: "By", description: "Bytes of request bodies that were read.");
        _bytesOut = _meter.CreateCounter<long>("moss.response.body.bytes", unit: "By", description: "Bytes of response bodies.");
    }

    public void Request(string operation, int status, TimeSpan elapsed, long bytesIn, long bytesOut)
    {
        var name = new KeyValuePair<string, object?>("operation", operation);
        _requests.Add(1, new TagList { name, new("status", status.ToString(CultureInfo.InvariantCulture)) });
        _durations.Record(elapsed.TotalSeconds, name);
        if (bytesIn > 0)
        {
            _bytesIn.Add(bytesIn, name);
        }

        if (bytesOut > 0)
        {
            _bytesOut.Add(bytesOut, name);
        }
    }

    public void Dispose() => _meter.Dispose();
}
