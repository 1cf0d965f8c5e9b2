using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Protocol.Xml;

namespace Moss.Cli.Commands;

/// <summary><c>moss sync</c>: makes a destination like a source; sends what is new or changed, and with <c>--delete</c> removes what is not there.</summary>
static class SyncCommand
{
    const int KeysARequest = 1000;

    // Copied, looked at again and removed together: few, so that little can happen in between.
    const int KeysABackup = 100;

    static readonly Argument<string> Source = Options.Argument("source", "A directory, or oss://bucket/prefix.");
    static readonly Argument<string> Destination = Options.Argument("destination", "oss://bucket/prefix, or a directory.");
    static readonly Option<bool> Delete = Options.Flag("--delete", "Remove what stands only at the destination, after everything else is done.");
    static readonly Option<string?> BackupDirectory = Options.Text("--backup-dir", "DIR", "With --delete: move there what would be removed; for a destination in the service oss://bucket/prefix. What has a backup of its name there already stays, and the exit code is 4.");
    static readonly Option<long?> MaxDelete = Options.Number("--max-delete", "With --delete: remove nothing at all when it would be more than so many.", 0, long.MaxValue);

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = """
            Without --checksum, --size-only or --update, what has the same size and is not newer at the source is left alone.
            Filters count on both sides: what they leave out is neither sent nor removed. Metadata counts at the source.
            """,
    }
        .With([Source, Destination, Delete, BackupDirectory, MaxDelete, .. SkipRule.All, .. NameFilter.All, .. MetadataFilter.All, ObjectSelection.PageSize, ObjectSelection.Checkers, .. PropertyOptions.All, .. CopyRule.All, .. TransferOptions.All])
        .Example("moss sync ./photos oss://bucket/photos", "send what is new or changed")
        .Example("moss sync oss://bucket/photos ./photos --delete --max-delete 100", "fetch, and remove what is gone, but not by mistake")
        .Example("moss sync ./site oss://bucket/www --delete --backup-dir oss://bucket/old", "what is gone is kept elsewhere")
        .Example("moss sync oss://bucket/a oss://other/a", "within the service")
        .Example("moss sync ./photos oss://bucket/photos --checksum --dry-run", "what differs, by content")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        var (from, to) = (invocation.Get(Source), invocation.Get(Destination));
        if (!OssUri.Is(from) && !OssUri.Is(to))
        {
            throw new UsageException("neither source nor destination is in the service: one of them must look like oss://bucket/prefix");
        }

        if (!OssUri.Is(from) && !Directory.Exists(from))
        {
            throw new FailedException(ExitCode.Client, $"there is no directory '{from}'");
        }

        if (!OssUri.Is(from) || !OssUri.Is(to))
        {
            CopyRule.Refuse(invocation);
        }

        var deletes = invocation.Get(Delete);
        var backup = SyncBackup.Read(invocation.Get(BackupDirectory), deletes, from, to);
        var dryRun = invocation.Get(TransferOptions.DryRun);
        if (deletes && !dryRun && !invocation.Get(TransferOptions.Force) && invocation.Get(MaxDelete) is null && (Console.IsInputRedirected || Console.IsErrorRedirected))
        {
            throw new UsageException("--delete without anybody to ask: add --max-delete N, or -f");
        }

        using var plan = Plan(invocation, from, to, deletes);
        if (dryRun)
        {
            return await TransferRun.RunAsync(invocation, WithSurplusAsync(plan, to, deletes, backup), isBatch: true);
        }

        return await TransferRun.RunAsync(
            invocation, plan.ItemsAsync(invocation.Cancelled), isBatch: true, after: state => FinishAsync(invocation, plan, to, deletes, backup, state));
    }

    static SyncPlan Plan(Invocation invocation, string from, string to, bool deletes)
    {
        if (!OssUri.Is(from))
        {
            ObjectSelection.RefuseForFiles(invocation);
        }

        var selection = ObjectSelection.Read(invocation);
        var rule = SkipRule.Read(invocation);
        // The plan has compared already, or says how.
        var mover = new Mover(invocation, new(false, false, false, false));
        IAsyncEnumerable<SyncEntry> Side(string place, bool isSource) => OssUri.Is(place)
            ? SyncSides.Remote(invocation.Client(Folder(place).Bucket), Folder(place), selection, isSource, invocation.Cancelled)
            : SyncSides.Local(place, selection.Names, invocation.Cancelled);
        return new(Side(from, isSource: true), Side(to, isSource: false), entry => Transfer(mover, from, to, entry), rule, deletes);
    }

    static TransferItem Transfer(Mover mover, string from, string to, SyncEntry entry)
    {
        if (!OssUri.Is(from))
        {
            var place = Folder(to);
            return mover.Upload(
                new(Path.Combine(from, entry.Name), entry.Name, entry.Side.Size, entry.Side.Changed, entry.Problem), place with { Key = place.Key + entry.Name });
        }

        var source = Folder(from);
        source = source with { Key = source.Key + entry.Name };
        if (OssUri.Is(to))
        {
            var target = Folder(to);
            return mover.Copy(source, target with { Key = target.Key + entry.Name }, entry.Side);
        }

        try
        {
            return mover.Download(source, LocalPath.Below(to, entry.Name), entry.Side);
        }
        catch (IOException problem)
        {
            return TransferItem.Broken(TransferKind.Download, source.ToString(), to, problem);
        }
    }

    static async IAsyncEnumerable<TransferItem> WithSurplusAsync(SyncPlan plan, string to, bool deletes, SyncBackup? backup)
    {
        await foreach (var item in plan.ItemsAsync())
        {
            yield return item;
        }

        foreach (var name in deletes ? plan.Surplus() : [])
        {
            yield return new(TransferKind.Delete, PlaceOf(to, name), backup?.PlaceOf(name) ?? "", null, static (_, _) => Task.FromResult(new TransferDone()));
        }
    }

    // What is surplus goes last, and only when everything that should be there is.
    static async Task<IReadOnlyList<KeyValuePair<string, object?>>> FinishAsync(
        Invocation invocation, SyncPlan plan, string to, bool deletes, SyncBackup? backup, BoardState state)
    {
        var deleted = 0L;
        if (deletes && plan.SurplusCount > 0)
        {
            if (state.FailedItems > 0)
            {
                Invocation.Warn($"{plan.SurplusCount} surplus names were not removed, because not everything was brought over");
            }
            else if (invocation.Get(MaxDelete) is { } most && plan.SurplusCount > most)
            {
                throw new FailedException(ExitCode.Partial, $"{plan.SurplusCount} names would be removed at {to}, more than --max-delete {most}: nothing was removed");
            }
            else if (invocation.Get(MaxDelete) is null && !invocation.Get(TransferOptions.Force)
                && !Confirmation.Ask($"{plan.SurplusCount} names at {to} will be {(backup is null ? "removed" : $"moved to {backup.Directory}")}", "yes"))
            {
                Invocation.Warn("nothing was removed");
            }
            else
            {
                deleted = OssUri.Is(to) ? await DeleteKeysAsync(invocation, plan, Folder(to), backup) : DeleteFiles(plan, to, backup);
            }
        }

        return [new("unchanged", plan.Unchanged), new("surplus", plan.SurplusCount), new("deleted", deleted), new("backup", deleted > 0 ? backup?.Directory : null)];
    }

    static async Task<long> DeleteKeysAsync(Invocation invocation, SyncPlan plan, OssUri place, SyncBackup? backup)
    {
        var client = invocation.Client(place.Bucket);
        var (deleted, kept) = (0L, 0L);
        foreach (var surplus in plan.Surplus().Chunk(backup is null ? KeysARequest : KeysABackup))
        {
            var (names, stay) = backup is null ? (surplus, 0) : await backup.CopyAsync(invocation, place, surplus);
            kept += stay;
            if (names.Count == 0)
            {
                continue;
            }

            var result = await client.DeleteMultipleObjectsAsync(
                place.Bucket, [.. names.Select(name => new DeleteEntry(place.Key + name))], invocation.Cancelled);
            deleted += result.Deleted.Count;
            if (result.Deleted.Count < names.Count)
            {
                throw new FailedException(ExitCode.Partial, $"{names.Count - result.Deleted.Count} objects below {place} were not removed");
            }
        }

        return kept == 0 ? deleted : throw backup!.Refusal(kept);
    }

    static long DeleteFiles(SyncPlan plan, string root, SyncBackup? backup)
    {
        var (deleted, kept) = (0L, 0L);
        foreach (var name in plan.Surplus())
        {
            var path = LocalPath.Below(root, name);
            if (backup is null)
            {
                File.Delete(path);
            }
            else if (!backup.Move(path, name))
            {
                kept++;
                continue;
            }

            deleted++;
            // A directory that this left empty goes as well, up to the root.
            for (var directory = Path.GetDirectoryName(path); directory is not null && directory.Length > root.TrimEnd('/').Length && !Directory.EnumerateFileSystemEntries(directory).Any();
                directory = Path.GetDirectoryName(directory))
            {
                Directory.Delete(directory);
            }
        }

        return kept == 0 ? deleted : throw backup!.Refusal(kept);
    }

    static string PlaceOf(string to, string name) =>
        OssUri.Is(to) && Folder(to) is var place ? (place with { Key = place.Key + name }).ToString() : Path.Combine(to, name);

    static OssUri Folder(string text) => OssUri.ParseBucket(text).AsFolder();
}
