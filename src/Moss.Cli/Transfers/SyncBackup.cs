using System.Collections.Concurrent;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;
using Moss.Protocol.Errors;

namespace Moss.Cli.Transfers;

/// <summary>Where a sync moves what it would remove. Nothing that stands there already is replaced.</summary>
sealed class SyncBackup
{
    const int AtOnce = 16;

    /// <summary>As many links one after the other as Linux follows.</summary>
    const int MostLinks = 40;

    readonly OssUri? _place;

    SyncBackup(string directory, OssUri? place)
    {
        Directory = directory;
        _place = place;
    }

    /// <summary>As it was given.</summary>
    public string Directory { get; }

    /// <summary>Null when nothing was said.</summary>
    /// <exception cref="UsageException">It is not on the side of the destination, or lies within one of the two that are compared, or around it.</exception>
    public static SyncBackup? Read(string? directory, bool deletes, string from, string to)
    {
        if (directory is null)
        {
            return null;
        }

        if (!deletes)
        {
            throw new UsageException("--backup-dir goes with --delete: nothing is removed without it");
        }

        if (OssUri.Is(directory) != OssUri.Is(to))
        {
            throw new UsageException($"--backup-dir '{directory}' is not where '{to}' is: " + (OssUri.Is(to) ? "it must look like oss://bucket/prefix" : "it must be a directory"));
        }

        foreach (var compared in OssUri.Is(from) == OssUri.Is(to) ? [from, to] : new[] { to })
        {
            // The next sync would find there what this one moved.
            if (IsWithin(directory, compared))
            {
                throw new UsageException($"--backup-dir '{directory}' lies within what is synchronised");
            }

            if (IsWithin(compared, directory))
            {
                throw new UsageException($"--backup-dir '{directory}' holds what is synchronised: a backup could meet it there");
            }
        }

        return new(directory, OssUri.Is(directory) ? OssUri.ParseBucket(directory).AsFolder() : null);
    }

    public string PlaceOf(string name) => _place is { } place ? (place with { Key = place.Key + name }).ToString() : Path.Combine(Directory, name);

    /// <summary>What to say when that many names stay where they are.</summary>
    public FailedException Refusal(long kept) => new(
        ExitCode.Partial, $"{kept} surplus names were not removed: there are backups of that name at {Directory} already; name another directory, such as one with the date");

    /// <summary>Moves a file; false when there is a backup of that name, and it stays.</summary>
    public bool Move(string path, string name)
    {
        var target = LocalPath.Below(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Path.Exists(target))
        {
            return false;
        }

        File.Move(path, target, overwrite: false);
        return true;
    }

    /// <summary>Copies objects: those that are returned, which whoever called removes then. Of the others there is a backup of that name.</summary>
    public async Task<IReadOnlyCollection<string>> CopyAsync(Invocation invocation, OssUri from, IEnumerable<string> names)
    {
        var place = _place!.Value;
        var client = invocation.Client(place.Bucket);
        var copier = new Copier(client, TransferOptions.Copy(invocation));
        var copied = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = invocation.Cancelled },
            async (name, ct) =>
            {
                if (!await IsThereAsync(client, place with { Key = place.Key + name }, ct))
                {
                    await copier.CopyAsync(new() { Source = new(from.Bucket, from.Key + name), Bucket = place.Bucket, Key = place.Key + name }, ct);
                    copied.Enqueue(name);
                }
            });
        return copied;
    }

    static async Task<bool> IsThereAsync(OssClient client, OssUri place, CancellationToken ct)
    {
        try
        {
            return await client.FindObjectAsync(place.Bucket, place.Key, ct) is not null;
        }
        catch (OssException refusal) when (refusal.Code == "SymlinkTargetNotExist")
        {
            return true;
        }
    }

    static bool IsWithin(string inner, string outer)
    {
        if (OssUri.Is(inner))
        {
            var (a, b) = (OssUri.ParseBucket(inner).AsFolder(), OssUri.ParseBucket(outer).AsFolder());
            return a.Bucket == b.Bucket && a.Key.StartsWith(b.Key, StringComparison.Ordinal);
        }

        static string Whole(string path) => Path.TrimEndingDirectorySeparator(Real(path)) + Path.DirectorySeparatorChar;
        return Whole(inner).StartsWith(Whole(outer), OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
    }

    // Without links; the end of the path need not be there yet.
    static string Real(string path, int links = 0)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        foreach (var segment in full[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, segment);
            real = new DirectoryInfo(next).LinkTarget is not { } target ? next
                : links < MostLinks ? Real(Path.Combine(real, target), links + 1)
                : throw new UsageException($"'{path}': too many links, one after the other");
        }

        return real;
    }
}
