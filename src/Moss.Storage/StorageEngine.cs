using Moss.Storage.Blobs;
using Moss.Storage.Buckets;
using Moss.Storage.Encryption;
using Moss.Storage.Metadata;
using Moss.Storage.Objects;
using Moss.Storage.Sweeping;

namespace Moss.Storage;

/// <summary>The pair of stores with what every part of the service needs beside it. Owns both stores.</summary>
public sealed class StorageEngine : IAsyncDisposable
{
    /// <summary>Takes over both stores.</summary>
    /// <param name="metadata">Names and what they refer to.</param>
    /// <param name="blobs">Bytes; those of encrypted blobs go to it encrypted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">What an operator may tune.</param>
    /// <param name="keys">The master keys of encrypted data; null: nothing can be encrypted.</param>
    public StorageEngine(IMetadataStore metadata, IBlobStore blobs, TimeProvider time, StorageOptions options, DataKeys? keys = null)
    {
        Snapshots = new(options.IsExclusive);
        SmallObjects = new(options.IsExclusive);
        Metadata = new SnapshotKeepingStore(metadata, Snapshots, SmallObjects);
        Keys = keys ?? DataKeys.None;
        Blobs = new EncryptingBlobStore(blobs, Keys);
        Time = time;
        Options = options;
        Ids = new(time);
    }

    public IMetadataStore Metadata { get; }

    public IBlobStore Blobs { get; }

    /// <summary>The keys of what is encrypted outside of the blob store.</summary>
    internal DataKeys Keys { get; }

    public TimeProvider Time { get; }

    public StorageOptions Options { get; }

    public IdGenerator Ids { get; }

    /// <summary>What is known of buckets.</summary>
    internal BucketSnapshots Snapshots { get; }

    /// <summary>Small objects that are read again and again.</summary>
    internal SmallObjects SmallObjects { get; }

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
    internal ValueTask<byte[]> ReadInlineAsync(BlobId id, CancellationToken ct) => Metadata.ReadAsync(tx => ReadInlineAsync(tx, id), ct);

    /// <summary>The same, inside a transaction.</summary>
    internal async ValueTask<byte[]> ReadInlineAsync(IMetadataTransaction tx, BlobId id) =>
        await FindInlineAsync(tx, id) ?? throw new BlobDamagedException(id, "the inline bytes are missing");

    /// <summary>The bytes of an inline blob as they were sent; null when there is no such blob (any more).</summary>
    internal async ValueTask<byte[]?> FindInlineAsync(IMetadataTransaction tx, BlobId id) =>
        await tx.Blobs.ReadInlineAsync(id) is { } stored ? Keys.OpenInline(id, stored) : null;

    public async ValueTask DisposeAsync()
    {
        await Blobs.DisposeAsync();
        await Metadata.DisposeAsync();
    }
}
