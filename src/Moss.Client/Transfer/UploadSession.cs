using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client.Transfer;

/// <summary>A part that the service holds, proven to be these bytes.</summary>
/// <param name="Crc">CRC-64 taken here of the bytes that were sent, or of the local bytes that equal the service's.</param>
/// <param name="ETag">Without quotes, as the service gave it.</param>
readonly record struct SentPart(long Length, ulong Crc, string ETag);

/// <summary>One multipart upload on the service: its parts, its checkpoint, its completion. Sources of every kind send through it.</summary>
sealed class UploadSession : IDisposable
{
    /// <summary>Complete is tried again so often after its part list was put right.</summary>
    const int MaxReconciliations = 3;

    readonly OssClient _client;
    readonly UploadRequest _request;
    readonly UploadOptions _options;
    readonly TransferControl _control;
    readonly Pace _pace;
    readonly Lock _lock = new();
    readonly Dictionary<int, SentPart> _parts = [];
    readonly HashSet<int> _skipped = [];

    public UploadSession(
        OssClient client, UploadRequest request, UploadOptions options, TransferControl control, Pace pace, string uploadId, Checkpoint? checkpoint)
    {
        _client = client;
        _request = request;
        _options = options;
        _control = control;
        _pace = pace;
        UploadId = uploadId;
        Checkpoint = checkpoint;
        Limiter = new(options.Parallelism, options.MaxParallelism, client.Time);
    }

    public string UploadId { get; }

    public Checkpoint? Checkpoint { get; }

    public ConcurrencyLimiter Limiter { get; }

    public SentPart? Find(int number)
    {
        lock (_lock)
        {
            return _parts.TryGetValue(number, out var part) ? part : null;
        }
    }

    public List<KeyValuePair<int, SentPart>> Parts()
    {
        lock (_lock)
        {
            return [.. _parts.OrderBy(part => part.Key)];
        }
    }

    /// <summary>Takes a part as done that an earlier try had sent, proven by checksum.</summary>
    public void Skip(int number, SentPart part)
    {
        Telemetry.PartsSkipped.Add(1);
        lock (_lock)
        {
            _parts[number] = part;
            _skipped.Add(number);
        }

        _control.PartDone(skipped: true, part.Length);
    }

    /// <summary>A part has to be sent again.</summary>
    public void Undo(int number)
    {
        SentPart part;
        bool skipped;
        lock (_lock)
        {
            if (!_parts.Remove(number, out part))
            {
                return;
            }

            skipped = _skipped.Remove(number);
        }

        _control.PartUndone(skipped, part.Length);
    }

    /// <summary>
    /// Sends a part in a slot that the caller has taken, and gives the slot back. When this returns, the service has said that it holds
    /// exactly the bytes that were sent.
    /// </summary>
    public async Task SendAsync(int number, RequestBody body, CancellationToken ct)
    {
        var progress = new RequestProgress(_control, Limiter.Moved);
        var start = _client.Time.GetTimestamp();
        try
        {
            var request = OssClient.UploadPartRequest(_request.Bucket, _request.Key, UploadId, number, body) with
            {
                Observer = progress,
                MaxAttempts = _options.MaxAttempts,
                Headers = TrafficLimit(),
                Retrying = reason =>
                {
                    progress.Restart();
                    _control.Retried();
                    start = _client.Time.GetTimestamp();
                    if (reason is "Timeout" or "ServiceUnavailable" or "RequestTimeout" || reason.EndsWith("Exceeded", StringComparison.Ordinal))
                    {
                        Limiter.Overloaded();
                    }
                },
            };
            var answer = await _client.UploadPartAsync(request, ct).ConfigureAwait(false);
            if (answer.Crc64 is { } remote && remote != body.Crc64)
            {
                // The client's own check can be switched off; this one cannot.
                throw new ChecksumMismatchException($"Part {number} of '{_request.Key}' arrived damaged.", body.Crc64, remote);
            }

            _pace.Measured(body.Sent, _client.Time.GetElapsedTime(start));
            Set(number, new(body.Sent, body.Crc64, answer.ETag));
            Checkpoint?.Append(now: false, "part", Text(number), Text(body.Sent), Crc64.Format(body.Crc64), answer.ETag);
            _control.PartDone(skipped: false, body.Sent);
        }
        catch
        {
            progress.Restart();
            throw;
        }
        finally
        {
            _control.Leave();
            Limiter.Release();
        }
    }

