using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sweeping;

namespace Moss.Storage;

/// <summary>The pair of stores with what every part of the service needs beside it. Owns both stores.</summary>
public sealed class StorageEngine(IMetadataStore metadata, IBlobStore blobs, TimeProvider time, StorageOptions options)
    : IAsyncDisposable
{
    public IMetadataStore Metadata { get; } = metadata;

    public IBlobStore Blobs { get; } = blobs;

    public TimeProvider Time { get; } = time;

    public StorageOptions Options { get; } = options;

    public IdGenerator Ids { get; } = new(time);

    /// <summary>Keeps blobs that someone is about to read from being deleted.</summary>
    internal ReadGate Reads { get; } = new();

    /// <summary>Wakes the sweeper: something became garbage.</summary>
    internal SweepSignal Garbage { get; } = new();

    /// <summary>Now, to the millisecond: what the wire can say.</summary>
    internal DateTimeOffset Now()
    {
        var now = Time.GetUtcNow();
        return new(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    /// <summary>The bytes of an inline blob that a pinned or current manifest refers to.</summary>
    internal async ValueTask<byte[]> ReadInlineAsync(BlobId id, CancellationToken ct) =>
        await Metadata.ReadAsync(tx => tx.Blobs.ReadInlineAsync(id), ct)
        ?? throw new BlobDamagedException(id, "the inline bytes are missing");

    public async ValueTask DisposeAsync()
    {
        await Blobs.DisposeAsync();
        await Metadata.DisposeAsync();
    }
}
