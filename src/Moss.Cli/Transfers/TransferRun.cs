using System.Globalization;
using System.Runtime.InteropServices;
using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Cli.Progress;

namespace Moss.Cli.Transfers;

/// <summary>Carries out the items of one command, from the first look to the summary and the exit code.</summary>
static class TransferRun
{
    /// <param name="items">What is to be done; found while it is being done.</param>
    /// <param name="isBatch">Whether there may be many items: some that fail make exit code 4, and are reported.</param>
    /// <param name="resumes">Whether the command can go on when it is given again.</param>
    /// <param name="after">What is done when all items are, and what it adds to the summary.</param>
    /// <param name="summarise">Says what came of it, for items that move no bytes; null says it as transfers do.</param>
    /// <param name="jobs">Items at once, unless the command line says otherwise.</param>
    public static async Task<int> RunAsync(
        Invocation invocation,
        IAsyncEnumerable<TransferItem> items,
        bool isBatch,
        bool resumes = true,
        Func<BoardState, Task<IReadOnlyList<KeyValuePair<string, object?>>>>? after = null,
        Func<BoardState, FailureReport, Task>? summarise = null,
        int jobs = 3)
    {
        if (invocation.Get(TransferOptions.DryRun))
        {
            await ShowAsync(invocation, items);
            return ExitCode.Ok;
        }

        var board = new TransferBoard();
        using var report = new FailureReport(invocation.Get(TransferOptions.OutputDirectory), isBatch && !invocation.Get(TransferOptions.NoErrorReport));
        var job = resumes && !invocation.Get(TransferOptions.NoResume) ? Job.Begin(Entry.Arguments) : null;
        var view = ProgressView.Create(board, TransferOptions.ProgressWanted(invocation), invocation.IsQuiet);
        var batch = new TransferBatch(board, view, report, TransferOptions.JobsOf(invocation, jobs), ObjectSelection.CheckersOf(invocation));
        BoardState state;
        using (OnUserSignal(view.Dump))
        {
            try
            {
                state = await batch.RunAsync(items, invocation.Cancelled);
            }
            catch (OperationCanceledException) when (invocation.Cancelled.IsCancellationRequested)
            {
                await view.DisposeAsync();
                view.Stopped(job);
                throw;
            }
            catch (Exception problem)
            {
                await view.DisposeAsync();
                if (batch.HasTold(problem))
                {
                    ForgetHopeless(job, batch);
                    return Failures.CodeOf(problem);
                }

                throw;
            }
        }

        await view.DisposeAsync();
        var more = after is null ? [] : await after(state);
        if (state.FailedItems == 0)
        {
            job?.Forget();
        }
        else if (!isBatch)
        {
            ForgetHopeless(job, batch);
        }
        else if (report.FilePath is { } path)
        {
            view.Warn($"{state.FailedItems} of {state.FoundItems} items failed; which, and why: {path}");
        }

        await (summarise?.Invoke(state, report) ?? SummariseAsync(invocation, view, state, batch, report, more));
        return state.FailedItems == 0 ? ExitCode.Ok : isBatch ? ExitCode.Partial : Failures.CodeOf(batch.LastFailure!);
    }

