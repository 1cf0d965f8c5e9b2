using System.Globalization;
using Moss.Client.Http;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client.Transfer;

/// <summary>What there is to go on with.</summary>
/// <param name="Session">An open upload with its proven parts; null when there is nothing left to do.</param>
/// <param name="Completed">The result, when an earlier try had completed the upload and only its answer was lost.</param>
/// <param name="Adopted">Whether the upload was found without a checkpoint, so that its properties are not known.</param>
sealed record FoundUpload(UploadSession? Session, PartPlan Plan, UploadResult? Completed = null, bool Adopted = false);

/// <summary>
/// Finds the upload that an earlier try left: by the checkpoint, else among the open uploads of the key. ListParts is the truth about which
/// parts there are; a part counts only when its CRC-64 there (else its MD5) equals that of the local bytes now.
/// </summary>
sealed class UploadFinder
{
    /// <summary>More open uploads of one key are not looked into; the newest come first.</summary>
    const int MaxCandidates = 20;

    /// <summary>When so many uploads of the key are open already, the one that is begun next cannot be told from them after a crash.</summary>
    const int MaxKnown = 1000;

    const int HashParallelism = 4;

    readonly OssClient _client;
    readonly UploadRequest _request;
    readonly UploadOptions _options;
    readonly RandomSource _source;
    readonly TransferControl _control;
    readonly Pace _pace;
    readonly CheckpointIdentity _identity;
    readonly string? _path;

    public UploadFinder(
        OssClient client, UploadRequest request, UploadOptions options, RandomSource source, TransferControl control, Pace pace)
    {
        _client = client;
        _request = request;
        _options = options;
        _source = source;
        _control = control;
        _pace = pace;
        _identity = new("upload", client.Endpoint, request.Bucket, request.Key, source.Name ?? "");
        _path = options.EnableCheckpoint && source.Name is not null ? Checkpoint.PathOf(options.CheckpointDirectory, control.Id) : null;
    }

    string PropertiesMark => string.Join('\n', (_request.Properties?.ToInitiateHeaders() ?? []).Select(header => $"{header.Key}:{header.Value}"));

    public async Task<FoundUpload> FindAsync(CancellationToken ct)
    {
        _control.Phase("checking");
        if (_path is not null && Checkpoint.Open(_path, _identity, _client.Time) is var (checkpoint, lines))
        {
            try
            {
                if (await FromCheckpointAsync(checkpoint, lines, ct).ConfigureAwait(false) is { } found)
                {
                    return found;
                }
            }
            catch
            {
                checkpoint.Dispose();
                throw;
            }

            checkpoint.Delete();
        }

        var open = _options.ResumeWithoutCheckpoint ? await OpenUploadsAsync(ct).ConfigureAwait(false) : null;
        return open is not null && await AdoptAsync(open, ct).ConfigureAwait(false) is { } adopted
            ? adopted
            : await BeginAsync(open, ct).ConfigureAwait(false);
    }

    /// <summary>The upload that a checkpoint names is no longer wanted, for the source was sent otherwise.</summary>
    public async Task DiscardAsync()
    {
        if (_path is null || !File.Exists(_path) || Checkpoint.Open(_path, _identity, _client.Time) is not var (checkpoint, lines))
        {
            return;
        }

        if ((Word(lines, "upload")?[1] ?? await BegunAsync(lines, _control.Token).ConfigureAwait(false)) is { } id)
        {
            using var session = Session(id, null);
            await session.AbortAsync().ConfigureAwait(false);
        }

        checkpoint.Delete();
    }

    /// <summary>An adopted upload has the properties it was initiated with; where those are not the ones asked for, they are put right.</summary>
    public async Task EnsurePropertiesAsync(bool adopted, UploadResult result, CancellationToken ct)
    {
        if (!adopted || _request.Properties is not { } wanted)
        {
            return;
        }

        var info = await _client.HeadObjectAsync(_request.Bucket, _request.Key, new() { VersionId = result.VersionId }, ct).ConfigureAwait(false);
        var same = wanted.ToInitiateHeaders()
            .Where(header => !header.Key.StartsWith("x-oss-", StringComparison.Ordinal) || header.Key.StartsWith("x-oss-meta-", StringComparison.Ordinal))
            .All(header => info.Headers.Get(header.Key) == header.Value);
        if (!same)
        {
            // To itself: the service replaces the properties and moves no bytes.
            await _client.CopyObjectAsync(
                new(_request.Bucket, _request.Key), _request.Bucket, _request.Key, wanted with { ForbidOverwrite = false }, info.ETag, ct)
                .ConfigureAwait(false);
        }
    }

