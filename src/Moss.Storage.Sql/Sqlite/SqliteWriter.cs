using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>
/// The one writer: a thread that runs the queued bodies one after the other inside one transaction, commits it once and only then hands
/// out what came of them. While a commit waits for the disk, the next batch gathers.
/// </summary>
sealed class SqliteWriter : IDisposable
{
    /// <summary>A batch ends at this many bodies...</summary>
    const int MaxBodies = 256;

    /// <summary>...or when its bodies have run this long, so that a long one does not keep many waiting.</summary>
    static readonly TimeSpan MaxRunTime = TimeSpan.FromMilliseconds(20);

    readonly SqliteConnection _connection;
    readonly SqliteCheckpoints _checkpoints;
    readonly SqlRows _rows;
    readonly TimeProvider _time;
    readonly Thread _thread;
    readonly object _gate = new();
    readonly Queue<PendingWrite> _queue = new();
    readonly List<PendingWrite> _batch = new(MaxBodies);
    bool _closed;
    bool _careful;

    public SqliteWriter(SqliteConnection connection, SqliteConnection background, TimeProvider time)
    {
        _connection = connection;
        _checkpoints = new(connection, background);
        _rows = new(connection);
        _time = time;
        _thread = new(Work) { Name = "Moss metadata writer", IsBackground = true };
        _thread.Start();
    }

    public void Enqueue(PendingWrite write)
    {
        write.Queued = _time.GetTimestamp();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _queue.Enqueue(write);
            if (_queue.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Refuses new bodies, runs those that are queued, and closes the connection.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _checkpoints.Dispose();
        _connection.Dispose();
    }

    void Work()
    {
        while (WaitForNext() is { } first)
        {
            var began = _time.GetTimestamp();
            try
            {
                _careful = false;
                _connection.Begin();
                var next = first;
                do
                {
                    MetadataMeter.QueueTime.Record(_time.GetElapsedTime(next.Queued).TotalSeconds);
                    _batch.Add(next);
                    RunOne(next);
                }
                while (_batch.Count < MaxBodies && _time.GetElapsedTime(began) < MaxRunTime && (next = TryNext()) is not null);
                Commit();
            }
            catch (Exception error)
            {
                // Nothing of the batch is on disk: whatever its bodies found, they found in a state that never was.
                FailBatch(first, error);
            }

            foreach (var write in _batch)
            {
                write.Complete();
            }

            _batch.Clear();
            _checkpoints.Step();
        }
    }

    void Commit()
    {
        var began = _time.GetTimestamp();
        _connection.Commit();
        MetadataMeter.CommitTime.Record(_time.GetElapsedTime(began).TotalSeconds);
        MetadataMeter.BatchSize.Record(_batch.Count);
    }

    // A body that fails before it wrote leaves nothing behind, and nearly all that fail do so. For one that fails later the whole
    // batch is undone and what ran before it runs again, from then on under savepoints: cheaper than a savepoint for every body.
    void RunOne(PendingWrite write)
    {
        _connection.HasWritten = false;
        if (_careful)
        {
            RunCarefully(write);
            return;
        }

        write.Run(_rows);
        if (write.Error is null || (!_connection.HasWritten && _connection.IsInTransaction))
        {
            return;
        }

        _careful = true;
        _connection.Rollback();
        _connection.Begin();
        foreach (var earlier in _batch.SkipLast(1))
        {
            RunCarefully(earlier);
        }
    }

    void RunCarefully(PendingWrite write)
    {
        _connection.Run(SqliteStatements.Savepoint);
        write.Run(_rows);
        if (write.Error is not null)
        {
            if (!_connection.IsInTransaction)
            {
                throw new IOException("The transaction was lost together with a statement of it.", write.Error);
            }

            _connection.Run(SqliteStatements.RollbackToSavepoint);
        }

        _connection.Run(SqliteStatements.ReleaseSavepoint);
    }

    void FailBatch(PendingWrite first, Exception error)
    {
        // Begin may have failed before the first was run.
        first.Fail(error);
        foreach (var write in _batch)
        {
            write.Fail(error);
        }

        try
        {
            _connection.Rollback();
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            // The next batch's Begin says what is wrong.
        }
    }

    PendingWrite? WaitForNext()
    {
        lock (_gate)
        {
            while (true)
            {
                if (Dequeue() is { } write)
                {
                    return write;
                }

                if (_closed)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    PendingWrite? TryNext()
    {
        lock (_gate)
        {
            return Dequeue();
        }
    }

    PendingWrite? Dequeue()
    {
        while (_queue.TryDequeue(out var write))
        {
            if (write.TryTake())
            {
                return write;
            }
        }

        return null;
    }
}
