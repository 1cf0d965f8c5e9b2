using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Limits;
using Moss.Protocol.Names;
using Moss.Protocol.Xml;

namespace Moss.Client.Transfer;

/// <summary>How copies are done.</summary>
public sealed record CopyOptions
{
    /// <summary>Objects of more bytes are copied by parts. Default 512 MiB; the real service copies at most 1 to 5 GB in one request.</summary>
    public long MultipartThreshold { get; init; } = 512L * 1024 * 1024;

    /// <summary>Bytes a part, 100 KiB to 5 GiB. Default 256 MiB, and more when there would be more than 10,000.</summary>
    public long PartSize { get; init; } = 256L * 1024 * 1024;

    /// <summary>Parts in flight at once. Default 4.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>
    /// Whether a record is kept on disk, so that a copy by parts goes on after a crash; it goes on only with the same source and the same properties.
    /// </summary>
    public bool EnableCheckpoint { get; init; } = true;

    /// <summary>Where checkpoints are; null as for <see cref="UploadOptions.CheckpointDirectory"/>.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>Told of the progress, at most ten times a second, from any thread.</summary>
    public IProgress<TransferProgress>? Progress { get; init; }
}

/// <summary>One copy within a service.</summary>
public sealed record CopyRequest
{
    public required CopySource Source { get; init; }

    public required string Bucket { get; init; }

    public required string Key { get; init; }

    /// <summary>Instead of the properties of the source; null keeps those (the ACL is never copied).</summary>
    public ObjectProperties? Properties { get; init; }

    /// <summary>
    /// The ETag that the source must have, with or without quotes: that of the answer that <see cref="Properties"/> were made of. When it has another, there
    /// is an <see cref="ObjectChangedException"/> and nothing was changed. Null takes the source as it is found.
    /// </summary>
    public string? IfMatch { get; init; }

    /// <summary>
    /// The version that the source must be, asked for without its id; with <see cref="IfMatch"/> it tells apart versions of equal bytes. Unlike
    /// <see cref="CopySource.VersionId"/> it never makes a copy of what is no longer current. Null takes any.
    /// </summary>
    public string? IfVersionId { get; init; }

    /// <summary>Instead of the copier's own.</summary>
    public CopyOptions? Options { get; init; }
}

/// <summary>What a copy gave. All sizes are bytes.</summary>
public sealed record CopyResult
{
    public required string Bucket { get; init; }

    public required string Key { get; init; }

    public required long Size { get; init; }

    /// <summary>Without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>CRC-64/XZ of source and copy alike; null when the service says none.</summary>
    public ulong? Crc64 { get; init; }

    public string? VersionId { get; init; }

    /// <summary>Parts of the copy; 0 for one CopyObject.</summary>
    public int Parts { get; init; }

    /// <summary>Bytes that an earlier try had copied.</summary>
    public long SkippedBytes { get; init; }
}

/// <summary>Copies objects of any size within a service; the bytes never pass the client.</summary>
/// <remarks>
/// <para>Every request is bound to the ETag that the source had in the beginning, and in the end the CRC-64 of the copy is compared with that of the
/// source: a copy is the source as it was, or there is an exception. <see cref="ObjectChangedException"/>: the source was replaced meanwhile.
/// <see cref="ChecksumMismatchException"/>: the copy is not the source; it was left where it is.</para>
/// <para>A copy of an object onto itself in one request replaces what it was bound to, or nothing. By parts it cannot be that strict, for the service
/// completes an upload without asking what stands there: the object is asked for once more right before, and what is written between that answer
/// and the completion is replaced by the copy. Choose <see cref="CopyOptions.MultipartThreshold"/> as large as the service copies in one request.</para>
/// </remarks>
public sealed class Copier(OssClient client, CopyOptions? options = null)
{
    readonly CopyOptions _options = options ?? new();

    /// <summary>Starts a copy and gives its handle at once.</summary>
    /// <param name="ct">Cancels the transfer, as <see cref="TransferHandle{TResult}.CancelAsync"/> does.</param>
    public Task<TransferHandle<CopyResult>> StartAsync(CopyRequest request, CancellationToken ct = default)
    {
        var chosen = request.Options ?? _options;
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.PartSize, OssLimits.MinPartSize, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chosen.PartSize, OssLimits.MaxPartSize, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(chosen.Parallelism, 1, nameof(request));
        var control = new TransferControl(
            Uploader.IdOf(
                "copy", client.Endpoint, request.Bucket, request.Key, request.Source.Bucket, request.Source.Key, request.Source.VersionId ?? ""),
            client.Time,
            chosen.Progress,
            ct);
        return Task.FromResult(new TransferHandle<CopyResult>(
            control, run => new ObjectCopy(client, request, chosen, run).RunAsync()));
    }