    async Task<FoundUpload?> FromCheckpointAsync(Checkpoint checkpoint, IReadOnlyList<string[]> lines, CancellationToken ct)
    {
        var isRecorded = Word(lines, "upload") is not null;
        if ((Word(lines, "upload")?[1] ?? await BegunAsync(lines, ct).ConfigureAwait(false)) is not { } id)
        {
            return null;
        }

        if (!isRecorded)
        {
            checkpoint.Append(now: true, "upload", id);
        }

        var session = Session(id, checkpoint);
        if (Word(lines, "properties") is { } properties && properties[1] != PropertiesMark)
        {
            // The object is to have other properties now; those of an upload cannot be changed.
            await session.AbortAsync().ConfigureAwait(false);
            session.Limiter.Dispose();
            return null;
        }

        try
        {
            var groups = lines.Where(line => line[0] == "group").Select(line => Number(line[1])).ToList();
            var parts = await ListAsync(id, ct).ConfigureAwait(false);
            var plan = PartPlan.Tell(groups, parts);
            var proven = await ProveAsync(parts, plan, Recorded(lines), ct).ConfigureAwait(false);
            KeepProven(plan, groups.Count, proven);
            for (var i = groups.Count; i < plan.GroupSizes.Count; i++)
            {
                checkpoint.Append(now: false, "group", UploadSession.Text(plan.GroupSizes[i])); // Lost with a torn tail, and found again.
            }

            return Skipping(session, plan, proven, adopted: !isRecorded);
        }
        catch (OssException e) when (e.Code is "NoSuchUpload")
        {
            session.Limiter.Dispose();
            if (await CompletedAsync(lines, id, ct).ConfigureAwait(false) is { } result)
            {
                checkpoint.Delete();
                return new(null, new(), result);
            }

            return null;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    // The upload is gone. When Complete had been sent, the object may be there: then its answer was lost and all is done, provided that the
    // source is still what was sent.
    async Task<UploadResult?> CompletedAsync(IReadOnlyList<string[]> lines, string uploadId, CancellationToken ct)
    {
        if (Word(lines, "completing") is not { } line || !Crc64.TryParse(line[2], out var crc))
        {
            return null;
        }

        var size = Number(line[3]);
        var info = await UploadSession.FindCompletedAsync(_client, _request, line[1], crc, size, ct).ConfigureAwait(false);
        if (info is null || _source.Stamp().Size != size
            || (await _source.HashAsync(0, size, withMd5: false, ct).ConfigureAwait(false))?.Crc != crc)
        {
            return null;
        }

        return new()
        {
            Bucket = _request.Bucket,
            Key = _request.Key,
            Size = size,
            ETag = info.ETag,
            Crc64 = crc,
            VersionId = info.VersionId,
            UploadId = uploadId,
            SkippedBytes = size,
        };
    }

    /// <summary>Begins an upload. What stands on disk before tells it apart should this process die before it learns the upload's id.</summary>
    async Task<FoundUpload> BeginAsync(List<ListedUpload>? open, CancellationToken ct)
    {
        var known = open is { Count: <= MaxKnown } ? open.ConvertAll(static upload => upload.UploadId) : null;
        var checkpoint = NewCheckpoint(known is null ? [] : [["initiating"], .. known.Select(static id => new[] { "known", id })]);
        try
        {
            var id = await InitiateAsync(known, ct).ConfigureAwait(false);
            checkpoint?.Append(now: true, "upload", id);
            return new(Session(id, checkpoint), new());
        }
        catch
        {
            checkpoint?.Dispose();
            throw;
        }
    }

    // Initiate begins another upload each time it is sent: before it is sent again, the upload whose answer was lost is looked for.
    async Task<string> InitiateAsync(List<string>? known, CancellationToken ct)
    {
        var request = OssClient.InitiateMultipartUploadRequest(_request.Bucket, _request.Key, _request.Properties);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var start = _client.Time.GetTimestamp();
                var id = await _client.InitiateMultipartUploadAsync(known is null ? request : request with { MaxAttempts = 1 }, ct).ConfigureAwait(false);
                _pace.Answered(_client.Time.GetElapsedTime(start));
                return id;
            }
            catch (Exception e) when (known is not null && attempt < _client.Options.MaxAttempts && RetryPolicy.Reason(e.InnerException ?? e) is not null)
            {
                _control.Retried();
                await Task.Delay(RetryPolicy.Delay(_client.Options, attempt, e), _client.Time, ct).ConfigureAwait(false);
            }

            if (await BegunAsync(known, ct).ConfigureAwait(false) is { } begun)
            {
                return begun;
            }
        }
    }

