using Moss.Cli.Frame;
using Moss.Cli.Output;
using Moss.Cli.Transfers;

namespace Moss.Cli.Progress;

/// <summary>Shows how far a command is; always on stderr, for it is no data.</summary>
abstract class ProgressView(TransferBoard board, TimeSpan every) : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly Lock _lock = new();
    Task _ticking = Task.CompletedTask;

    protected TransferBoard Board => board;

    /// <summary>The view that fits: bars on a terminal, lines elsewhere, JSON when asked for, nothing when nothing is wanted.</summary>
    public static ProgressView Create(TransferBoard board, string? wanted, bool isQuiet)
    {
        ProgressView view = wanted == "json" ? new JsonProgress(board)
            : isQuiet || wanted == "none" ? new SilentProgress(board)
            : wanted != "plain" && Terminal.IsInteractive ? new TerminalProgress(board)
            : new PlainProgress(board);
        view._ticking = view.TickAsync();
        return view;
    }

    public void Started(ActiveTransfer transfer) => Locked(() => OnStarted(transfer));

    public void Finished(ActiveTransfer transfer, TransferDone done) => Locked(() => OnFinished(transfer, done));

    public void Failed(ActiveTransfer transfer, Exception problem) => Locked(() => OnFailed(transfer, problem));

    /// <summary>Says what ended for people; a program reads it elsewhere.</summary>
    public virtual void Say(Invocation invocation, string message) => invocation.Say(message);

    /// <summary>Says what must not be missed.</summary>
    public virtual void Warn(string message) => Invocation.Warn(message);

    /// <summary>Says how a transfer that was stopped goes on; null when it cannot.</summary>
    public virtual void Stopped(Job? job)
    {
        if (job is null)
        {
            Invocation.Warn("stopped");
            return;
        }

        Invocation.Warn("stopped; what is done is kept. Go on with");
        Console.Error.WriteLine($"      moss jobs resume {job.Id}");
        Console.Error.WriteLine("      or give the same command again: " + job.CommandLine);
    }

    /// <summary>Says now where everything stands (asked for by <c>kill -USR1</c>).</summary>
    public void Dump() => Locked(() => OnDump(board.State()));

    /// <summary>The last picture; nothing is drawn after it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _ticking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Locked(() => OnEnd(board.State()));
        _stop.Dispose();
    }

    protected virtual void OnStarted(ActiveTransfer transfer)
    {
    }

    protected virtual void OnFinished(ActiveTransfer transfer, TransferDone done)
    {
    }

    protected virtual void OnFailed(ActiveTransfer transfer, Exception problem) =>
        Console.Error.WriteLine($"moss: {transfer.Item.Source}: {Failures.Describe(problem)}");

    protected virtual void OnTick(BoardState state)
    {
    }

    protected virtual void OnDump(BoardState state)
    {
        foreach (var transfer in state.Active)
        {
            Console.Error.WriteLine(LineOf(transfer));
        }

        Console.Error.WriteLine(LineOf(state));
    }

    protected virtual void OnEnd(BoardState state)
    {
    }

    protected static string LineOf(ActiveTransfer transfer)
    {
        var progress = transfer.Progress;
        var whole = progress.TotalBytes is { } total and > 0 ? $"{100.0 * progress.TransferredBytes / total:0}%, " : "";
        return $"{Path.GetFileName(transfer.Item.Source)}: {whole}{Quantities.Size(progress.TransferredBytes)}, {Quantities.Speed(progress.BytesPerSecond)}, {progress.Phase}"
            + (progress.Retries > 0 ? $", {progress.Retries} retries" : "");
    }

    /// <summary>The whole in one line.</summary>
    protected static string LineOf(BoardState state)
    {
        var of = state.IsTotalKnown ? "" : " so far";
        var percent = state.IsTotalKnown && state.FoundBytes > 0 ? $"{100.0 * state.CoveredBytes / state.FoundBytes:0}%, " : "";
        return $"{percent}{Quantities.Size(state.CoveredBytes)} of {Quantities.Size(state.FoundBytes)}{of}, {state.FinishedItems} of {state.FoundItems} items, "
            + Quantities.Speed(state.BytesPerSecond)
            + (state.Left is { } left ? $", {Quantities.Clock(left)} left" : "")
            + (state.Retries > 0 ? $", {state.Retries} retries" : "")
            + (state.FailedItems > 0 ? $", {state.FailedItems} failed" : "");
    }

    async Task TickAsync()
    {
        if (every <= TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(every, Invocation.Time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            Locked(() => OnTick(board.State()));
        }
    }

    void Locked(Action action)
    {
        lock (_lock)
        {
            action();
        }
    }
}