    /// <summary>
    /// Completes the upload of these parts and proves that the object is what was sent; null when some parts turned out to be missing or
    /// other than they were: they have to be sent again.
    /// </summary>
    public async Task<UploadResult?> CompleteAsync(int sourceChanges, CancellationToken ct)
    {
        _control.Phase("completing");
        var parts = Parts();
        var size = parts.Sum(part => part.Value.Length);
        var crc = parts.Aggregate(0UL, (sum, part) => Crc64.Combine(sum, part.Value.Crc, part.Value.Length));
        for (var round = 0; ; round++)
        {
            // Before the first Complete: should its answer be lost and the upload be gone, this tells the finished object from another.
            var tag = ComposedETag(parts);
            Checkpoint?.Append(now: true, "completing", tag, Crc64.Format(crc), Text(size));
            try
            {
                var listed = parts.ConvertAll(part => new ListedPart(part.Key, new ETag(part.Value.ETag).Quoted));
                var answer = await _client.CompleteMultipartUploadAsync(_request.Bucket, _request.Key, UploadId, listed, _request.Properties, ct)
                    .ConfigureAwait(false);
                var remote = answer.Crc64 ?? (await _client.HeadObjectAsync(_request.Bucket, _request.Key, ct: ct).ConfigureAwait(false)).Crc64;
                Prove(_request.Key, crc, remote);
                return Result(answer, parts.Count, size, crc, sourceChanges);
            }
            catch (OssException e) when (e.Code == "NoSuchUpload")
            {
                // Most likely this is the second answer and the first was lost.
                var info = await FindCompletedAsync(_client, _request, tag, crc, size, ct).ConfigureAwait(false);
                if (info is null)
                {
                    throw;
                }

                return Result(
                    new() { ETag = info.ETag, Crc64 = info.Crc64, VersionId = info.VersionId, RequestId = info.RequestId },
                    parts.Count,
                    size,
                    crc,
                    sourceChanges);
            }
            catch (OssException e) when (e.Code is "InvalidPart" && round < MaxReconciliations)
            {
                if (!await ReconcileAsync(ct).ConfigureAwait(false))
                {
                    return null;
                }

                parts = Parts();
            }
        }
    }

    /// <summary>The object that an earlier Complete made of exactly these parts, or null.</summary>
    public static async Task<ObjectInfo?> FindCompletedAsync(
        OssClient client, UploadRequest request, string tag, ulong crc, long size, CancellationToken ct)
    {
        var info = await client.FindObjectAsync(request.Bucket, request.Key, ct).ConfigureAwait(false);
        // The tag is made of the tags of the parts, so it tells this very upload; a service with tags of its own leaves size and checksum.
        return info is not null && info.Size == size && info.Crc64 == crc && (info.ETag == tag || !info.ETag.Contains('-')) ? info : null;
    }

    /// <summary>The upload and its parts go from the service; nothing goes from the disk.</summary>
    public async Task AbortAsync()
    {
        try
        {
            // The caller may have cancelled; cleaning up is not what he cancelled.
            await _client.AbortMultipartUploadAsync(_request.Bucket, _request.Key, UploadId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OssException or IOException)
        {
            // Best effort: what remains is found by ListMultipartUploads.
        }
    }

    public void Dispose()
    {
        Checkpoint?.Dispose();
        Limiter.Dispose();
    }

    /// <summary>Throws unless the service's CRC-64 of the whole is the one taken here.</summary>
    public static void Prove(string key, ulong local, ulong? remote)
    {
        if (remote != local)
        {
            throw new ChecksumMismatchException(
                remote is null
                    ? $"The service does not say the CRC-64 of '{key}', so nothing proves that it holds what was sent. The object was left as it is."
                    : $"The service completed '{key}' as an object that is not what was sent (CRC-64 {remote} instead of {local}). It was left as it is.",
                local,
                remote ?? 0);
        }
    }

    UploadResult Result(WriteResult answer, int parts, long size, ulong crc, int sourceChanges)
    {
        var progress = _control.Progress;
        return new()
        {
            Bucket = _request.Bucket,
            Key = _request.Key,
            Size = size,
            ETag = answer.ETag,
            Crc64 = crc,
            VersionId = answer.VersionId,
            UploadId = UploadId,
            Parts = parts,
            SkippedBytes = progress.SkippedBytes,
            NetworkBytes = progress.NetworkBytes,
            Retries = progress.Retries,
            SourceChanges = sourceChanges,
            RequestId = answer.RequestId,
            CallbackBody = answer.CallbackBody,
        };
    }

    // The service refused the list: the truth is what it holds. A part whose bytes are right keeps its place under the service's tag.
    async Task<bool> ReconcileAsync(CancellationToken ct)
    {
        var held = new Dictionary<int, UploadedPart>();
        await foreach (var part in _client.ListPartsAsync(_request.Bucket, _request.Key, UploadId, ct).ConfigureAwait(false))
        {
            held[part.PartNumber] = part;
        }

        var whole = true;
        foreach (var (number, part) in Parts())
        {
            if (held.TryGetValue(number, out var remote) && remote.Size == part.Length && remote.HashCrc64ecma == part.Crc)
            {
                Set(number, part with { ETag = new ETag(remote.ETag).Value });
            }
            else
            {
                Undo(number);
                whole = false;
            }
        }

        return whole;
    }

    void Set(int number, SentPart part)
    {
        lock (_lock)
        {
            _parts[number] = part;
        }
    }

    List<KeyValuePair<string, string>> TrafficLimit() =>
        _request.Properties?.TrafficLimitBitsPerSecond is { } limit ? [new("x-oss-traffic-limit", Text(limit))] : [];

    // OSS: MD5 over the upper-case hex tags of the parts, a dash, and their number.
    static string ComposedETag(List<KeyValuePair<int, SentPart>> parts) =>
        Convert.ToHexString(MD5.HashData(Encoding.ASCII.GetBytes(string.Concat(parts.Select(part => part.Value.ETag.ToUpperInvariant())))))
        + "-" + Text(parts.Count);

    internal static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