    /// <summary>The upload that this checkpoint's transfer began without learning its id.</summary>
    async Task<string?> BegunAsync(IReadOnlyList<string[]> lines, CancellationToken ct) =>
        lines.Any(static line => line[0] == "initiating")
            ? await BegunAsync([.. lines.Where(static line => line is ["known", _]).Select(static line => line[1])], ct).ConfigureAwait(false)
            : null;

    /// <summary>
    /// The one upload of the key that is not among the known ones and has no part: with parts, only their bytes may tell whose it is. Where
    /// there are several, nobody can say which belongs to another who has just begun.
    /// </summary>
    async Task<string?> BegunAsync(List<string> known, CancellationToken ct)
    {
        if (await OpenUploadsAsync(ct).ConfigureAwait(false) is not { } open
            || open.ExceptBy(known, static upload => upload.UploadId).ToList() is not [{ UploadId: var id }])
        {
            return null;
        }

        try
        {
            return (await ListAsync(id, ct).ConfigureAwait(false)).Count == 0 ? id : null;
        }
        catch (OssException e) when (e.Code is "NoSuchUpload")
        {
            return null;
        }
    }

    /// <summary>The open uploads of the key; null when these credentials may not list them.</summary>
    async Task<List<ListedUpload>?> OpenUploadsAsync(CancellationToken ct)
    {
        var open = new List<ListedUpload>();
        try
        {
            await foreach (var upload in _client.ListMultipartUploadsAsync(_request.Bucket, _request.Key, ct).ConfigureAwait(false))
            {
                if (upload.Key != _request.Key)
                {
                    break; // Sorted by key, and the key itself comes before all that it begins.
                }

                open.Add(upload);
            }
        }
        catch (OssException e) when (e.Code is "AccessDenied")
        {
            // Whoever may only write can still upload.
            return null;
        }

        return open;
    }

    /// <summary>The open upload of the key that has the most bytes in common with the source; null when none has any.</summary>
    async Task<FoundUpload?> AdoptAsync(List<ListedUpload> open, CancellationToken ct)
    {
        var candidates = open.Where(
            upload => _request.Properties?.StorageClass is not { } wanted || upload.StorageClass == wanted.ToWire());
        (string Id, PartPlan Plan, List<KeyValuePair<int, SentPart>> Parts, long Bytes) best = ("", new(), [], 0);
        foreach (var upload in candidates.OrderByDescending(upload => upload.Initiated).Take(MaxCandidates))
        {
            try
            {
                var parts = await ListAsync(upload.UploadId, ct).ConfigureAwait(false);
                var plan = PartPlan.Tell([], parts);
                var proven = await ProveAsync(parts, plan, [], ct).ConfigureAwait(false);
                var bytes = proven.Sum(part => part.Value.Length);
                if (bytes > best.Bytes)
                {
                    best = (upload.UploadId, plan, proven, bytes);
                }
            }
            catch (OssException e) when (e.Code is "NoSuchUpload" or "AccessDenied")
            {
                // It ended meanwhile, or may not be looked into.
            }
        }

        if (best.Bytes == 0)
        {
            return null;
        }

        KeepProven(best.Plan, 0, best.Parts);
        var checkpoint = NewCheckpoint(
        [
            ["upload", best.Id],
            .. best.Plan.GroupSizes.Select(static size => new[] { "group", UploadSession.Text(size) }),
            .. best.Parts.Select(static part => new[]
            {
                "part", UploadSession.Text(part.Key), UploadSession.Text(part.Value.Length), Crc64.Format(part.Value.Crc), part.Value.ETag,
            }),
        ]);
        var session = Session(best.Id, checkpoint);
        return Skipping(session, best.Plan, best.Parts, adopted: true);
    }