    /// <summary>Copies and waits for the end.</summary>
    public async Task<CopyResult> CopyAsync(CopyRequest request, CancellationToken ct = default)
    {
        var handle = await StartAsync(request, ct).ConfigureAwait(false);
        return await handle.WaitAsync(CancellationToken.None).ConfigureAwait(false);
    }
}

/// <summary>One copy.</summary>
sealed class ObjectCopy(OssClient client, CopyRequest request, CopyOptions options, TransferControl control)
{
    public async Task<CopyResult> RunAsync()
    {
        var ct = control.Token;
        control.Phase("checking");
        var source = await client.HeadObjectAsync(
            request.Source.Bucket, request.Source.Key, new() { VersionId = request.Source.VersionId }, ct).ConfigureAwait(false);
        Demand(source, request.IfMatch, request.IfVersionId, "Nothing was changed.");
        control.Total(source.Size);
        try
        {
            return source.Size <= options.MultipartThreshold
                ? await CopyWholeAsync(source, ct).ConfigureAwait(false)
                : await CopyPartsAsync(source, ct).ConfigureAwait(false);
        }
        catch (OssException e) when (e.Code == "PreconditionFailed")
        {
            throw new ObjectChangedException($"'{request.Source.Key}' was replaced while it was copied.", e);
        }
    }

    bool IsOntoItself => request.Source.Bucket == request.Bucket && request.Source.Key == request.Key;

    void Demand(ObjectInfo found, string? tag, string? version, string otherwise)
    {
        if (tag is not null && !new ETag(found.ETag).Matches(tag))
        {
            throw new ObjectChangedException(
                $"'{request.Source.Key}' was replaced: its ETag is {found.ETag} instead of {new ETag(tag).Value} (PreconditionFailed). {otherwise}");
        }

        if (version is not null && found.VersionId != version)
        {
            throw new ObjectChangedException(
                $"'{request.Source.Key}' was replaced: it is version {found.VersionId ?? "none"} instead of {version} (PreconditionFailed). {otherwise}");
        }
    }

    async Task<CopyResult> CopyWholeAsync(ObjectInfo source, CancellationToken ct)
    {
        control.Phase("sending");
        var answer = await client.CopyObjectAsync(
            request.Source, request.Bucket, request.Key, request.Properties, source.ETag, ct).ConfigureAwait(false);
        control.PartDone(skipped: true, source.Size);
        return await ResultAsync(source, answer, 0, 0, ct).ConfigureAwait(false);
    }

