using Moss.Protocol.Errors;

namespace Moss.Client.Transfer;

/// <summary>
/// Uploads a source that is read by position. The order is: find what an earlier try left and prove it; send what is missing; read the whole
/// source once more and send again what changed, until a reading finds nothing changed; complete; prove the object.
/// </summary>
sealed class SourceUpload
{
    readonly OssClient _client;
    readonly UploadRequest _request;
    readonly UploadOptions _options;
    readonly RandomSource _source;
    readonly TransferControl _control;
    readonly Pace _pace;

    public SourceUpload(
        OssClient client, UploadRequest request, UploadOptions options, RandomSource source, TransferControl control, Pace pace)
    {
        _client = client;
        _request = request;
        _options = options;
        _source = source;
        _control = control;
        _pace = pace;
    }

    public async Task<UploadResult> RunAsync()
    {
        using (_source)
        {
            var size = _source.Stamp().Size;
            _control.Total(size);
            if (size == 0 || size < _options.MultipartThreshold)
            {
                var small = await new SmallUpload(_client, _request, _options, _source, _control).RunAsync().ConfigureAwait(false);
                await new UploadFinder(_client, _request, _options, _source, _control, _pace).DiscardAsync().ConfigureAwait(false);
                return small;
            }

            for (var restarts = 0; ; restarts++)
            {
                try
                {
                    return await RunMultipartAsync().ConfigureAwait(false);
                }
                catch (OssException e) when (e.Code == "NoSuchUpload" && restarts < 2)
                {
                    // Aborted by a lifecycle rule or by another: begin anew. The checkpoint of an upload that is gone is found out there.
                    _control.Retried();
                }
            }
        }
    }

    async Task<UploadResult> RunMultipartAsync()
    {
        var ct = _control.Token;
        var finder = new UploadFinder(_client, _request, _options, _source, _control, _pace);
        var found = await finder.FindAsync(ct).ConfigureAwait(false);
        if (found.Completed is { } already)
        {
            return already;
        }

        var sending = new PartSending(found.Session!, found.Plan, _source, _options, _control, _pace);
        return await FinishAsync(finder, found, sending, ct).ConfigureAwait(false);
    }

    /// <summary>Settles and completes; on failure keeps or discards what is on the service, as the options say.</summary>
    public async Task<UploadResult> FinishAsync(UploadFinder finder, FoundUpload found, PartSending sending, CancellationToken ct)
    {
        using var session = found.Session!;
        try
        {
            while (true)
            {
                await sending.SettleAsync(ct).ConfigureAwait(false);
                if (await session.CompleteAsync(sending.Changes, ct).ConfigureAwait(false) is { } result)
                {
                    session.Checkpoint?.Delete();
                    await finder.EnsurePropertiesAsync(found.Adopted, result, ct).ConfigureAwait(false);
                    return result;
                }
            }
        }
        catch (Exception e) when (e is not ChecksumMismatchException && !(_options.KeepPartsOnFailure ?? session.Checkpoint is not null))
        {
            await session.AbortAsync().ConfigureAwait(false);
            session.Checkpoint?.Delete();
            throw;
        }
    }
}

