using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Moss.Client;

/// <summary>Traces and metrics of this library: an <see cref="ActivitySource"/> and a <see cref="Meter"/> of the name "Moss.Client".</summary>
public static class Telemetry
{
    /// <summary>The name of both.</summary>
    public const string Name = "Moss.Client";

    internal static readonly ActivitySource Source = new(Name);

    static readonly Meter Meter = new(Name);

    internal static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>(
        "moss.client.request.duration", "s", "Duration of calls, all their tries together, by operation and code.");

    internal static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "moss.client.retries", "{try}", "Tries after the first, by operation and reason.");

    internal static readonly Counter<long> BytesSent = Meter.CreateCounter<long>(
        "moss.client.bytes.sent", "By", "Bytes of bodies handed to connections, those of failed tries included.");

    internal static readonly Counter<long> BytesReceived = Meter.CreateCounter<long>(
        "moss.client.bytes.received", "By", "Bytes of bodies received.");

    internal static readonly Counter<long> PartsSkipped = Meter.CreateCounter<long>(
        "moss.client.parts.skipped", "{part}", "Parts of resumed uploads that the service held already, proven by checksum.");
}
