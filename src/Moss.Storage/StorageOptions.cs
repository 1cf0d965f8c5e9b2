namespace Moss.Storage;

/// <summary>What an operator may tune of the storage.</summary>
public sealed record StorageOptions
{
    public static readonly StorageOptions Default = new();

    /// <summary>
    /// Bodies up to this many bytes stand in the metadata row: one durable transaction and no file. The reason for 32 KiB is in
    /// docs/performance.md.
    /// </summary>
    public int InlineThreshold { get; init; } = 32 * 1024;

    /// <summary>How long a completed upload is remembered, so that a repeated Complete gets the same answer.</summary>
    public TimeSpan CompletionMemory { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often the sweeper looks without being called.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Whether this process alone writes the catalogue, so that it may keep what it knows of buckets. Where others write too, every request asks.
    /// </summary>
    public bool IsExclusive { get; init; } = true;

    /// <summary>
    /// How old a blob that nothing refers to must be before the start-up sweep takes it. Zero is right for a store of one process (nothing
    /// older than the process is in flight); a store that several processes write needs longer than the longest request.
    /// </summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.Zero;
}