    static FoundUpload Skipping(UploadSession session, PartPlan plan, List<KeyValuePair<int, SentPart>> proven, bool adopted)
    {
        foreach (var (number, part) in proven)
        {
            session.Skip(number, part);
        }

        return new(session, plan, Adopted: adopted);
    }

    // Groups that were told, and of which nothing is proven, may have been told wrongly; they are chosen anew.
    static void KeepProven(PartPlan plan, int recorded, List<KeyValuePair<int, SentPart>> proven)
    {
        var last = proven.Count == 0 ? 0 : ((proven.Max(part => part.Key) - 1) / PartPlan.GroupParts) + 1;
        plan.Keep(Math.Max(recorded, last));
    }

    async Task<List<UploadedPart>> ListAsync(string uploadId, CancellationToken ct)
    {
        var parts = new List<UploadedPart>();
        await foreach (var part in _client.ListPartsAsync(_request.Bucket, _request.Key, uploadId, ct).ConfigureAwait(false))
        {
            parts.Add(part);
        }

        return parts;
    }

    /// <summary>The parts whose checksum on the service is that of the local bytes now.</summary>
    async Task<List<KeyValuePair<int, SentPart>>> ProveAsync(
        List<UploadedPart> parts, PartPlan plan, Dictionary<int, SentPart> recorded, CancellationToken ct)
    {
        var planned = plan.Parts(_source.Stamp().Size).ToDictionary(part => part.Number);
        var proven = new List<KeyValuePair<int, SentPart>>();
        await Parallel.ForEachAsync(
            parts,
            new ParallelOptions { MaxDegreeOfParallelism = HashParallelism, CancellationToken = ct },
            async (part, token) =>
            {
                if (!planned.TryGetValue(part.PartNumber, out var local) || local.Length != part.Size)
                {
                    return;
                }

                var tag = new ETag(part.ETag).Value;
                var hash = await _source.HashAsync(local.Offset, local.Length, part.HashCrc64ecma is null, token).ConfigureAwait(false);
                if (hash is not var (crc, md5))
                {
                    return;
                }

                // Without a CRC the tag decides: it is the MD5, or the one under which the service confirmed a CRC when the part was sent.
                var same = part.HashCrc64ecma is { } remote
                    ? remote == crc
                    : tag.Equals(Convert.ToHexString(md5!), StringComparison.OrdinalIgnoreCase)
                        || (recorded.TryGetValue(part.PartNumber, out var sent) && sent == new SentPart(local.Length, crc, tag));
                if (same)
                {
                    lock (proven)
                    {
                        proven.Add(new(part.PartNumber, new(local.Length, crc, tag)));
                    }
                }
            }).ConfigureAwait(false);
        return proven;
    }

    Checkpoint? NewCheckpoint(IReadOnlyList<string[]> lines)
    {
        if (_path is null)
        {
            return null;
        }

        var stamp = _source.Stamp();
        return Checkpoint.Create(
            _path,
            _identity,
            _client.Time,
            [
                ["source", UploadSession.Text(stamp.Size), UploadSession.Text(stamp.ModifiedTicks)],
                ["properties", PropertiesMark],
                .. lines,
            ]);
    }

    UploadSession Session(string uploadId, Checkpoint? checkpoint) =>
        new(_client, _request, _options, _control, _pace, uploadId, checkpoint);

    static Dictionary<int, SentPart> Recorded(IReadOnlyList<string[]> lines)
    {
        var recorded = new Dictionary<int, SentPart>();
        foreach (var line in lines)
        {
            if (line is ["part", var number, var length, var crc, var tag] && Crc64.TryParse(crc, out var value))
            {
                recorded[(int)Number(number)] = new(Number(length), value, tag);
            }
        }

        return recorded;
    }

    static string[]? Word(IReadOnlyList<string[]> lines, string word) => lines.LastOrDefault(line => line[0] == word && line.Length > 1);

    static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
