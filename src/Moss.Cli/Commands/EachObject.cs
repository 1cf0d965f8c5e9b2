using System.CommandLine;
using System.Runtime.CompilerServices;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary>One change to one object, or with <c>-r</c> to all below a prefix that are chosen, so many at once.</summary>
static class EachObject
{
    const int AtOnce = 16;

    public static readonly Argument<string> Address = Options.Argument("oss://bucket/key", "An object, or with -r a prefix.");

    public static readonly Option<bool> Recursive = Options.Flag("--recursive", "All objects below the prefix.", "-r");

    /// <summary>What each of these verbs takes.</summary>
    public static readonly Option[] All = [Recursive, .. ObjectSelection.All, .. Running];

    /// <summary>How a batch of changes runs.</summary>
    public static Option[] Running =>
    [
        TransferOptions.Jobs, TransferOptions.Progress, TransferOptions.NoProgress, TransferOptions.OutputDirectory, TransferOptions.NoErrorReport,
        TransferOptions.DryRun, TransferOptions.Force,
    ];

    /// <summary>What <see cref="Address"/> says: an object, or with <c>-r</c> a prefix.</summary>
    /// <exception cref="UsageException">It is no such place.</exception>
    public static OssUri Place(Invocation invocation)
    {
        var text = invocation.Get(Address);
        return invocation.Get(Recursive) ? ObjectSelection.Place(invocation, text) : ObjectSelection.Object(invocation, text);
    }

    /// <summary>The version of one object that an option says, or null.</summary>
    /// <exception cref="UsageException">There are to be many.</exception>
    public static string? Version(Invocation invocation, Option<string?> option) =>
        invocation.Get(option) is not { } version ? null
        : invocation.Get(Recursive) ? throw new UsageException($"{option.Name} goes with one object")
        : version;

    /// <param name="place">An object, or with <c>-r</c> a prefix.</param>
    /// <param name="change">What is done to each; false when nothing had to be done.</param>
    public static Task<int> RunAsync(
        Invocation invocation, TransferKind kind, OssUri place, Func<OssClient, FoundObject, CancellationToken, Task<bool>> change)
    {
        var client = invocation.Client(place.Bucket);
        if (!invocation.Get(Recursive))
        {
            ObjectSelection.RefuseForOne(invocation);
            NameList.Read(invocation, isRecursive: false, sources: 1);
            return RunAsync(invocation, new[] { Item(new(place.Key, place.Key, null)) }.ToAsyncEnumerable(), isBatch: false);
        }

        return RunAsync(invocation, ItemsAsync(invocation.Cancelled), isBatch: true);

        TransferItem Item(FoundObject found) => new(
            kind,
            $"oss://{place.Bucket}/{found.Key}",
            "",
            null,
            async (_, ct) => await change(client, found, ct) ? new() : TransferDone.Skipped);

        async IAsyncEnumerable<TransferItem> ItemsAsync([EnumeratorCancellation] CancellationToken ct)
        {
            var names = NameList.Read(invocation, isRecursive: true, sources: 1);
            await foreach (var found in ObjectSelection.Read(invocation).FindAsync(client, place, names, ct))
            {
                yield return Item(found);
            }
        }
    }

    /// <summary>Runs items that move no bytes, and says how many were done.</summary>
    public static Task<int> RunAsync(Invocation invocation, IAsyncEnumerable<TransferItem> items, bool isBatch) => TransferRun.RunAsync(
        invocation,
        items,
        isBatch,
        resumes: false,
        summarise: (state, report) => SummariseAsync(invocation, state, report),
        jobs: AtOnce);

    static Task SummariseAsync(Invocation invocation, BoardState state, FailureReport report)
    {
        var (done, skipped, failed) = (state.DoneItems, state.SkippedItems, state.FailedItems);
        var ok = $"OK num: {done}{(skipped > 0 ? $"({done} objects, skip {skipped} objects)" : "")}.";
        return invocation.WriteAsync(
            new() { { "done", done }, { "skipped", skipped }, { "failed", failed }, { "report", report.FilePath } },
            failed == 0 ? $"Succeed: Total num: {done + skipped}. {ok}" : $"FinishWithError: Total num: {done + skipped + failed}. Error num: {failed}. {ok}");
    }
}
