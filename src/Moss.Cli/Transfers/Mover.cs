using System.Collections.Concurrent;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;

namespace Moss.Cli.Transfers;

/// <summary>Makes items of single uploads, downloads, copies and deletions.</summary>
sealed class Mover
{
    const long FollowedFrom = 2 * 1024 * 1024;

    readonly Invocation _invocation;
    readonly CopyRule _rule;
    readonly SkipRule _skip;
    readonly UploadOptions _upload;
    readonly DownloadOptions _download;
    readonly CopyOptions _copy;
    // One for each bucket: what was measured for one file serves the next.
    readonly ConcurrentDictionary<string, Uploader> _uploaders = new(StringComparer.Ordinal);

    public Mover(Invocation invocation, SkipRule skip)
    {
        _invocation = invocation;
        _skip = skip;
        _rule = CopyRule.Read(invocation);
        _upload = TransferOptions.Upload(invocation);
        _download = TransferOptions.Download(invocation);
        _copy = TransferOptions.Copy(invocation);
        invocation.Adjust = options => TransferOptions.Limit(invocation, options);
    }

    /// <summary>The running upload of a followed file.</summary>
    public TransferHandle<UploadResult>? Followed { get; private set; }

    /// <summary>Whether an object that stands there is an error.</summary>
    public bool ForbidOverwrite { get; init; }

    public TransferItem Upload(LocalFile file, OssUri to, FollowOptions? follow = null)
    {
        if (file.Problem is { } problem)
        {
            return TransferItem.Broken(TransferKind.Upload, file.Path, to.ToString(), problem);
        }

        var source = Side.Of(file.Path, file.Size, file.Changed);
        return new(
            TransferKind.Upload,
            file.Path,
            to.ToString(),
            follow is null ? file.Size : null,
            (transfer, ct) => UploadAsync(UploadSource.FromFile(file.Path), to, follow, transfer, ct))
        {
            IsNeededAsync = _skip.IsAny ? async ct => await _skip.IsNeededAsync(source, await FindAsync(to, ct), ct) : null,
        };
    }

    public TransferItem UploadStream(Stream stream, string name, OssUri to) => new(
        TransferKind.Upload,
        name,
        to.ToString(),
        null,
        (transfer, ct) => UploadAsync(UploadSource.FromStream(stream), to, null, transfer, ct));

    /// <param name="source">What a listing said of the object; null asks for it when it is needed.</param>
    public TransferItem Download(OssUri from, string path, Side? source, string? versionId = null) => new(
        TransferKind.Download,
        from.ToString(),
        path,
        source?.Size,
        (transfer, ct) => DownloadAsync(from, path, versionId, transfer, ct))
    {
        IsNeededAsync = !_skip.IsAny ? null : async ct =>
        {
            var file = new FileInfo(path);
            // Listings have no checksum.
            var known = source is null || _skip.Checksum ? Side.Of(await _invocation.Client(from.Bucket).HeadObjectAsync(from.Bucket, from.Key, new() { VersionId = versionId }, ct)) : source;
            return await _skip.IsNeededAsync(known, file.Exists ? Side.Of(path, file.Length, new(file.LastWriteTimeUtc)) : null, ct);
        },
    };

    public TransferItem Copy(OssUri from, OssUri to, Side? source, string? versionId = null) => new(
        TransferKind.Copy,
        from.ToString(),
        to.ToString(),
        source?.Size,
        (transfer, ct) => CopyAsync(from, to, versionId, transfer, ct))
    {
        IsNeededAsync = !_skip.IsAny ? null : async ct =>
        {
            var known = source is null || _skip.Checksum ? await FindAsync(from, ct) ?? throw new FileNotFoundException($"there is no '{from}'") : source;
            return await _skip.IsNeededAsync(known, await FindAsync(to, ct), ct);
        },
    };

    /// <summary>A directory that an object of its own stands for.</summary>
    public static TransferItem MakeDirectory(OssUri from, string path) => new(
        TransferKind.Download,
        from.ToString(),
        path,
        0,
        (_, _) =>
        {
            Directory.CreateDirectory(path);
            return Task.FromResult(new TransferDone());
        });

    async Task<TransferDone> UploadAsync(UploadSource source, OssUri to, FollowOptions? follow, ActiveTransfer transfer, CancellationToken ct)
    {
        // What is followed goes out from its first whole part on, not from the size on that pays for a file that is complete.
        var uploader = follow is not null && !_invocation.Has(TransferOptions.BigFileThreshold)
            ? new(_invocation.Client(to.Bucket), _upload with { MultipartThreshold = _upload.PartSize ?? FollowedFrom })
            : _uploaders.GetOrAdd(to.Bucket, bucket => new(_invocation.Client(bucket), _upload));
        var type = ContentTypes.Of(to.Key) ?? ContentTypes.Of(transfer.Item.Source);
        var properties = _rule.Named with { ForbidOverwrite = ForbidOverwrite };
        var handle = await uploader.StartAsync(
            new()
            {
                Bucket = to.Bucket,
                Key = to.Key,
                Source = source,
                Properties = properties.ContentType is null && type is not null ? properties with { ContentType = type } : properties,
                Follow = follow,
            },
            ct);
        if (follow is not null)
        {
            Followed = handle;
        }

        var result = await transfer.WaitAsync(handle);
        return new()
        {
            Size = result.Size,
            SkippedBytes = result.SkippedBytes,
            NetworkBytes = result.NetworkBytes,
            Retries = result.Retries,
            Crc64 = result.Crc64,
            ETag = result.ETag,
            UploadId = result.UploadId,
            Parts = result.Parts,
            VersionId = result.VersionId,
            SourceChanges = result.SourceChanges,
        };
    }

    async Task<TransferDone> DownloadAsync(OssUri from, string path, string? versionId, ActiveTransfer transfer, CancellationToken ct)
    {
        var downloader = new Downloader(_invocation.Client(from.Bucket), _download);
        var result = await transfer.WaitAsync(
            await downloader.StartAsync(new() { Bucket = from.Bucket, Key = from.Key, Path = path, VersionId = versionId }, ct));
        return new()
        {
            Size = result.Size,
            SkippedBytes = result.SkippedBytes,
            NetworkBytes = result.NetworkBytes,
            Retries = result.Retries,
            Crc64 = result.IsVerified ? result.Crc64 : null,
            ETag = result.Info.ETag,
            VersionId = result.Info.VersionId,
        };
    }

    async Task<TransferDone> CopyAsync(OssUri from, OssUri to, string? versionId, ActiveTransfer transfer, CancellationToken ct)
    {
        var source = new CopySource(from.Bucket, from.Key, versionId);
        var (properties, read) = await _rule.OfAsync(_invocation.Client(from.Bucket), source, ForbidOverwrite, ct);
        var copier = new Copier(_invocation.Client(to.Bucket), _copy);
        var result = await transfer.WaitAsync(
            await copier.StartAsync(
                new() { Source = source, Bucket = to.Bucket, Key = to.Key, Properties = properties, IfMatch = read?.ETag, IfVersionId = read?.VersionId }, ct));
        return new()
        {
            Size = result.Size,
            SkippedBytes = result.SkippedBytes,
            Crc64 = result.Crc64,
            ETag = result.ETag,
            Parts = result.Parts,
            VersionId = result.VersionId,
        };
    }

    async Task<Side?> FindAsync(OssUri uri, CancellationToken ct) =>
        await _invocation.Client(uri.Bucket).FindObjectAsync(uri.Bucket, uri.Key, ct) is { } info ? Side.Of(info) : null;
}
