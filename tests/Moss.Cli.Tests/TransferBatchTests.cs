using System.Runtime.CompilerServices;
using Moss.Cli.Progress;
using Moss.Cli.Transfers;

namespace Moss.Cli.Tests;

/// <summary>How a batch ends when something else breaks than an item.</summary>
public sealed class TransferBatchTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static TransferItem Broken => TransferItem.Broken(TransferKind.Copy, "a", "b", new InvalidOperationException("the item"));

    [Fact]
    public async Task A_failure_that_cannot_be_reported_ends_the_search_as_well()
    {
        var board = new TransferBoard();
        await using var view = ProgressView.Create(board, "none", isQuiet: true);
        // No path has this character.
        using var report = new FailureReport("\0", isWanted: true);
        var batch = new TransferBatch(board, view, report, jobs: 1, checkers: 1);
        var problem = await Assert.ThrowsAsync<ArgumentException>(() => batch.RunAsync(EndlessAsync(Ct), Ct).WaitAsync(TimeSpan.FromMinutes(1), Ct));
        Assert.False(batch.HasTold(problem));
    }

    [Fact]
    public async Task A_search_that_breaks_off_after_an_item_failed_has_not_been_told_of()
    {
        var board = new TransferBoard();
        await using var view = ProgressView.Create(board, "none", isQuiet: true);
        using var report = new FailureReport(null, isWanted: false);
        var batch = new TransferBatch(board, view, report, jobs: 1, checkers: 1);
        var problem = await Assert.ThrowsAsync<IOException>(() => batch.RunAsync(BreakingOffAsync(), Ct));
        Assert.Equal(("the search", "the item", false), (problem.Message, batch.LastFailure?.Message, batch.HasTold(problem)));
    }

    static async IAsyncEnumerable<TransferItem> EndlessAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            yield return Broken;
        }
    }

    static async IAsyncEnumerable<TransferItem> BreakingOffAsync()
    {
        await Task.Yield();
        yield return Broken;
        throw new IOException("the search");
    }
}
