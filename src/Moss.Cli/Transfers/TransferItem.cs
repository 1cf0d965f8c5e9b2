using Moss.Client.Transfer;

namespace Moss.Cli.Transfers;

enum TransferKind
{
    Upload,
    Download,
    Copy,
    Delete,

    /// <summary>Properties of an object.</summary>
    Change,

    /// <summary>An object of an archive class, for reading.</summary>
    Restore,

    /// <summary>An object to an earlier version.</summary>
    Revert,
}

/// <summary>One thing to do of a command that may do many.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Source">A path, an address, or <c>-</c>.</param>
/// <param name="Destination">The same; for a deletion empty.</param>
/// <param name="Size">Bytes, where they are known beforehand.</param>
/// <param name="RunAsync">Does it, and tells the transfer where its progress can be asked for.</param>
sealed record TransferItem(
    TransferKind Kind, string Source, string Destination, long? Size, Func<ActiveTransfer, CancellationToken, Task<TransferDone>> RunAsync)
{
    /// <summary>Whether it has to be done at all; null when that is known already.</summary>
    public Func<CancellationToken, Task<bool>>? IsNeededAsync { get; init; }

    /// <summary>An item that was found but cannot be done.</summary>
    public static TransferItem Broken(TransferKind kind, string source, string destination, Exception problem) =>
        new(kind, source, destination, null, (_, _) => Task.FromException<TransferDone>(problem));
}

/// <summary>An item that is being done.</summary>
sealed class ActiveTransfer(TransferItem item)
{
    volatile Func<TransferProgress>? _progress;

    public TransferItem Item { get; } = item;

    /// <summary>How far it is; all zero until the transfer has begun.</summary>
    public TransferProgress Progress => _progress?.Invoke() ?? new() { Phase = "waiting", TotalBytes = Item.Size };

    /// <summary>Waits for a transfer of the library, and shows its progress meanwhile.</summary>
    public Task<T> WaitAsync<T>(TransferHandle<T> handle)
    {
        _progress = () => handle.Progress;
        return handle.WaitAsync(CancellationToken.None);
    }

    /// <summary>Shows the progress of something that is no transfer of the library.</summary>
    public void Watch(Func<TransferProgress> progress) => _progress = progress;
}

/// <summary>What came of an item. All sizes are bytes.</summary>
sealed record TransferDone
{
    public long Size { get; init; }

    /// <summary>Nothing had to be done: the other side has it already, or is not to be touched.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>Bytes that an earlier try had brought over, proven by checksum.</summary>
    public long SkippedBytes { get; init; }

    public long NetworkBytes { get; init; }

    public int Retries { get; init; }

    /// <summary>CRC-64/XZ of the object and of the local bytes alike.</summary>
    public ulong? Crc64 { get; init; }

    public string? ETag { get; init; }

    public string? UploadId { get; init; }

    public int Parts { get; init; }

    public string? VersionId { get; init; }

    /// <summary>Rounds that a source that changed meanwhile made necessary.</summary>
    public int SourceChanges { get; init; }

    public static readonly TransferDone Skipped = new() { IsSkipped = true };
}
