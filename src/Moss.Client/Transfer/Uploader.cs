using System.Security.Cryptography;
using System.Text;

namespace Moss.Client.Transfer;

/// <summary>
/// Uploads files and streams: in parallel, resumable after any crash, and checked from end to end.
/// </summary>
/// <remarks>
/// <para><b>What a success means.</b> The object's CRC-64, as the service says it, equals that of the bytes sent; and, for a file or a
/// seekable stream, one complete reading of the source that began after the last part had been sent gave those same bytes. So the object is
/// the source as it was at one instant between the start of that reading and the end of the call, unless the source changed and changed
/// back while it was being read. It is never a mix of two states of a file, whatever its size and time stamps pretend.
/// Why and how: docs/decisions/0020-verified-upload.md.</para>
/// <para><b>What a failure means.</b> <see cref="SourceChangedException"/>: the file would not hold still, or was cut or removed; an object
/// that stood under the key before still does. <see cref="ChecksumMismatchException"/>: the service completed an object that is not what was
/// sent; it was left where it is, for nothing is deleted unasked. <see cref="Moss.Protocol.Errors.OssException"/> and
/// <see cref="OssTransportException"/>: the service refused or could not be reached; the parts stay for the next try unless the options say
/// otherwise.</para>
/// <para><b>Going on.</b> Starting the same upload again goes on where it broke off. Which parts are there is asked of the service; a part is
/// skipped only when its CRC-64 (else its MD5) there equals that of the local bytes now. Without the checkpoint, open uploads of the key are
/// searched for matching parts.</para>
/// </remarks>
public sealed class Uploader(OssClient client, UploadOptions? options = null)
{
    readonly UploadOptions _options = options ?? new();
    readonly Pace _pace = new();

    /// <summary>Starts an upload and gives its handle at once; only arguments are checked before.</summary>
    /// <param name="ct">Cancels the transfer, as <see cref="TransferHandle{TResult}.CancelAsync"/> does.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Task<TransferHandle<UploadResult>> StartAsync(UploadRequest request, CancellationToken ct = default)
    {
        var chosen = request.Options ?? _options;
        Check(chosen);
        var name = request.Source is UploadSource.FilePath file ? file.Path : "";
        var control = new TransferControl(
            IdOf("upload", client.Endpoint, request.Bucket, request.Key, name), client.Time, chosen.Progress, ct);
        return Task.FromResult(new TransferHandle<UploadResult>(control, run => RunAsync(request, chosen, run)));
    }

    /// <summary>Uploads and waits for the end.</summary>
    public async Task<UploadResult> UploadAsync(UploadRequest request, CancellationToken ct = default)
    {
        var handle = await StartAsync(request, ct).ConfigureAwait(false);
        return await handle.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Uploads a file and waits for the end.</summary>
    public Task<UploadResult> UploadFileAsync(
        string path, string bucket, string key, ObjectProperties? properties = null, CancellationToken ct = default) =>
        UploadAsync(new() { Bucket = bucket, Key = key, Source = UploadSource.FromFile(path), Properties = properties }, ct);

    Task<UploadResult> RunAsync(UploadRequest request, UploadOptions chosen, TransferControl control)
    {
        switch (request.Source)
        {
            case UploadSource.FilePath file when request.Follow is { } follow:
                return new FollowUpload(client, request, chosen, follow, file.Path, control, _pace).RunAsync();
            case UploadSource.FilePath file:
                return new SourceUpload(client, request, chosen, new FileSource(file.Path), control, _pace).RunAsync();
            case UploadSource.OpenStream { Stream: { CanSeek: true } stream }:
                return new SourceUpload(client, request, chosen, new SeekableSource(stream), control, _pace).RunAsync();
            default:
                return RunStreamAsync(request, (UploadSource.OpenStream)request.Source, chosen, control);
        }
    }

    async Task<UploadResult> RunStreamAsync(UploadRequest request, UploadSource.OpenStream source, UploadOptions chosen, TransferControl control)
    {
        try
        {
            return await new StreamUpload(client, request, chosen, source.Stream, control, _pace).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            if (source.IsOwned)
            {
                await source.Stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    internal static string IdOf(params ReadOnlySpan<string> identity) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', identity))).AsSpan(0, 16));

    static void Check(UploadOptions options)
    {
        if (options.PartSize is { } partSize)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(partSize, Protocol.Limits.OssLimits.MinPartSize, nameof(options));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(partSize, Protocol.Limits.OssLimits.MaxPartSize, nameof(options));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxParallelism, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxAttempts, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.MultipartThreshold, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MultipartThreshold, Protocol.Limits.OssLimits.MaxPutObjectSize, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxMemory, 4L * 1024 * 1024, nameof(options));
    }
}
