using System.CommandLine;
using System.Runtime.CompilerServices;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client.Transfer;

namespace Moss.Cli.Commands;

/// <summary><c>moss cp</c>: up, down, within the service, from stdin and to stdout.</summary>
static class CpCommand
{
    const string Standard = "-";

    static readonly Argument<string[]> Places = new("source... destination")
    {
        Description = "Files, directories, oss://bucket/key, or - for stdin or stdout. The last one is the destination.",
        Arity = new ArgumentArity(2, 100_000),
    };

    static readonly Option<bool> Recursive = Options.Flag("--recursive", "Everything below a directory or a prefix.", "-r");
    static readonly Option<bool> Follow = Options.Flag("--follow", "Send a file while it is still being written; it is done when its writer closes it, renames it, or is idle.");
    static readonly Option<TimeSpan?> IdleTimeout = Options.Duration("--idle-timeout", "With --follow: done when nothing changed for so long (10s).");
    static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the source object.");
    static readonly Option<string?> Range = Options.Text("--range", "FIRST-LAST", "Only these bytes of the source, to stdout or a file: 0-499, 500-, -500.");
    static readonly Option<bool> ForbidOverwrite = Options.Flag("--forbid-overwrite", "Fail rather than replace an object.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = """
            An upload of a larger file that broke off goes on: give the same command again, on this machine or on another one, or
            'moss jobs resume'. A part counts as sent only when the checksum of the service is that of the file as it is now. In the end
            the CRC-64 of the whole object is compared with that of the file.
            kill -USR1 shows the progress; with --follow, kill -USR2 says that the file is finished.
            """,
    }
        .With([Places, Recursive, .. SkipRule.All, .. ObjectSelection.Filters, ObjectSelection.Dirs, ObjectSelection.Limit, .. NameList.All, .. PropertyOptions.All, .. CopyRule.All, ForbidOverwrite, Follow, IdleTimeout, VersionId, Range, .. TransferOptions.All])
        .Example("moss cp video.mp4 oss://bucket/", "upload a file under its name")
        .Example("moss cp -r ./photos oss://bucket/photos/", "upload a directory")
        .Example("moss cp oss://bucket/video.mp4 .", "download")
        .Example("moss cp -r oss://bucket/photos/ ./photos --include '*.jpg'", "download some of it")
        .Example("moss cp -r ./logs oss://bucket/logs/ --filter '- *.tmp' --filter-from rules.txt --min-mtime 2026-11-01", "rules from a file, and by time")
        .Example("find . -newer last -type f | moss cp -r . oss://bucket/ --files-from -", "upload what a list names")
        .Example("moss cp oss://bucket/a oss://other/b", "copy; the bytes stay on the service")
        .Example("moss cp -r oss://bucket/a/ oss://other/a/ --storage-class IA --copy-props metadata", "into another class, with its metadata and without its tags")
        .Example("pg_dump db | moss cp - oss://bucket/db.sql", "upload what a program writes, of any length")
        .Example("moss cp --follow camera.ts oss://bucket/live/", "upload a recording while it is recorded")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        var places = invocation.Get(Places);
        var (sources, destination) = (places[..^1], places[^1]);
        var mover = new Mover(invocation, SkipRule.Read(invocation)) { ForbidOverwrite = invocation.Get(ForbidOverwrite) };
        var decode = invocation.Get(ObjectSelection.EncodingType) is not null;
        var fromService = OssUri.Is(sources[0]);
        if (sources.Any(source => OssUri.Is(source) != fromService))
        {
            throw new UsageException("the sources are all files, or all objects");
        }

        if (!fromService && !OssUri.Is(destination))
        {
            throw new UsageException("neither source nor destination is in the service: one of them must look like oss://bucket/key");
        }

        if (!fromService || !OssUri.Is(destination))
        {
            CopyRule.Refuse(invocation);
        }

        return fromService
            ? OssUri.Is(destination)
                ? await CopyAsync(invocation, mover, sources, OssUri.ParseBucket(destination, decode), decode)
                : await DownloadAsync(invocation, mover, sources, destination, decode)
            : await UploadAsync(invocation, mover, sources, OssUri.ParseBucket(destination, decode));
    }

    static async Task<int> UploadAsync(Invocation invocation, Mover mover, string[] sources, OssUri to)
    {
        ObjectSelection.RefuseForFiles(invocation);
        if (sources is [Standard])
        {
            return await UploadStandardInputAsync(invocation, mover, to);
        }

        if (sources.Contains(Standard, StringComparer.Ordinal))
        {
            throw new UsageException("- is the only source, or none of them");
        }

        var recursive = invocation.Get(Recursive);
        if (NameList.Read(invocation, recursive, sources.Length) is { } names)
        {
            if (invocation.Get(ObjectSelection.Dirs))
            {
                throw new UsageException("--files-from names the files: it does not go with --dirs");
            }

            return Directory.Exists(sources[0])
                ? await TransferRun.RunAsync(invocation, NamedAsync(invocation, mover, names, sources[0], to), isBatch: true)
                : throw new FailedException(ExitCode.Client, $"there is no directory '{sources[0]}'");
        }

        if (sources is [var only] && !Directory.Exists(only) && (!NameFilter.All.Any(invocation.Has) || invocation.Get(Follow)))
        {
            var follow = invocation.Get(Follow) ? new FollowOptions { IdleTimeout = invocation.Get(IdleTimeout) ?? TimeSpan.FromSeconds(10) } : null;
            using var finish = follow is null ? null : TransferRun.OnUserSignal(() => mover.Followed?.Finish(), number: 2);
            var item = File(mover, only, KeyOf(to, Path.GetFileName(only), asDirectory: false), follow);
            return await TransferRun.RunAsync(invocation, One(item), isBatch: false);
        }

        if (invocation.Get(Follow))
        {
            throw new UsageException("--follow takes one file");
        }

        foreach (var source in sources.Where(source => !recursive && Directory.Exists(source)))
        {
            throw new UsageException($"'{source}' is a directory: add -r to send everything in it");
        }

        return await TransferRun.RunAsync(invocation, UploadsAsync(invocation, mover, sources, to), isBatch: true);
    }

    static async Task<int> UploadStandardInputAsync(Invocation invocation, Mover mover, OssUri to)
    {
        if (to.Key.Length == 0 || to.Key[^1] == '/')
        {
            throw new UsageException($"what comes from stdin has no name: give a whole key, such as oss://{to.Bucket}/{to.Key}name");
        }

        await using var input = Console.OpenStandardInput();
        return await TransferRun.RunAsync(invocation, One(mover.UploadStream(input, Standard, to)), isBatch: false, resumes: false);
    }

    static TransferItem File(Mover mover, string path, OssUri to, FollowOptions? follow)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            throw new FailedException(ExitCode.Client, $"there is no file '{path}'");
        }

        // A pipe, such as one that a shell makes of <(command), is read as it comes.
        return FileKind.IsRegular(info)
            ? mover.Upload(LocalFile.Of(info, path, info.Name), to, follow)
            : mover.UploadStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), path, to);
    }

    static async IAsyncEnumerable<TransferItem> NamedAsync(
        Invocation invocation, Mover mover, IEnumerable<string> names, string source, OssUri to, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.CompletedTask;
        var filter = NameFilter.Read(invocation);
        foreach (var line in names)
        {
            ct.ThrowIfCancellationRequested();
            // As find prints them.
            var name = line.StartsWith("./", StringComparison.Ordinal) ? line[2..] : line;
            var file = Named(source, name);
            if (file.Problem is not null || filter.Takes(name, file.Size, file.Changed))
            {
                yield return mover.Upload(file, KeyOf(to, name, asDirectory: true));
            }
        }
    }

    static LocalFile Named(string source, string name)
    {
        try
        {
            var path = LocalPath.Below(source, name);
            var info = new FileInfo(path);
            return info.Exists ? LocalFile.Of(info, path, name) : new(path, name, 0, default, new FileNotFoundException($"there is no file '{path}'"));
        }
        catch (IOException problem)
        {
            return new(name, name, 0, default, problem);
        }
    }

    static async IAsyncEnumerable<TransferItem> UploadsAsync(
        Invocation invocation, Mover mover, string[] sources, OssUri to, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.CompletedTask;
        var filter = NameFilter.Read(invocation);
        foreach (var source in sources)
        {
            if (!Directory.Exists(source))
            {
                var info = new FileInfo(source);
                var name = Path.GetFileName(source);
                var file = info.Exists
                    ? LocalFile.Of(info, source, name)
                    : new LocalFile(source, name, 0, default, new FileNotFoundException($"there is no file '{source}'"));
                if (filter.Takes(name, file.Size, file.Changed))
                {
                    yield return mover.Upload(file, KeyOf(to, name, asDirectory: true));
                }

                continue;
            }

            foreach (var file in LocalTree.Walk(source, ct, deep: !invocation.Get(ObjectSelection.Dirs)))
            {
                if (file.Problem is not null || filter.Takes(file.Name, file.Size, file.Changed))
                {
                    yield return mover.Upload(file, KeyOf(to, file.Name, asDirectory: true));
                }
            }
        }
    }

    static async Task<int> DownloadAsync(Invocation invocation, Mover mover, string[] sources, string to, bool decode)
    {
        var uris = sources.Select(source => OssUri.ParseBucket(source, decode)).ToArray();
        if (to == Standard)
        {
            return uris is [{ Key.Length: > 0 } single]
                ? await CatCommand.WriteObjectAsync(invocation, single, invocation.Get(VersionId), invocation.Get(Range))
                : throw new UsageException("to stdout goes one object");
        }

        if (NameList.Read(invocation, invocation.Get(Recursive), uris.Length) is var names && invocation.Get(Recursive))
        {
            return await TransferRun.RunAsync(invocation, DownloadsAsync(invocation, mover, uris, names, to), isBatch: true);
        }

        ObjectSelection.RefuseForOne(invocation);
        var intoDirectory = uris.Length > 1 || to.EndsWith('/') || Directory.Exists(to);
        foreach (var uri in uris.Where(static uri => uri.Key.Length == 0 || uri.Key[^1] == '/'))
        {
            throw new UsageException($"'{uri}' is not one object: add -r to fetch everything below it");
        }

        if (invocation.Get(Range) is { } range)
        {
            return uris is [var part]
                ? await WriteRangeAsync(invocation, part, range, intoDirectory ? LocalPath.Below(to, NameOf(part)) : to)
                : throw new UsageException("--range takes one object");
        }

        var items = uris.Select(uri => mover.Download(uri, intoDirectory ? LocalPath.Below(to, NameOf(uri)) : to, null, invocation.Get(VersionId)));
        return await TransferRun.RunAsync(invocation, items.ToAsyncEnumerable(), isBatch: uris.Length > 1);
    }

    static async Task<int> WriteRangeAsync(Invocation invocation, OssUri uri, string range, string path)
    {
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        return await CatCommand.WriteObjectAsync(invocation, uri, invocation.Get(VersionId), range, file);
    }

    static async IAsyncEnumerable<TransferItem> DownloadsAsync(
        Invocation invocation, Mover mover, OssUri[] sources, IEnumerable<string>? names, string to, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var (from, name, listed) in ListedAsync(invocation, sources, names, ct))
        {
            TransferItem item;
            try
            {
                var path = LocalPath.Below(to, name);
                item = name.EndsWith('/') ? Mover.MakeDirectory(from, path) : mover.Download(from, path, listed);
            }
            catch (IOException problem)
            {
                item = TransferItem.Broken(TransferKind.Download, from.ToString(), to, problem);
            }

            yield return item;
        }
    }

    static async Task<int> CopyAsync(Invocation invocation, Mover mover, string[] sources, OssUri to, bool decode)
    {
        var uris = sources.Select(source => OssUri.ParseBucket(source, decode)).ToArray();
        if (NameList.Read(invocation, invocation.Get(Recursive), uris.Length) is var names && invocation.Get(Recursive))
        {
            return await TransferRun.RunAsync(invocation, CopiesAsync(invocation, mover, uris, names, to), isBatch: true);
        }

        ObjectSelection.RefuseForOne(invocation);
        foreach (var uri in uris.Where(static uri => uri.Key.Length == 0))
        {
            throw new UsageException($"'{uri}' is a bucket: add -r to copy everything in it");
        }

        var items = uris.Select(uri => mover.Copy(uri, KeyOf(to, NameOf(uri), asDirectory: uris.Length > 1), null, invocation.Get(VersionId)));
        return await TransferRun.RunAsync(invocation, items.ToAsyncEnumerable(), isBatch: uris.Length > 1);
    }

    static async IAsyncEnumerable<TransferItem> CopiesAsync(
        Invocation invocation, Mover mover, OssUri[] sources, IEnumerable<string>? names, OssUri to, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var (from, name, listed) in ListedAsync(invocation, sources, names, ct))
        {
            var target = KeyOf(to, name, asDirectory: true);
            if (target == from)
            {
                continue;
            }

            yield return mover.Copy(from, target, listed);
        }
    }

    /// <summary>The objects below prefixes that the filters take, and their names relative to where the last <c>/</c> of the prefix stands.</summary>
    static async IAsyncEnumerable<(OssUri From, string Name, Side? Listed)> ListedAsync(
        Invocation invocation, OssUri[] sources, IEnumerable<string>? names, [EnumeratorCancellation] CancellationToken ct)
    {
        var selection = ObjectSelection.Read(invocation);
        foreach (var source in sources)
        {
            await foreach (var found in selection.FindAsync(invocation.Client(source.Bucket), source, names, ct))
            {
                if (found.Name.Length > 0)
                {
                    yield return (
                        new(source.Bucket, found.Key),
                        found.Name,
                        found.Listed is { } listed ? new(listed.Size, listed.LastModified, static _ => Task.FromResult<ulong?>(null)) : null);
                }
            }
        }
    }

    // As ossutil has it: a key that is empty or ends in a slash is a directory, and so is every key that more than one thing goes to.
    static OssUri KeyOf(OssUri to, string name, bool asDirectory) =>
        to.Key.Length == 0 || to.Key[^1] == '/' ? to with { Key = to.Key + name }
        : asDirectory ? to with { Key = $"{to.Key}/{name}" }
        : to;

    static string NameOf(OssUri uri) => uri.Key[(uri.Key.TrimEnd('/').LastIndexOf('/') + 1)..];

    static IAsyncEnumerable<TransferItem> One(TransferItem item) => new[] { item }.ToAsyncEnumerable();
}
