using System.Globalization;
using Moss.Protocol.Errors;

namespace Moss.Client.Transfer;

/// <summary>
/// Uploads a file while it grows: every part that is whole goes out at once; when the file is finished, the rest is sent, all of it is read
/// once more, and what was rewritten meanwhile (the head of an MP4) is sent again before the upload completes.
/// </summary>
sealed class FollowUpload(
    OssClient client, UploadRequest request, UploadOptions options, FollowOptions follow, string path, TransferControl control, Pace pace)
{
    // Small enough that little is left to send when the recorder is done.
    const long FirstPartSize = 2 * 1024 * 1024;

    public async Task<UploadResult> RunAsync()
    {
        var ct = control.Token;
        using var source = new FileSource(path);
        for (var restarts = 0; ; restarts++)
        {
            try
            {
                return await FollowAsync(source, ct).ConfigureAwait(false);
            }
            catch (OssException e) when (e.Code == "NoSuchUpload" && restarts < 2)
            {
                control.Retried();
            }
        }
    }

    async Task<UploadResult> FollowAsync(FileSource source, CancellationToken ct)
    {
        var chosen = options with { PartSize = options.PartSize ?? FirstPartSize };
        var finder = new UploadFinder(client, request, chosen, source, control, pace);
        var upload = new SourceUpload(client, request, chosen, source, control, pace);
        var end = new EndOfGrowth(source, path, follow, client.Time, control.Finished);
        FoundUpload? found = null;
        PartSending? sending = null;
        try
        {
            while (true)
            {
                control.Phase("following");
                var finished = end.IsReached();
                var size = source.Stamp().Size;
                control.Total(size);
                if (found is null && size >= chosen.PartSize && size >= chosen.MultipartThreshold)
                {
                    found = await finder.FindAsync(ct).ConfigureAwait(false);
                    if (found.Completed is { } already)
                    {
                        return already;
                    }

                    sending = new(found.Session!, found.Plan, source, chosen, control, pace);
                    control.Phase("following");
                }

                if (sending is not null)
                {
                    await SendWholePartsAsync(sending, size, ct).ConfigureAwait(false);
                }

                if (finished)
                {
                    break;
                }

                await Task.WhenAny(Task.Delay(follow.PollEvery, client.Time, ct), control.Finished).ConfigureAwait(false);
                ct.ThrowIfCancellationRequested();
            }
        }
        catch
        {
            if (found?.Session is { } session)
            {
                if (!(options.KeepPartsOnFailure ?? session.Checkpoint is not null))
                {
                    await session.AbortAsync().ConfigureAwait(false);
                }

                session.Dispose();
            }

            throw;
        }

        return sending is null
            ? await upload.RunAsync().ConfigureAwait(false)
            : await upload.FinishAsync(finder, found!, sending, ct).ConfigureAwait(false);
    }

    static async Task SendWholePartsAsync(PartSending sending, long size, CancellationToken ct)
    {
        try
        {
            // Planned as of a file without end: a part is sent when it is there to its last byte.
            await sending.SendAsync(sending.Missing(long.MaxValue).TakeWhile(part => part.Offset + part.Length <= size), ct).ConfigureAwait(false);
        }
        catch (EndOfStreamException)
        {
            // The file was cut; the last reading finds out what is left of it.
        }
    }
}

/// <summary>Tells when a growing file is finished.</summary>
sealed class EndOfGrowth(FileSource source, string path, FollowOptions follow, TimeProvider time, Task finished)
{
    /// <summary>Looking at every process's files is dear: not at every poll.</summary>
    static readonly TimeSpan LookForWritersEvery = TimeSpan.FromSeconds(1);

    SourceStamp _last;
    long _changedAt = time.GetTimestamp();
    long _lookedAt;
    bool _hadWriter;

    public bool IsReached()
    {
        var stamp = source.Stamp();
        if (stamp != _last)
        {
            _last = stamp;
            _changedAt = time.GetTimestamp();
        }

        if (finished.IsCompleted)
        {
            return true;
        }

        if (follow.FinishOnRename && !source.IsUnderItsName())
        {
            source.Pin();
            return true;
        }

        return (follow.IdleTimeout is { } idle && time.GetElapsedTime(_changedAt) >= idle)
            || (follow.FinishOnClose && OperatingSystem.IsLinux() && WasClosed());
    }

    // Nobody writing means something only after somebody was seen writing: a writer of another user cannot be seen.
    bool WasClosed()
    {
        if (_lookedAt != 0 && time.GetElapsedTime(_lookedAt) < LookForWritersEvery)
        {
            return false;
        }

        _lookedAt = time.GetTimestamp();
        var hasWriter = HasWriter();
        var closed = _hadWriter && !hasWriter;
        _hadWriter |= hasWriter;
        return closed;
    }

    bool HasWriter()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(process)[0]))
            {
                continue;
            }

            try
            {
                foreach (var descriptor in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
                {
                    if (new FileInfo(descriptor).LinkTarget == path && IsWriting(process, Path.GetFileName(descriptor)))
                    {
                        return true;
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's process, or one that ended meanwhile.
            }
        }

        return false;
    }

    // fdinfo says the flags of open(2) in octal; the lowest two bits are 0 for a reader.
    static bool IsWriting(string process, string descriptor)
    {
        foreach (var line in File.ReadLines(Path.Combine(process, "fdinfo", descriptor)))
        {
            if (line.StartsWith("flags:", StringComparison.Ordinal))
            {
                var flags = line["flags:".Length..].Trim();
                return flags.Length > 0 && int.Parse(flags[^1..], CultureInfo.InvariantCulture) % 4 != 0;
            }
        }

        return false;
    }
}
