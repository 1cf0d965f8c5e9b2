namespace Moss.Client.Transfer;

/// <summary>How downloads are done. What is set explicitly wins over everything measured.</summary>
public sealed record DownloadOptions
{
    /// <summary>Bytes a range, at least 64 KiB; null takes 8 MiB, and more for objects of over 80 GB.</summary>
    public long? PartSize { get; init; }

    /// <summary>Ranges in flight at once; null lets it follow the measured speed, between 1 and <see cref="MaxParallelism"/>.</summary>
    public int? Parallelism { get; init; }

    /// <summary>The most ranges in flight when <see cref="Parallelism"/> is null. Default 32.</summary>
    public int MaxParallelism { get; init; } = 32;

    /// <summary>How often a range is asked for without a byte of progress. Default 10.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>Whether a record is kept on disk beside the temporary file, so that the download goes on after a crash.</summary>
    public bool EnableCheckpoint { get; init; } = true;

    /// <summary>Where checkpoints are; null as for <see cref="UploadOptions.CheckpointDirectory"/>.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>Whether an existing file is replaced; else it is an <see cref="IOException"/> before anything is fetched. Default on.</summary>
    public bool Overwrite { get; init; } = true;

    /// <summary>How often a download begins anew because the object was replaced meanwhile. Default 3.</summary>
    public int MaxObjectChanges { get; init; } = 3;

    /// <summary><c>x-oss-traffic-limit</c> of each request, in bits per second.</summary>
    public long? TrafficLimitBitsPerSecond { get; init; }

    /// <summary>Told of the progress, at most ten times a second, from any thread.</summary>
    public IProgress<TransferProgress>? Progress { get; init; }
}

/// <summary>One download.</summary>
public sealed record DownloadRequest
{
    public required string Bucket { get; init; }

    public required string Key { get; init; }

    /// <summary>A version of the object; null for the current one.</summary>
    public string? VersionId { get; init; }

    /// <summary>Where the file is to stand. Its directory is made.</summary>
    public required string Path { get; init; }

    /// <summary>Instead of the downloader's own.</summary>
    public DownloadOptions? Options { get; init; }
}

/// <summary>What a download gave. All sizes are bytes.</summary>
public sealed record DownloadResult
{
    /// <summary>The full path of the file.</summary>
    public required string Path { get; init; }

    public required ObjectInfo Info { get; init; }

    public required long Size { get; init; }

    /// <summary>CRC-64/XZ of the file, as taken of the bytes that were received.</summary>
    public required ulong Crc64 { get; init; }

    /// <summary>Whether the service said a CRC-64 and it was this; false when it says none.</summary>
    public required bool IsVerified { get; init; }

    /// <summary>Bytes that an earlier try had fetched, proven by checksum.</summary>
    public long SkippedBytes { get; init; }

    /// <summary>Bytes that came over the network now.</summary>
    public long NetworkBytes { get; init; }

    /// <summary>Requests that were sent again.</summary>
    public int Retries { get; init; }
}

/// <summary>
/// Downloads objects to files: in parallel ranges, resumable after any crash, and checked from end to end.
/// </summary>
/// <remarks>
/// <para>Every range is bound to the one ETag, so the file is one state of the object. The bytes go to a temporary file beside the
/// target, whose space is allocated first. When all are there and their CRC-64 is the service's, the file is flushed to disk and renamed: whoever looks at
/// the target sees the old file or the whole new one. The file's time is set to that of the object.</para>
/// <para>Starting the same download again goes on: of the temporary file, a range counts only when its bytes still have the CRC-64 that was
/// recorded when they came, and the object still has the same ETag.</para>
/// <para>Errors: <see cref="Moss.Protocol.Errors.OssException"/> when the service refuses; <see cref="OssTransportException"/> when it cannot be reached;
/// <see cref="ObjectChangedException"/> when the object is replaced again and again; <see cref="ChecksumMismatchException"/> when the bytes
/// are damaged and fetching them again does not help, or the service's own record is; <see cref="IOException"/> for the disk.</para>
/// </remarks>
public sealed class Downloader(OssClient client, DownloadOptions? options = null)
{
    readonly DownloadOptions _options = options ?? new();

    /// <summary>Starts a download and gives its handle at once.</summary>
    /// <param name="ct">Cancels the transfer, as <see cref="TransferHandle{TResult}.CancelAsync"/> does.</param>
    public Task<TransferHandle<DownloadResult>> StartAsync(DownloadRequest request, CancellationToken ct = default)
    {
        var chosen = request.Options ?? _options;
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.PartSize ?? long.MaxValue, 64 * 1024, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.Parallelism ?? 1, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.MaxParallelism, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.MaxAttempts, 1, nameof(request));
        var whole = request with { Path = Path.GetFullPath(request.Path) };
        var control = new TransferControl(
            Uploader.IdOf("download", client.Endpoint, request.Bucket, request.Key, request.VersionId ?? "", whole.Path),
            client.Time,
            chosen.Progress,
            ct);
        return Task.FromResult(new TransferHandle<DownloadResult>(
            control,
            async run =>
            {
                using var limiter = new ConcurrencyLimiter(chosen.Parallelism, chosen.MaxParallelism, client.Time);
                return await new FileDownload(client, whole, chosen, run, limiter).RunAsync().ConfigureAwait(false);
            }));
    }

    /// <summary>Downloads and waits for the end.</summary>
    public async Task<DownloadResult> DownloadAsync(DownloadRequest request, CancellationToken ct = default)
    {
        var handle = await StartAsync(request, ct).ConfigureAwait(false);
        return await handle.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Downloads an object to a file and waits for the end.</summary>
    public Task<DownloadResult> DownloadFileAsync(string bucket, string key, string path, CancellationToken ct = default) =>
        DownloadAsync(new() { Bucket = bucket, Key = key, Path = path }, ct);
}
