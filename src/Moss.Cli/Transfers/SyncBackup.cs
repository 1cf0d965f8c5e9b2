using System.Collections.Concurrent;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Client.Transfer;
using Moss.Protocol.Errors;
using Moss.Protocol.Names;

namespace Moss.Cli.Transfers;

/// <summary>Where a sync moves what it would remove. Nothing that stands there already is replaced.</summary>
sealed class SyncBackup
{
    const int AtOnce = 16;

    const string Changed = "was changed after it was looked at";

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
        ExitCode.Partial, $"{kept} surplus names were not removed: they were changed meanwhile, or there are backups of that name at {Directory} already; name another directory then, such as one with the date");

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

    /// <summary>Copies objects with all that is stored beside their bytes, but none over a backup of its name.</summary>
    /// <returns>The names of those that are still what was copied: whoever called removes them at once. And how many stay, with the reason said of each.</returns>
    public async Task<(IReadOnlyList<string> Copied, int Kept)> CopyAsync(Invocation invocation, OssUri from, IReadOnlyCollection<string> names)
    {
        var client = invocation.Client(from.Bucket);
        var backup = invocation.Client(_place!.Value.Bucket);
        var copier = new Copier(backup, TransferOptions.Copy(invocation));
        var read = new ConcurrentDictionary<string, Found>(StringComparer.Ordinal);
        var copied = new ConcurrentBag<string>();
        var kept = 0;
        void Keep(string name, string why)
        {
            Interlocked.Increment(ref kept);
            Invocation.Warn($"'oss://{from.Bucket}/{from.Key}{name}' {why}: it was not removed");
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = invocation.Cancelled };
        await Parallel.ForEachAsync(names, parallel, async (name, ct) =>
        {
            // What is gone already needs neither.
            if (await FindAsync(client, from.Bucket, from.Key + name, ct) is { } found)
            {
                if (await FindAsync(backup, _place.Value.Bucket, _place.Value.Key + name, ct) is not null)
                {
                    Keep(name, "has a backup of its name already");
                    return;
                }

                try
                {
                    await CopyAsync(client, backup, copier, new(from.Bucket, from.Key + name), found, name, ct);
                    read[name] = found;
                }
                catch (ObjectChangedException)
                {
                    Keep(name, Changed);
                }
            }
        });
        // A removal has no condition. Asked for once more right before, what others write meanwhile is lost only when it comes within these few requests.
        await Parallel.ForEachAsync(read, parallel, async (each, ct) =>
        {
            var now = await FindAsync(client, from.Bucket, from.Key + each.Key, ct);
            if (now?.Mark == each.Value.Mark)
            {
                copied.Add(each.Key);
            }
            else if (now is not null)
            {
                Keep(each.Key, Changed);
            }
        });
        return ([.. copied], kept);
    }

    static async Task<Found?> FindAsync(OssClient client, string bucket, string key, CancellationToken ct)
    {
        try
        {
            if (await client.FindObjectAsync(bucket, key, ct) is not { } info)
            {
                return null;
            }

            if (info.Type != ObjectType.Symlink)
            {
                return new((info.ETag, info.VersionId, info.LastModified), info, null);
            }
        }
        catch (OssException refusal) when (refusal.Code == "SymlinkTargetNotExist")
        {
            // A link that points nowhere is one all the same.
        }

        var link = await client.GetSymlinkAsync(bucket, key, ct: ct);
        return new((link.ETag, link.VersionId, default), null, link);
    }

    async Task CopyAsync(OssClient client, OssClient backup, Copier copier, CopySource source, Found found, string name, CancellationToken ct)
    {
        var place = _place!.Value;
        if (found.Info is not { } info)
        {
            // A copy would be bound to what the link points to.
            await backup.PutSymlinkAsync(place.Bucket, place.Key + name, found.Link!.Target, ct: ct);
            return;
        }

        var properties = ObjectRewrite.Exact(await ObjectRewrite.PropertiesAsync(client, source, info, ct));
        await copier.CopyAsync(
            new() { Source = source, Bucket = place.Bucket, Key = place.Key + name, Properties = properties, IfMatch = info.ETag, IfVersionId = info.VersionId }, ct);
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

    /// <summary>An object, or a symbolic link, and what tells it from what may replace it.</summary>
    sealed record Found((string ETag, string? VersionId, DateTimeOffset LastModified) Mark, ObjectInfo? Info, SymlinkInfo? Link);
}
