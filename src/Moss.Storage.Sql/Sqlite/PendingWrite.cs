using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>A write body on its way: queued, then taken by the writer or given up by its caller, whichever comes first.</summary>
abstract class PendingWrite
{
    int _taken;

    /// <summary>When it was queued, in ticks of the store's clock.</summary>
    public long Queued { get; set; }

    /// <summary>What the body threw when it last ran.</summary>
    public Exception? Error { get; protected set; }

    /// <summary>Claims it; false when it was claimed before.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <summary>Runs the body and keeps its outcome, which nobody sees yet.</summary>
    public abstract void Run(SqlRows rows);

    /// <summary>Hands out the outcome.</summary>
    public abstract void Complete();

    /// <summary>Hands out an error instead of the outcome.</summary>
    public abstract void Fail(Exception error);
}

sealed class PendingWrite<T>(Func<IMetadataTransaction, ValueTask<T>> body) : PendingWrite
{
    // A caller never goes on running on the writer's thread.
    readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    T? _result;

    public Task<T> Task => _completion.Task;

    public override void Run(SqlRows rows)
    {
        var transaction = new SqlTransaction(rows);
        try
        {
            Error = null;
            var running = body(transaction);
            if (!running.IsCompleted)
            {
                throw new InvalidOperationException("The body of a transaction awaited something other than the transaction's own methods.");
            }

            _result = running.GetAwaiter().GetResult();
        }
        catch (Exception error)
        {
            Error = error;
        }
        finally
        {
            transaction.End();
        }
    }

    public override void Complete()
    {
        if (Error is null)
        {
            _completion.TrySetResult(_result!);
        }
        else
        {
            _completion.TrySetException(Error);
        }
    }

    public override void Fail(Exception error) => _completion.TrySetException(error);

    public void Cancel(CancellationToken ct)
    {
        if (TryTake())
        {
            _completion.TrySetCanceled(ct);
        }
    }
}