/// <summary>Sends and verifies the parts of a source against a plan.</summary>
sealed class PartSending(
    UploadSession session, PartPlan plan, RandomSource source, UploadOptions options, TransferControl control, Pace pace)
{
    /// <summary>So many parts are hashed at once: reading is the disk's business, and a core does 10 GB/s.</summary>
    const int HashParallelism = 4;

    /// <summary>Rounds that were needed because the source changed.</summary>
    public int Changes { get; private set; }

    /// <summary>Sends until one complete reading of the source, begun after the last part was sent, gives the bytes that were sent.</summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        while (true)
        {
            control.Phase("sending");
            var size = source.Stamp().Size;
            control.Total(size);
            var steady = await SendMissingAsync(size, ct).ConfigureAwait(false);
            control.Phase("verifying");
            source.Reopen();
            if (steady & await VerifyAsync(size, ct).ConfigureAwait(false))
            {
                return;
            }

            if (++Changes > options.MaxSourceChanges)
            {
                throw new SourceChangedException(
                    $"'{source.Name ?? "The stream"}' changed {Changes} times while it was uploaded; no object was made of it.");
            }
        }
    }

    /// <summary>
    /// Sends every part that is not there or has another length now. False when the source ended early: it was cut meanwhile.
    /// </summary>
    public async Task<bool> SendMissingAsync(long size, CancellationToken ct)
    {
        try
        {
            await SendAsync(Missing(size), ct).ConfigureAwait(false);
            return true;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    /// <summary>Sends these parts, as many at once as the limiter lets; the first failure stops all.</summary>
    public async Task SendAsync(IEnumerable<PlannedPart> parts, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = new List<Task>();
        try
        {
            foreach (var part in parts)
            {
                await session.Limiter.AcquireAsync(stop.Token).ConfigureAwait(false);
                await EnterAsync(stop.Token).ConfigureAwait(false);
                running.RemoveAll(static task => task.IsCompletedSuccessfully);
                running.Add(SendOneAsync(part, stop));
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // A part failed; its exception is thrown below.
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var failure in running.Where(task => task.IsFaulted))
        {
            await failure.ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Reads the source and takes back every part that is not what was sent. True when the source is whole and as it was sent, and did not
    /// change its size or time while it was read.
    /// </summary>
    public async Task<bool> VerifyAsync(long size, CancellationToken ct)
    {
        var before = source.Stamp();
        var steady = before.Size == size;
        var expected = plan.Parts(before.Size).ToDictionary(part => part.Number);
        foreach (var (number, part) in session.Parts())
        {
            if (!expected.TryGetValue(number, out var planned) || planned.Length != part.Length)
            {
                session.Undo(number);
                steady = false;
            }
        }

        await Parallel.ForEachAsync(
            session.Parts(),
            new ParallelOptions { MaxDegreeOfParallelism = HashParallelism, CancellationToken = ct },
            async (part, token) =>
            {
                var hash = await source.HashAsync(expected[part.Key].Offset, part.Value.Length, withMd5: false, token).ConfigureAwait(false);
                if (hash?.Crc != part.Value.Crc)
                {
                    session.Undo(part.Key);
                    Volatile.Write(ref steady, false);
                }
            }).ConfigureAwait(false);
        // No part overlaps another, so that together they are the whole exactly when their lengths are.
        return steady && source.Stamp() == before && session.Parts().Sum(static part => part.Value.Length) == size;
    }

    /// <summary>The parts that are not there, in order; sizes of new groups are chosen and recorded as they are reached.</summary>
    public IEnumerable<PlannedPart> Missing(long size)
    {
        for (var number = 1; Planned(number, size) is { } part; number++)
        {
            if (session.Find(number) is not { } sent || sent.Length != part.Length)
            {
                session.Undo(number);
                yield return part;
            }
        }
    }

    public PlannedPart? Planned(int number, long size)
    {
        var groups = plan.GroupSizes.Count;
        // While a file still grows, a part is at least a thousandth of what is there, so that the numbers last for 16 TB.
        var part = plan.Part(
            number,
            size,
            () => Math.Max(
                options.PartSize ?? pace.PartSize(
                    groups > 0 ? plan.GroupSizes[groups - 1] : null, size - plan.End, options.Parallelism ?? options.MaxParallelism),
                size == long.MaxValue ? PartPlan.RoundUp(plan.End / 1000, 64 * 1024) : 0));
        if (plan.GroupSizes.Count > groups)
        {
            session.Checkpoint?.Append(now: false, "group", UploadSession.Text(plan.GroupSizes[^1]));
        }

        return part;
    }

    async ValueTask EnterAsync(CancellationToken ct)
    {
        try
        {
            await control.EnterAsync(ct).ConfigureAwait(false);
        }
        catch
        {
            session.Limiter.Release();
            throw;
        }
    }

    async Task SendOneAsync(PlannedPart part, CancellationTokenSource stop)
    {
        try
        {
            await session.SendAsync(part.Number, RequestBody.FromRange(source, part.Offset, part.Length), stop.Token).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}

/// <summary>
/// Uploads a small source with one PutObject. It is read twice: once for its checksum, once to be sent; unless both readings agree, the last
/// block is held back and the service stores nothing. A third reading proves that the source is still what was sent.
/// </summary>
sealed class SmallUpload(OssClient client, UploadRequest request, UploadOptions options, RandomSource source, TransferControl control)
{
    public async Task<UploadResult> RunAsync()
    {
        var ct = control.Token;
        for (var changes = 0; changes <= options.MaxSourceChanges; changes++)
        {
            control.Phase("sending");
            var size = source.Stamp().Size;
            control.Total(size);
            if (await source.HashAsync(0, size, withMd5: false, ct).ConfigureAwait(false) is var (crc, _)
                && await PutAsync(size, crc, ct).ConfigureAwait(false) is { } answer)
            {
                UploadSession.Prove(request.Key, crc, answer.Crc64 ?? crc);
                control.Phase("verifying");
                source.Reopen();
                var stamp = source.Stamp();
                var again = await source.HashAsync(0, size, withMd5: false, ct).ConfigureAwait(false);
                if (stamp.Size == size && again?.Crc == crc)
                {
                    return Result(answer, size, crc, changes);
                }

                if (request.Properties?.ForbidOverwrite == true)
                {
                    throw new SourceChangedException(
                        $"'{source.Name}' changed after it had been stored as it was a moment before; that object may not be overwritten.");
                }
            }
            else
            {
                source.Reopen();
            }
        }

        throw new SourceChangedException($"'{source.Name ?? "The stream"}' changed each of the {options.MaxSourceChanges + 1} times it was sent.");
    }

    // Null when the source changed between the two readings.
    async Task<WriteResult?> PutAsync(long size, ulong crc, CancellationToken ct)
    {
        var progress = new RequestProgress(control);
        var retried = false;
        await control.EnterAsync(ct).ConfigureAwait(false);
        try
        {
            var put = OssClient.PutObjectRequest(
                request.Bucket, request.Key, RequestBody.FromRange(source, 0, size, crc), request.Properties) with
            {
                Observer = progress,
                MaxAttempts = options.MaxAttempts,
                Retrying = _ =>
                {
                    retried = true;
                    progress.Restart();
                    control.Retried();
                },
            };
            var answer = await client.PutObjectAsync(put, ct).ConfigureAwait(false);
            control.PartDone(skipped: false, size);
            return answer;
        }
        catch (Exception e) when (e is SourceChangedException or EndOfStreamException)
        {
            progress.Restart();
            return null;
        }
        catch (OssException e) when (e.Code == "FileAlreadyExists" && retried)
        {
            // It may be this upload's own first try, whose answer was lost.
            var info = await client.FindObjectAsync(request.Bucket, request.Key, ct).ConfigureAwait(false);
            if (info?.Crc64 != crc || info.Size != size)
            {
                throw;
            }

            return new() { ETag = info.ETag, Crc64 = info.Crc64, VersionId = info.VersionId, RequestId = info.RequestId };
        }
        finally
        {
            control.Leave();
        }
    }

    UploadResult Result(WriteResult answer, long size, ulong crc, int changes)
    {
        var progress = control.Progress;
        return new()
        {
            Bucket = request.Bucket,
            Key = request.Key,
            Size = size,
            ETag = answer.ETag,
            Crc64 = crc,
            VersionId = answer.VersionId,
            NetworkBytes = progress.NetworkBytes,
            Retries = progress.Retries,
            SourceChanges = changes,
            RequestId = answer.RequestId,
            CallbackBody = answer.CallbackBody,
        };
    }
}
