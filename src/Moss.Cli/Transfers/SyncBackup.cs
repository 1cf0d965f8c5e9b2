using Moss.Cli.Frame;
using Moss.Client.Transfer;

namespace Moss.Cli.Transfers;

/// <summary>Where a sync moves what it would remove. What stands there already under the same name is replaced.</summary>
sealed class SyncBackup
{
    const int AtOnce = 16;

    readonly OssUri? _place;

    SyncBackup(string directory, OssUri? place)
    {
        Directory = directory;
        _place = place;
    }

    /// <summary>As it was given.</summary>
    public string Directory { get; }

    /// <summary>Null when nothing was said.</summary>
    /// <exception cref="UsageException">It is not on the side of the destination, or lies within one of the two that are compared.</exception>
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

        // The next sync would find there what this one moved.
        if (IsWithin(directory, to) || (OssUri.Is(from) == OssUri.Is(directory) && IsWithin(directory, from)))
        {
            throw new UsageException($"--backup-dir '{directory}' lies within what is synchronised");
        }

        return new(directory, OssUri.Is(directory) ? OssUri.ParseBucket(directory).AsFolder() : null);
    }

    public string PlaceOf(string name) => _place is { } place ? (place with { Key = place.Key + name }).ToString() : Path.Combine(Directory, name);

    /// <summary>Moves a file.</summary>
    public void Move(string path, string name)
    {
        var target = LocalPath.Below(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(path, target, overwrite: true);
    }

    /// <summary>Copies objects, all of them or with an exception: whoever called removes them then.</summary>
    public Task CopyAsync(Invocation invocation, OssUri from, IEnumerable<string> names)
    {
        var place = _place!.Value;
        var copier = new Copier(invocation.Client(place.Bucket), TransferOptions.Copy(invocation));
        return Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = invocation.Cancelled },
            async (name, ct) => await copier.CopyAsync(new() { Source = new(from.Bucket, from.Key + name), Bucket = place.Bucket, Key = place.Key + name }, ct));
    }

    static bool IsWithin(string inner, string outer)
    {
        if (OssUri.Is(inner))
        {
            var (a, b) = (OssUri.ParseBucket(inner).AsFolder(), OssUri.ParseBucket(outer).AsFolder());
            return a.Bucket == b.Bucket && a.Key.StartsWith(b.Key, StringComparison.Ordinal);
        }

        static string Whole(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + Path.DirectorySeparatorChar;
        return Whole(inner).StartsWith(Whole(outer), StringComparison.Ordinal);
    }
}