    /// <summary>Runs an action when a user signal comes (1 is SIGUSR1, 2 is SIGUSR2), until the result is disposed.</summary>
    public static IDisposable? OnUserSignal(Action action, int number = 1)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // The base library takes the system's own numbers for signals it has no name for.
        var raw = (OperatingSystem.IsMacOS() ? 29 : number == 1 ? 9 : 10) + number;
        return PosixSignalRegistration.Create((PosixSignal)raw, context =>
        {
            context.Cancel = true;
            action();
        });
    }

    // What the service refuses it will refuse again: nothing broke off that could go on.
    static void ForgetHopeless(Job? job, TransferBatch batch)
    {
        if (batch.Last is null && batch.LastFailure is Moss.Protocol.Errors.OssException { Status: < 500 })
        {
            job?.Forget();
        }
    }

    static async Task ShowAsync(Invocation invocation, IAsyncEnumerable<TransferItem> items)
    {
        var writer = invocation.Rows([new("kind", "", -10), new("source", "", 0), new("arrow", "", 0), new("destination", "", 0)]);
        var (count, bytes) = (0L, 0L);
        await foreach (var item in items.WithCancellation(invocation.Cancelled))
        {
            if (item.IsNeededAsync is not null && !await item.IsNeededAsync(invocation.Cancelled))
            {
                continue;
            }

            count++;
            bytes += item.Size ?? 0;
            var row = new Row
            {
                { "kind", item.Kind.ToString().ToLowerInvariant() },
                { "source", item.Source },
                { "destination", item.Destination.Length > 0 ? item.Destination : null },
                { "size", item.Size },
            };
            if (invocation.Format == OutputFormat.Text && item.Destination.Length > 0)
            {
                row.Add("arrow", "->");
            }

            await writer.WriteAsync(row, invocation.Cancelled);
        }

        await writer.EndAsync($"Dry run: {count} items, {Quantities.Size(bytes)}; nothing was done", invocation.Cancelled);
    }

    static async Task SummariseAsync(
        Invocation invocation, ProgressView view, BoardState state, TransferBatch batch, FailureReport report, IReadOnlyList<KeyValuePair<string, object?>> more)
    {
        var seconds = state.Elapsed.TotalSeconds;
        var row = new Row
        {
            { "items", state.FoundItems },
            { "done", state.DoneItems },
            { "skipped", state.SkippedItems },
            { "failed", state.FailedItems },
            { "bytes", state.DoneBytes },
            { "networkBytes", state.NetworkBytes },
            { "resumedBytes", state.ResumedBytes },
            { "retries", state.Retries },
            { "elapsedSeconds", Math.Round(seconds, 3) },
            { "bytesPerSecond", Math.Round(state.NetworkBytes / Math.Max(seconds, 0.001)) },
            { "report", report.FilePath },
        };
        row.AddRange(more);
        if (state is { FoundItems: 1, DoneItems: 1 } && batch.Last is { } only)
        {
            row.AddRange([
                new("crc64", only.Crc64), new("etag", only.ETag), new("uploadId", only.UploadId), new("parts", only.Parts),
                new("versionId", only.VersionId), new("sourceChanges", only.SourceChanges),
            ]);
            view.Say(invocation, Proof(only, state));
        }

        await invocation.WriteAsync(row, Summary(state));
    }

    static string Proof(TransferDone done, BoardState state)
    {
        var proof = done.Crc64 is { } crc ? $"CRC-64 {crc.ToString(CultureInfo.InvariantCulture)} verified" : "the service says no CRC-64: not verified";
        return $"{Quantities.Size(done.Size)}, {proof}"
            + (done.SkippedBytes > 0 ? $", {Quantities.Size(done.SkippedBytes)} were there already" : "")
            + (done.SourceChanges > 0 ? ", the source changed meanwhile: what changed was sent again" : "")
            + (state.Retries > 0 ? $", {state.Retries} retries" : "");
    }

    // The lines that scripts know from ossutil.
    static string Summary(BoardState state)
    {
        var culture = CultureInfo.InvariantCulture;
        var words = state.FailedItems == 0 ? "Succeed" : "FinishWithError";
        var total = string.Create(culture, $"{words}: Total num: {state.FoundItems}, size: {state.DoneBytes:N0}.");
        var failed = state.FailedItems > 0 ? string.Create(culture, $" Error num: {state.FailedItems}.") : "";
        var ok = string.Create(culture, $" OK num: {state.DoneItems}({state.DoneItems} files{(state.SkippedItems > 0 ? $", skip {state.SkippedItems} files" : "")}).");
        var speed = state.NetworkBytes / Math.Max(state.Elapsed.TotalSeconds, 0.001);
        return string.Create(culture, $"{total}{failed}{ok}\n\naverage speed {speed:0}(byte/s)\n\n{state.Elapsed.TotalSeconds:0.000000}(s) elapsed");
    }
}
