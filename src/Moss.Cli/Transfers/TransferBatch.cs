using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Moss.Cli.Progress;
using Moss.Protocol.Errors;

namespace Moss.Cli.Transfers;

/// <summary>
/// Does items as they are found, so many side by side; whether they have to be done is found out before, so many others side by side. One that
/// fails does not stop the others, unless it would fail all of them.
/// </summary>
sealed class TransferBatch(TransferBoard board, ProgressView view, FailureReport report, int jobs, int checkers)
{
    /// <summary>
    /// So far the search runs ahead of the work: totals are known early, and memory stays bounded. Items that wait long enough to grow old are
    /// collected late: with 10,000 of them a million small files took 40 MB more.
    /// </summary>
    const int Ahead = 2_000;

    readonly ConcurrentQueue<Exception> _told = [];
    TransferDone? _last;
    Exception? _lastFailure;

    /// <summary>What came of the only item, when there was one.</summary>
    public TransferDone? Last => _last;

    /// <summary>Why the last item that failed did.</summary>
    public Exception? LastFailure => _lastFailure;

    /// <summary>Whether this stopped all items, and the view has said so.</summary>
    public bool HasTold(Exception problem) => _told.Contains(problem);

    public async Task<BoardState> RunAsync(IAsyncEnumerable<TransferItem> items, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var found = Channel.CreateBounded<TransferItem>(new BoundedChannelOptions(Ahead) { SingleWriter = true });
        var needed = Channel.CreateBounded<TransferItem>(Ahead);
        var asking = Enumerable.Range(0, checkers).Select(_ => StoppingAsync(CheckAsync(found.Reader, needed.Writer, stop), stop)).ToList();
        var working = Enumerable.Range(0, jobs).Select(_ => StoppingAsync(WorkAsync(needed.Reader, stop), stop)).ToList();
        Exception? trouble = null;
        try
        {
            await foreach (var item in items.WithCancellation(stop.Token))
            {
                board.Found(item);
                await (item.IsNeededAsync is null ? needed : found).Writer.WriteAsync(item, stop.Token);
            }

            board.Scanned();
        }
        catch (Exception problem)
        {
            trouble = problem;
        }

        found.Writer.Complete();
        await Task.WhenAll(asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        needed.Writer.Complete();
        await Task.WhenAll(working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        foreach (var failed in asking.Concat(working).Where(static task => task.IsFaulted))
        {
            await failed;
        }

        return trouble is null or OperationCanceledException ? board.State() : throw trouble;
    }

    // One that ends before its time would leave the search waiting for room.
    static async Task StoppingAsync(Task loop, CancellationTokenSource stop)
    {
        try
        {
            await loop;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    async Task CheckAsync(ChannelReader<TransferItem> found, ChannelWriter<TransferItem> needed, CancellationTokenSource stop)
    {
        await foreach (var item in found.ReadAllAsync(stop.Token))
        {
            try
            {
                if (await item.IsNeededAsync!(stop.Token))
                {
                    await needed.WriteAsync(item, stop.Token);
                    continue;
                }

                var transfer = new ActiveTransfer(item);
                view.Started(transfer);
                board.Done(transfer, TransferDone.Skipped);
                view.Finished(transfer, TransferDone.Skipped);
                _last = TransferDone.Skipped;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception problem)
            {
                var transfer = new ActiveTransfer(item);
                view.Started(transfer);
                Fail(transfer, problem);
            }
        }
    }

    async Task WorkAsync(ChannelReader<TransferItem> needed, CancellationTokenSource stop)
    {
        await foreach (var item in needed.ReadAllAsync(stop.Token))
        {
            var transfer = new ActiveTransfer(item);
            board.Begin(transfer);
            view.Started(transfer);
            try
            {
                var done = await item.RunAsync(transfer, stop.Token);
                board.Done(transfer, done);
                view.Finished(transfer, done);
                _last = done;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception problem)
            {
                Fail(transfer, problem);
            }
        }
    }

    void Fail(ActiveTransfer transfer, Exception problem)
    {
        board.Failed(transfer);
        view.Failed(transfer, problem);
        report.Add(transfer.Item, problem);
        _lastFailure = problem;
        if (FailsAll(problem))
        {
            _told.Enqueue(problem);
            ExceptionDispatchInfo.Throw(problem);
        }
    }

    // What no other item can escape: going on would only say it a million times.
    static bool FailsAll(Exception problem) => problem switch
    {
        OssException refusal => refusal.Code is "NoSuchBucket" or "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "UserDisable"
            or "SecurityTokenExpired" or "InvalidSecurityToken" or "RequestTimeTooSkewed",
        IOException io => (io.HResult & 0xFFFF) is 28 or 112, // The disk is full (ENOSPC, ERROR_DISK_FULL).
        _ => false,
    };
}
