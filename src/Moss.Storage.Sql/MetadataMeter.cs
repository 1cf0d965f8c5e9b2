using System.Diagnostics.Metrics;

namespace Moss.Storage.Sql;

/// <summary>What the catalogue measures of itself, in the meter <c>Moss.Storage</c>. Durations are in seconds.</summary>
static class MetadataMeter
{
    static readonly Meter Meter = new("Moss.Storage");

    /// <summary>How long a commit took, the disk's part of it included.</summary>
    public static readonly Histogram<double> CommitTime = Meter.CreateHistogram<double>(
        "moss.metadata.commit.duration", "s", "Time to commit a batch of write transactions, fsync included.");

    /// <summary>How long a transaction waited for its turn.</summary>
    public static readonly Histogram<double> QueueTime = Meter.CreateHistogram<double>(
        "moss.metadata.queue.duration", "s", "Time a write transaction waited before it ran.");

    /// <summary>How many transactions shared a commit.</summary>
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>(
        "moss.metadata.batch.size", "{transaction}", "Write transactions committed together.");
}
