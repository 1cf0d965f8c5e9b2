using System.Threading.Channels;
using Moss.Cli.Progress;
using Moss.Protocol.Errors;

namespace Moss.Cli.Transfers;

/// <summary>
/// Does items as they are found, so many side by side. One that fails does not stop the others, unless it would fail all of them.
/// </summary>
sealed class TransferBatch(TransferBoard board, ProgressView view, FailureReport report, int jobs)
{
    /// <summary>
    /// So far the search runs ahead of the work: totals are known early, and memory stays bounded. Items that wait long enough to grow old are
    /// collected late: with 10,000 of them a million small files took 40 MB more.
    /// </summary>
    const int Ahead = 2_000;

    TransferDone? _last;
    Exception? _lastFailure;

    /// <summary>What came of the only item, when there was one.</summary>
    public TransferDone? Last => _last;

    /// <summary>Why the last item that failed did.</summary>
    public Exception? LastFailure => _lastFailure;

    public async Task<BoardState> RunAsync(IAsyncEnumerable<TransferItem> items, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var queue = Channel.CreateBounded<TransferItem>(new BoundedChannelOptions(Ahead) { SingleWriter = true });
        var workers = Enumerable.Range(0, jobs).Select(_ => WorkAsync(queue.Reader, stop)).ToList();
        Exception? trouble = null;
        try
        {
            await foreach (var item in items.WithCancellation(stop.Token))
            {
                board.Found(item);
                await queue.Writer.WriteAsync(item, stop.Token);
            }

            board.Scanned();
        }
        catch (Exception problem)
        {
            trouble = problem;
        }

        queue.Writer.Complete();
        await Task.WhenAll(workers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        foreach (var worker in workers.Where(static worker => worker.IsFaulted))
        {
            await worker;
        }

        return trouble is null or OperationCanceledException ? board.State() : throw trouble;
    }

    async Task WorkAsync(ChannelReader<TransferItem> queue, CancellationTokenSource stop)
    {
        await foreach (var item in queue.ReadAllAsync(stop.Token))
        {
            var transfer = new ActiveTransfer(item);
            board.Begin(transfer);
            view.Started(transfer);
            try
            {
                var isNeeded = item.IsNeededAsync is null || await item.IsNeededAsync(stop.Token);
                var done = isNeeded ? await item.RunAsync(transfer, stop.Token) : TransferDone.Skipped;
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
                board.Failed(transfer);
                view.Failed(transfer, problem);
                report.Add(item, problem);
                _lastFailure = problem;
                if (FailsAll(problem))
                {
                    await stop.CancelAsync();
                    throw;
                }
            }
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