/// <summary>Only what fails.</summary>
sealed class SilentProgress(TransferBoard board) : ProgressView(board, TimeSpan.Zero);

/// <summary>A line every few seconds, for logs.</summary>
sealed class PlainProgress(TransferBoard board) : ProgressView(board, TimeSpan.FromSeconds(5))
{
    protected override void OnTick(BoardState state) => Console.Error.WriteLine(LineOf(state));
}

/// <summary>One JSON object a line: started, progress (twice a second), finished, failed, and a summary.</summary>
sealed class JsonProgress(TransferBoard board) : ProgressView(board, TimeSpan.FromMilliseconds(500))
{
    // Whoever reads lines of JSON gets nothing else.
    public override void Say(Invocation invocation, string message)
    {
    }

    public override void Warn(string message)
    {
    }

    public override void Stopped(Job? job) => Emit("stopped", new() { { "job", job?.Id }, { "resume", job is null ? null : $"moss jobs resume {job.Id}" } });

    protected override void OnStarted(ActiveTransfer transfer) => Emit("started", Identity(transfer));

    protected override void OnFinished(ActiveTransfer transfer, TransferDone done)
    {
        var row = Identity(transfer);
        row.Add("skipped", done.IsSkipped);
        if (!done.IsSkipped)
        {
            row.AddRange([
                new("bytes", done.Size), new("networkBytes", done.NetworkBytes), new("resumedBytes", done.SkippedBytes), new("retries", done.Retries),
                new("crc64", done.Crc64), new("etag", done.ETag), new("uploadId", done.UploadId),
            ]);
        }

        Emit("finished", row);
    }

    protected override void OnFailed(ActiveTransfer transfer, Exception problem)
    {
        var row = Identity(transfer);
        row.Add("exitCode", Failures.CodeOf(problem));
        row.Add("code", (problem as Moss.Protocol.Errors.OssException)?.Code);
        row.Add("message", problem.Message);
        Emit("failed", row);
    }

    protected override void OnTick(BoardState state)
    {
        var row = Totals(state);
        row.Add("active", state.Active.Select(static transfer =>
        {
            var progress = transfer.Progress;
            return new Row
            {
                { "source", transfer.Item.Source },
                { "destination", transfer.Item.Destination },
                { "phase", progress.Phase },
                { "bytes", progress.TransferredBytes },
                { "totalBytes", progress.TotalBytes },
                { "bytesPerSecond", Math.Round(progress.BytesPerSecond) },
                { "inFlight", progress.InFlight },
                { "retries", progress.Retries },
            };
        }).ToList());
        Emit("progress", row);
    }

    protected override void OnDump(BoardState state) => OnTick(state);

    protected override void OnEnd(BoardState state) => Emit("summary", Totals(state));

    static Row Identity(ActiveTransfer transfer) => new()
    {
        { "kind", transfer.Item.Kind.ToString().ToLowerInvariant() },
        { "source", transfer.Item.Source },
        { "destination", transfer.Item.Destination },
        { "size", transfer.Item.Size },
    };

    static Row Totals(BoardState state) => new()
    {
        { "items", state.FoundItems },
        { "itemsDone", state.DoneItems },
        { "itemsSkipped", state.SkippedItems },
        { "itemsFailed", state.FailedItems },
        { "bytes", state.CoveredBytes },
        { "totalBytes", state.FoundBytes },
        { "scanned", state.IsScanned },
        { "networkBytes", state.NetworkBytes },
        { "resumedBytes", state.ResumedBytes },
        { "retries", state.Retries },
        { "bytesPerSecond", Math.Round(state.BytesPerSecond) },
        { "secondsLeft", state.Left is { } left ? Math.Round(left.TotalSeconds, 1) : null },
        { "elapsedSeconds", Math.Round(state.Elapsed.TotalSeconds, 3) },
    };

    static void Emit(string type, Row row)
    {
        row.Insert(0, new("event", type));
        Console.Error.WriteLine(System.Text.Encoding.UTF8.GetString(Documents.ToJson(row, indented: false)));
    }
}
