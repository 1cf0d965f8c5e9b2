using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Client.Transfer;

/// <summary>One download to a file.</summary>
sealed class FileDownload(
    OssClient client, DownloadRequest request, DownloadOptions options, TransferControl control, ConcurrencyLimiter limiter)
{
    const long DefaultPartSize = 8L * 1024 * 1024;

    /// <summary>More ranges would only make the record long.</summary>
    const int MaxParts = 10_000;

    const int BlockSize = 128 * 1024;

    const int HashParallelism = 4;

    /// <summary>A range that comes differently so often is not damaged on its way but unsteady at its source.</summary>
    const int MaxConfirmations = 6;

    public async Task<DownloadResult> RunAsync()
    {
        if (!options.Overwrite && File.Exists(request.Path))
        {
            throw new IOException($"The file '{request.Path}' already exists.");
        }

        for (var changes = 0; ; changes++)
        {
            try
            {
                return await OnceAsync(control.Token).ConfigureAwait(false);
            }
            catch (ObjectChangedException) when (changes < options.MaxObjectChanges)
            {
                control.Retried();
            }
            catch (OssException e) when (e.Code == "PreconditionFailed")
            {
                if (changes >= options.MaxObjectChanges)
                {
                    throw new ObjectChangedException($"'{request.Key}' was replaced {changes + 1} times while it was downloaded.", e);
                }

                control.Retried();
            }
        }
    }

    async Task<DownloadResult> OnceAsync(CancellationToken ct)
    {
        control.Phase("checking");
        var info = await client.HeadObjectAsync(request.Bucket, request.Key, new() { VersionId = request.VersionId }, ct).ConfigureAwait(false);
        control.Total(info.Size);
        var target = DownloadTarget.Open(client, request, options, control.Id, info);
        try
        {
            var parts = Plan(info.Size);
            var done = await RecordedAsync(target, parts, ct).ConfigureAwait(false);
            control.Phase("receiving");
            await FetchAsync(info, target, [.. parts.Where(part => !done.ContainsKey(part.Number))], done, ct).ConfigureAwait(false);
            var crc = await ProveAsync(info, target, parts, done, ct).ConfigureAwait(false);
            target.MoveIntoPlace(info);
            var progress = control.Progress;
            return new()
            {
                Path = request.Path,
                Info = info,
                Size = info.Size,
                Crc64 = crc,
                IsVerified = info.Crc64 is not null,
                SkippedBytes = progress.SkippedBytes,
                NetworkBytes = progress.NetworkBytes,
                Retries = progress.Retries,
            };
        }
        catch (Exception e) when (e is ChecksumMismatchException or ObjectChangedException or OssException { Code: "PreconditionFailed" })
        {
            target.Discard(); // What is there is of no use for another try.
            throw;
        }
        finally
        {
            target.Dispose();
        }
    }

    List<PlannedPart> Plan(long size)
    {
        var partSize = Math.Max(options.PartSize ?? DefaultPartSize, PartPlan.RoundUp((size / MaxParts) + 1, 1024 * 1024) * (size / MaxParts > DefaultPartSize ? 1 : 0));
        var parts = new List<PlannedPart>();
        for (long offset = 0; offset < size; offset += partSize)
        {
            parts.Add(new(parts.Count + 1, offset, Math.Min(partSize, size - offset)));
        }

        return parts;
    }

    // What an earlier try recorded counts when the bytes are still there.
    async Task<Dictionary<int, ulong>> RecordedAsync(DownloadTarget target, List<PlannedPart> parts, CancellationToken ct)
    {
        var done = new Dictionary<int, ulong>();
        await Parallel.ForEachAsync(
            parts.Where(part => target.Recorded.TryGetValue(part.Offset, out var record) && record.Length == part.Length),
            new ParallelOptions { MaxDegreeOfParallelism = HashParallelism, CancellationToken = ct },
            async (part, token) =>
            {
                if (await target.HashAsync(part, token).ConfigureAwait(false) == target.Recorded[part.Offset].Crc)
                {
                    lock (done)
                    {
                        done[part.Number] = target.Recorded[part.Offset].Crc;
                    }

                    control.PartDone(skipped: true, part.Length);
                }
            }).ConfigureAwait(false);
        return done;
    }

    async Task FetchAsync(
        ObjectInfo info, DownloadTarget target, IReadOnlyList<PlannedPart> parts, Dictionary<int, ulong> done, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = new List<Task>();
        try
        {
            foreach (var part in parts)
            {
                await limiter.AcquireAsync(stop.Token).ConfigureAwait(false);
                running.RemoveAll(static task => task.IsCompletedSuccessfully);
                running.Add(FetchOneAsync(info, target, part, done, stop));
            }
        }
        catch (OperationCanceledException)
        {
            // The caller cancelled, or a range failed, whose exception is thrown below.
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var failure in running.Where(static task => task.IsFaulted))
        {
            await failure.ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
    }

    async Task FetchOneAsync(
        ObjectInfo info, DownloadTarget target, PlannedPart part, Dictionary<int, ulong> done, CancellationTokenSource stop)
    {
        try
        {
            await control.EnterAsync(stop.Token).ConfigureAwait(false);
            try
            {
                var crc = await FetchRangeAsync(info, target, part, stop.Token).ConfigureAwait(false);
                lock (done)
                {
                    done[part.Number] = crc;
                }

                target.Record(part, crc);
                control.PartDone(skipped: false, part.Length);
            }
            finally
            {
                control.Leave();
            }
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            limiter.Release();
        }
    }

    async Task<ulong> FetchRangeAsync(ObjectInfo info, DownloadTarget target, PlannedPart part, CancellationToken ct)
    {
        var progress = new RequestProgress(control, limiter.Moved);
        var ask = new GetObjectOptions
        {
            VersionId = request.VersionId,
            Offset = part.Offset,
            Length = part.Length,
            IfMatch = info.ETag,
            TrafficLimitBitsPerSecond = options.TrafficLimitBitsPerSecond,
            MaxAttempts = options.MaxAttempts,
            Retrying = reason =>
            {
                control.Retried();
                if (reason is "Timeout" or "ServiceUnavailable" || reason.EndsWith("Exceeded", StringComparison.Ordinal))
                {
                    limiter.Overloaded();
                }
            },
        };
        var crc = default(Crc64);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            var answer = await client.GetObjectAsync(request.Bucket, request.Key, ask, ct).ConfigureAwait(false);
            await using var _ = answer.ConfigureAwait(false);
            if (answer.ContentLength != part.Length || answer.Info.Size != info.Size)
            {
                throw new ObjectChangedException($"The service answered {answer.ContentLength} bytes of '{request.Key}' instead of {part.Length}.");
            }

            while (crc.Length < part.Length)
            {
                var read = await answer.Content.ReadAsync(buffer, ct).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new OssTransportException($"'{request.Key}' ended early.", 1);
                }

                crc.Append(buffer.AsSpan(0, read));
                await target.WriteAsync(buffer.AsMemory(0, read), part.Offset + crc.Length - read, ct).ConfigureAwait(false);
                progress.Moved(read);
            }

            return crc.Value;
        }
        catch
        {
            progress.Restart();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// The CRC-64 of the whole, proven to be the service's. When it is not, some range was damaged on its way and nobody knows which: each is
    /// fetched until it came twice the same.
    /// </summary>
    async Task<ulong> ProveAsync(
        ObjectInfo info, DownloadTarget target, List<PlannedPart> parts, Dictionary<int, ulong> done, CancellationToken ct)
    {
        control.Phase("verifying");
        var crc = Combined(parts, done);
        if (info.Crc64 is not { } remote || remote == crc)
        {
            return crc;
        }

        var doubtful = parts;
        for (var round = 0; doubtful.Count > 0 && round < MaxConfirmations; round++)
        {
            var before = new Dictionary<int, ulong>(done);
            foreach (var part in doubtful)
            {
                control.PartUndone(skipped: false, part.Length);
            }

            await FetchAsync(info, target, doubtful, done, ct).ConfigureAwait(false);
            doubtful = [.. doubtful.Where(part => before[part.Number] != done[part.Number])];
            crc = Combined(parts, done);
            if (crc == remote)
            {
                return crc;
            }
        }

        throw new ChecksumMismatchException(
            $"'{request.Key}' arrived damaged, and again when it was fetched anew: CRC-64 {crc} instead of {remote}. No file was made.", crc, remote);
    }

    static ulong Combined(List<PlannedPart> parts, Dictionary<int, ulong> done) =>
        parts.Aggregate(0UL, (crc, part) => Crc64.Combine(crc, done[part.Number], part.Length));
}

/// <summary>The temporary file of a download and its checkpoint.</summary>
sealed class DownloadTarget : IDisposable
{
    readonly string _path;
    readonly string _temporary;
    readonly SafeFileHandle _file;
    readonly Checkpoint? _checkpoint;
    bool _gone;

    DownloadTarget(string path, string temporary, SafeFileHandle file, Checkpoint? checkpoint, IReadOnlyDictionary<long, (long Length, ulong Crc)> recorded)
    {
        _path = path;
        _temporary = temporary;
        _file = file;
        _checkpoint = checkpoint;
        Recorded = recorded;
    }

    /// <summary>What an earlier try recorded, by offset.</summary>
    public IReadOnlyDictionary<long, (long Length, ulong Crc)> Recorded { get; }

    public static DownloadTarget Open(OssClient client, DownloadRequest request, DownloadOptions options, string id, ObjectInfo info)
    {
        var directory = Path.GetDirectoryName(request.Path)!;
        Directory.CreateDirectory(directory);
        // Beside the target, so that the rename stays within one file system.
        var temporary = Path.Combine(directory, $".{id[..16]}.moss-download");
        var identity = new CheckpointIdentity("download", client.Endpoint, request.Bucket, request.Key, request.Path);
        string[] described = ["object", info.ETag, Text(info.Size), info.Crc64 is { } crc ? Crc64.Format(crc) : "", info.VersionId ?? ""];
        var path = options.EnableCheckpoint ? Checkpoint.PathOf(options.CheckpointDirectory, id) : null;
        if (path is not null && Checkpoint.Open(path, identity, client.Time) is var (checkpoint, lines))
        {
            if (lines.Count > 0 && lines[0].SequenceEqual(described) && File.Exists(temporary))
            {
                return new(request.Path, temporary, OpenFile(temporary, FileMode.Open, 0), checkpoint, Read(lines));
            }

            checkpoint.Delete();
        }

        File.Delete(temporary);
        var file = OpenFile(temporary, FileMode.CreateNew, info.Size);
        try
        {
            return new(
                request.Path,
                temporary,
                file,
                path is null ? null : Checkpoint.Create(path, identity, client.Time, [described, ["temporary", temporary]]),
                new Dictionary<long, (long, ulong)>());
        }
        catch
        {
            file.Dispose();
            File.Delete(temporary);
            throw;
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, long offset, CancellationToken ct) =>
        RandomAccess.WriteAsync(_file, bytes, offset, ct);

    public void Record(PlannedPart part, ulong crc) =>
        _checkpoint?.Append(now: false, "part", Text(part.Number), Text(part.Offset), Text(part.Length), Crc64.Format(crc));

    /// <summary>CRC-64 of a range of the file; null when it is not there.</summary>
    public async Task<ulong?> HashAsync(PlannedPart part, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1024 * 1024);
        try
        {
            var crc = default(Crc64);
            while (crc.Length < part.Length)
            {
                var want = buffer.AsMemory(0, (int)Math.Min(buffer.Length, part.Length - crc.Length));
                var read = await RandomAccess.ReadAsync(_file, want, part.Offset + crc.Length, ct).ConfigureAwait(false);
                if (read == 0)
                {
                    return null;
                }

                crc.Append(want.Span[..read]);
            }

            return crc.Value;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Makes the file durable under its name: all at once, or not at all.</summary>
    public void MoveIntoPlace(ObjectInfo info)
    {
        RandomAccess.SetLength(_file, info.Size);
        RandomAccess.FlushToDisk(_file);
        if (info.LastModified != default)
        {
            File.SetLastWriteTimeUtc(_file, info.LastModified.UtcDateTime);
        }

        _file.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        Interop.LibC.FlushDirectory(Path.GetDirectoryName(_path)!);
        _gone = true;
        _checkpoint?.Delete();
    }

    /// <summary>Nothing of it is of use.</summary>
    public void Discard()
    {
        _file.Dispose();
        File.Delete(_temporary);
        _gone = true;
        _checkpoint?.Delete();
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_gone)
        {
            return;
        }

        if (_checkpoint is null)
        {
            File.Delete(_temporary);
        }
        else
        {
            _checkpoint.Dispose();
        }
    }

    static SafeFileHandle OpenFile(string path, FileMode mode, long size) => File.OpenHandle(
        path, mode, FileAccess.ReadWrite, FileShare.Delete | FileShare.Read, FileOptions.Asynchronous, mode == FileMode.CreateNew ? size : 0);

    static Dictionary<long, (long, ulong)> Read(IReadOnlyList<string[]> lines)
    {
        var recorded = new Dictionary<long, (long, ulong)>();
        foreach (var line in lines)
        {
            if (line is ["part", _, var offset, var length, var crc] && Crc64.TryParse(crc, out var value))
            {
                recorded[Number(offset)] = (Number(length), value);
            }
        }

        return recorded;
    }

    static string Text(long value) => UploadSession.Text(value);

    static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