    async Task<CopyResult> CopyPartsAsync(ObjectInfo source, CancellationToken ct)
    {
        var partSize = Math.Max(options.PartSize, PartPlan.RoundUp((source.Size + OssLimits.MaxPartNumber - 1) / OssLimits.MaxPartNumber, 1024));
        var (checkpoint, id, parts) = await FindAsync(source, partSize, ct).ConfigureAwait(false);
        try
        {
            control.Phase("sending");
            var missing = Enumerable.Range(1, (int)((source.Size + partSize - 1) / partSize)).Where(number => !parts.ContainsKey(number)).ToList();
            await Parallel.ForEachAsync(
                missing,
                new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = ct },
                async (number, token) =>
                {
                    await control.EnterAsync(token).ConfigureAwait(false);
                    try
                    {
                        var offset = (number - 1) * partSize;
                        var length = Math.Min(partSize, source.Size - offset);
                        var answer = await client.UploadPartCopyAsync(
                            request.Bucket, request.Key, id, number, request.Source, (offset, length), source.ETag, token).ConfigureAwait(false);
                        lock (parts)
                        {
                            parts[number] = answer.ETag;
                        }

                        checkpoint?.Append(now: false, "part", UploadSession.Text(number), answer.ETag);
                        control.PartDone(skipped: true, length);
                    }
                    finally
                    {
                        control.Leave();
                    }
                }).ConfigureAwait(false);
            control.Phase("completing");
            var listed = parts.OrderBy(part => part.Key).Select(part => new ListedPart(part.Key, new ETag(part.Value).Quoted)).ToList();
            await DemandSameAsync(source, ct).ConfigureAwait(false);
            var completed = await client.CompleteMultipartUploadAsync(request.Bucket, request.Key, id, listed, request.Properties, ct)
                .ConfigureAwait(false);
            var result = await ResultAsync(source, completed, parts.Count, (parts.Count - missing.Count) * partSize, ct).ConfigureAwait(false);
            checkpoint?.Delete();
            return result;
        }
        catch when (checkpoint is null)
        {
            await AbortAsync(id).ConfigureAwait(false);
            throw;
        }
        finally
        {
            checkpoint?.Dispose();
        }
    }

    // Parts are bound to the source, their completion to nothing. Elsewhere the source may change when it has been read.
    async Task DemandSameAsync(ObjectInfo source, CancellationToken ct)
    {
        if (IsOntoItself)
        {
            var now = await client.HeadObjectAsync(
                request.Source.Bucket, request.Source.Key, new() { VersionId = request.Source.VersionId }, ct).ConfigureAwait(false);
            Demand(now, source.ETag, source.VersionId, "What stands there now was left as it is.");
        }
    }

    // The parts an earlier try copied count when they were copied of this very source (its ETag is recorded), into an upload that was begun with
    // these very properties, and are still there under the tags that were answered then.
    async Task<(Checkpoint? Checkpoint, string UploadId, Dictionary<int, string> Parts)> FindAsync(
        ObjectInfo source, long partSize, CancellationToken ct)
    {
        var identity = new CheckpointIdentity(
            "copy", client.Endpoint, request.Bucket, request.Key, $"{request.Source.Bucket}/{request.Source.Key}?{request.Source.VersionId}");
        var path = options.EnableCheckpoint ? Checkpoint.PathOf(options.CheckpointDirectory, control.Id) : null;
        // Copying by parts makes a new object; what CopyObject would take over has to be said.
        var properties = request.Properties ?? await CopiedProperties.OfAsync(client, request.Source, source, ct).ConfigureAwait(false);
        string[] described = ["object", source.ETag, UploadSession.Text(source.Size), UploadSession.Text(partSize), DigestOf(properties)];
        if (path is not null && Checkpoint.Open(path, identity, client.Time) is var (found, lines))
        {
            try
            {
                if (lines is [var first, ["upload", var id], ..] && first.SequenceEqual(described)
                    && await PartsAsync(source, id, lines, partSize, ct).ConfigureAwait(false) is { } parts)
                {
                    return (found, id, parts);
                }
            }
            catch
            {
                found.Dispose();
                throw;
            }

            if (lines is [_, ["upload", var old], ..])
            {
                await AbortAsync(old).ConfigureAwait(false);
            }

            found.Delete();
        }

        var upload = await client.InitiateMultipartUploadAsync(request.Bucket, request.Key, properties, ct: ct).ConfigureAwait(false);
        return (path is null ? null : Checkpoint.Create(path, identity, client.Time, [described, ["upload", upload]]), upload, []);
    }

    // Tags and metadata have no order.
    static string DigestOf(ObjectProperties properties)
    {
        var headers = properties.ToHeaders()
            .Where(static header => header.Key != "x-oss-tagging")
            .Concat(properties.Tags.Select(static tag => new KeyValuePair<string, string>("x-oss-tagging", $"{Uri.EscapeDataString(tag.Key)}={tag.Value}")))
            .Select(static header => $"{header.Key.ToLowerInvariant()}:{header.Value}")
            .Order(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', headers))));
    }

    async Task<Dictionary<int, string>?> PartsAsync(
        ObjectInfo source, string id, IReadOnlyList<string[]> lines, long partSize, CancellationToken ct)
    {
        var recorded = new Dictionary<int, string>();
        foreach (var line in lines)
        {
            if (line is ["part", var number, var tag])
            {
                recorded[int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture)] = tag;
            }
        }

        var parts = new Dictionary<int, string>();
        try
        {
            await foreach (var part in client.ListPartsAsync(request.Bucket, request.Key, id, ct).ConfigureAwait(false))
            {
                var length = Math.Min(partSize, source.Size - ((part.PartNumber - 1) * partSize));
                var tag = new ETag(part.ETag).Value;
                if (part.Size == length && recorded.TryGetValue(part.PartNumber, out var answered) && answered == tag)
                {
                    parts[part.PartNumber] = tag;
                    control.PartDone(skipped: true, length);
                }
            }
        }
        catch (OssException e) when (e.Code == "NoSuchUpload")
        {
            return null;
        }

        return parts;
    }

    async Task<CopyResult> ResultAsync(ObjectInfo source, WriteResult answer, int parts, long skipped, CancellationToken ct)
    {
        var crc = answer.Crc64 ?? (source.Crc64 is null
            ? null
            : (await client.HeadObjectAsync(request.Bucket, request.Key, new() { VersionId = answer.VersionId }, ct).ConfigureAwait(false)).Crc64);
        if (source.Crc64 is { } expected && crc != expected)
        {
            throw new ChecksumMismatchException(
                $"The copy '{request.Key}' is not its source: CRC-64 {crc} instead of {expected}. It was left as it is.", expected, crc ?? 0);
        }

        return new()
        {
            Bucket = request.Bucket,
            Key = request.Key,
            Size = source.Size,
            ETag = answer.ETag,
            Crc64 = crc,
            VersionId = answer.VersionId,
            Parts = parts,
            SkippedBytes = skipped,
        };
    }

    async Task AbortAsync(string id)
    {
        try
        {
            await client.AbortMultipartUploadAsync(request.Bucket, request.Key, id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OssException or IOException)
        {
            // Best effort: what remains is found by ListMultipartUploads.
        }
    }
}
