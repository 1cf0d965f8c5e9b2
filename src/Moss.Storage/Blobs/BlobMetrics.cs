using System.Diagnostics.Metrics;

namespace Moss.Storage.Blobs;

/// <summary>What blob stores measure, under the meter <c>Moss.Storage</c>.</summary>
public static class BlobMetrics
{
    static readonly Meter Meter = new("Moss.Storage");

    /// <summary>Bytes of committed blobs.</summary>
    public static readonly Counter<long> BytesWritten = Meter.CreateCounter<long>("moss.blob.written", "By");

    /// <summary>Bytes read and found good.</summary>
    public static readonly Counter<long> BytesRead = Meter.CreateCounter<long>("moss.blob.read", "By");

    /// <summary>Blocks and checksum pages found damaged or missing.</summary>
    public static readonly Counter<long> Damaged = Meter.CreateCounter<long>("moss.blob.damaged", "{block}");

    /// <summary>How long the device took to make a file or a directory durable, in seconds.</summary>
    public static readonly Histogram<double> FsyncDuration = Meter.CreateHistogram<double>("moss.blob.fsync.duration", "s");
}
