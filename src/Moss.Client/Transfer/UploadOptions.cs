using System.IO.Pipelines;

namespace Moss.Client.Transfer;

/// <summary>How uploads are done. What is set explicitly wins over everything measured.</summary>
public sealed record UploadOptions
{
    /// <summary>
    /// Bytes a part, 100 KiB to 5 GiB; null lets the part size follow the measured speed. It is made larger when the source would else need
    /// more than 10,000 parts.
    /// </summary>
    public long? PartSize { get; init; }

    /// <summary>Parts in flight at once; null lets it follow the measured speed, between 1 and <see cref="MaxParallelism"/>.</summary>
    public int? Parallelism { get; init; }

    /// <summary>The most parts in flight when <see cref="Parallelism"/> is null. Default 32.</summary>
    public int MaxParallelism { get; init; } = 32;

    /// <summary>
    /// Bytes of memory for parts of streams: (parallelism + 1) parts are held at most. Files are read as they are sent and need none. Default
    /// 256 MiB. A stream can have at most 10,000 parts, so that half of this times 10,000 is the longest stream; 48.8 TB need 10 GiB.
    /// </summary>
    public long MaxMemory { get; init; } = 256L * 1024 * 1024;

    /// <summary>Sources of fewer bytes are sent with one PutObject. Default 16 MiB, at most 5 GiB.</summary>
    public long MultipartThreshold { get; init; } = 16 * 1024 * 1024;

    /// <summary>How often a part is sent at most. Default 10.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>
    /// Whether a record of the upload is kept on disk, so that it goes on after a crash. Only sources with a name (files) have one.
    /// </summary>
    public bool EnableCheckpoint { get; init; } = true;

    /// <summary>
    /// Where checkpoints are; null takes <c>$XDG_STATE_HOME/moss/checkpoints</c>, or <c>~/.local/state/moss/checkpoints</c>, and on
    /// Windows the local application data.
    /// </summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>
    /// Without a checkpoint, looks among the open uploads of the key for one whose parts match the source by checksum, and goes on with the
    /// best. Default on. Two clients that send the same key at the same time should turn it off.
    /// </summary>
    public bool ResumeWithoutCheckpoint { get; init; } = true;

    /// <summary>
    /// Whether the parts stay on the service when the upload fails or is cancelled; null keeps them when there is a checkpoint.
    /// </summary>
    public bool? KeepPartsOnFailure { get; init; }

    /// <summary>
    /// How often an upload starts another round because its source changed while it was read, before it fails with
    /// <see cref="SourceChangedException"/>. Default 5.
    /// </summary>
    public int MaxSourceChanges { get; init; } = 5;

    /// <summary>Told of the progress, at most ten times a second, from any thread.</summary>
    public IProgress<TransferProgress>? Progress { get; init; }
}

/// <summary>What is uploaded.</summary>
public abstract class UploadSource
{
    private protected UploadSource()
    {
    }

    /// <summary>A file, read by position while it is sent. It may change meanwhile; see <see cref="Uploader"/> for what happens then.</summary>
    public static UploadSource FromFile(string path) => new FilePath(Path.GetFullPath(path));

    /// <summary>
    /// The rest of a stream. The caller disposes it after the upload. A seekable one is read by position and may be resumed by checksum,
    /// as a file; of any other, at most (parallelism + 1) parts are held in memory.
    /// </summary>
    public static UploadSource FromStream(Stream stream) => new OpenStream(stream);

    /// <summary>
    /// Everything a pipe gives until its writer completes. The reader is completed in the end, also when the upload fails: whoever writes is
    /// told by <see cref="FlushResult.IsCompleted"/>, and does not wait for ever.
    /// </summary>
    public static UploadSource FromPipe(PipeReader reader) => new OpenStream(reader.AsStream(leaveOpen: false)) { IsOwned = true };

    internal sealed class FilePath(string path) : UploadSource
    {
        public string Path { get; } = path;
    }

    internal sealed class OpenStream(Stream stream) : UploadSource
    {
        public Stream Stream { get; } = stream;

        /// <summary>Whether it is disposed when the upload has ended.</summary>
        public bool IsOwned { get; init; }
    }
}

/// <summary>When a growing file is finished. Any of the signs is enough; <see cref="TransferHandle{TResult}.Finish"/> always is.</summary>
public sealed record FollowOptions
{
    /// <summary>Finished when neither length nor time of the file changed for so long; null for never. Default 10 s.</summary>
    public TimeSpan? IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Finished when no process has the file open for writing any more. Known on Linux alone, and only of processes that this user may
    /// look into; elsewhere the idle time decides.
    /// </summary>
    public bool FinishOnClose { get; init; } = true;

    /// <summary>Finished when the file is no longer under its name: recorders rename what is done. What was open is then the whole.</summary>
    public bool FinishOnRename { get; init; } = true;

    /// <summary>How often the file is looked at. Default 200 ms.</summary>
    public TimeSpan PollEvery { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>One upload.</summary>
public sealed record UploadRequest
{
    public required string Bucket { get; init; }

    public required string Key { get; init; }

    public required UploadSource Source { get; init; }

    /// <summary>What is stored beside the bytes.</summary>
    public ObjectProperties? Properties { get; init; }

    /// <summary>Instead of the uploader's own.</summary>
    public UploadOptions? Options { get; init; }

    /// <summary>Sends a file while it is still being written; null takes it as it is now.</summary>
    public FollowOptions? Follow { get; init; }
}

/// <summary>What an upload gave. All sizes are bytes.</summary>
public sealed record UploadResult
{
    public required string Bucket { get; init; }

    public required string Key { get; init; }

    public required long Size { get; init; }

    /// <summary>Without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>CRC-64/XZ of the object, as taken here of the bytes that were sent; the service said the same.</summary>
    public required ulong Crc64 { get; init; }

    public string? VersionId { get; init; }

    /// <summary>The upload's id; null for one PutObject.</summary>
    public string? UploadId { get; init; }

    /// <summary>Parts of the object; 0 for one PutObject.</summary>
    public int Parts { get; init; }

    /// <summary>Bytes that an earlier try had brought over.</summary>
    public long SkippedBytes { get; init; }

    /// <summary>Bytes that went over the network now.</summary>
    public long NetworkBytes { get; init; }

    /// <summary>Requests that were sent again.</summary>
    public int Retries { get; init; }

    /// <summary>How often the source was found changed, and the changed parts sent anew.</summary>
    public int SourceChanges { get; init; }

    /// <summary>The id of the last request, or empty when an earlier try had completed the upload already.</summary>
    public string RequestId { get; init; } = "";

    public string? CallbackBody { get; init; }
}
