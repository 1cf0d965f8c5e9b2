namespace Moss.Storage.Sql.Sqlite;

/// <summary>
/// Keeps the WAL short without making commits wait for it. SQLite by itself would move the pages inside a commit; here a second connection
/// does it beside the writer. The few pages that are written meanwhile the writer moves itself, between two batches: only when
/// nothing is left does the next transaction begin the WAL anew.
/// </summary>
sealed class SqliteCheckpoints(SqliteConnection writer, SqliteConnection background) : IDisposable
{
    /// <summary>A WAL of this many pages (64 MiB) is worth moving. The longer it is, the more often a page changed before it is moved once.</summary>
    const int LongPages = 16_384;

    /// <summary>What the writer moves itself.</summary>
    const int ShortPages = 1024;

    Task? _pass;
    int _pages;

    /// <summary>Called by the writer after each commit.</summary>
    public void Step()
    {
        _pages += writer.TakeWrittenPages();
        if (_pass is { IsCompleted: false } || (_pass is null && _pages < LongPages))
        {
            return;
        }

        if (_pass is not null && _pages < ShortPages)
        {
            // A reader on an old snapshot may still need the WAL; then it grows on, and the next pass comes after the same length.
            writer.Checkpoint();
            _pass = null;
        }
        else
        {
            // A failed pass leaves everything in the WAL, where it is as safe; the next pass tries again.
            _pass = Task.Factory.StartNew(
                () => background.Checkpoint(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        _pages = 0;
    }

    /// <summary>Waits for the pass that runs.</summary>
    public void Dispose()
    {
        if (_pass is not null)
        {
            // The writer's thread ends here and has nothing else to do.
            ((IAsyncResult)_pass).AsyncWaitHandle.WaitOne();
        }

        background.Dispose();
    }
}
