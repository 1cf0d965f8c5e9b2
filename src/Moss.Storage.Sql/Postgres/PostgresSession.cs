using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;
using Npgsql;

namespace Moss.Storage.Sql.Postgres;

/// <summary>
/// A transaction on one connection. Statements whose answer does not matter wait and travel with the next one that is waited for, at the
/// latest with the commit: a small PUT takes four round trips instead of eight.
/// </summary>
sealed class PostgresSession(NpgsqlConnection connection) : SqlSession
{
    /// <summary>More statements than this are not kept waiting.</summary>
    const int MaxWaiting = 64;

    readonly List<NpgsqlBatchCommand> _waiting = [];

    /// <summary>The first error of the transaction, after which the server refuses everything: a body that swallows it must not seem to succeed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether anything was sent.</summary>
    public bool HasBegun { get; private set; }

    public override SqlCommand Command(SqlStatement statement) => new PostgresCommand(this, statement.Text);

    /// <summary>Begins a transaction together with its first statement.</summary>
    public void Begin(string begin) => _waiting.Add(new(begin));

    /// <summary>Takes the locks, in one round trip; they are the transaction's until it ends.</summary>
    public async ValueTask LockAsync(IEnumerable<MetadataLock> locks, CancellationToken ct)
    {
        foreach (var one in locks)
        {
            var command = new NpgsqlBatchCommand(one.Shared ? PostgresStatements.LockShared : PostgresStatements.Lock);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = one.Id });
            _waiting.Add(command);
        }

        if (_waiting.Count > 1)
        {
            await SendAsync(ct);
        }
    }

    /// <summary>
    /// Sends what waits if nothing was sent yet: a connection that died in its pool shows it here, where the transaction may still run again.
    /// </summary>
    public ValueTask BeginAsync() => HasBegun ? default : SendAsync(CancellationToken.None);

    /// <summary>Commits, together with everything that still waits. Before this is called nothing can have been committed.</summary>
    public async ValueTask CommitAsync()
    {
        if (Error is not null)
        {
            throw Error;
        }

        _waiting.Add(new(PostgresStatements.Commit));
        await SendAsync(CancellationToken.None);
    }

    /// <summary>Ends the transaction without a trace; a connection that cannot even do this is closed by its pool.</summary>
    public async ValueTask RollbackAsync()
    {
        if (!HasBegun)
        {
            return;
        }

        try
        {
            await using var command = new NpgsqlCommand(PostgresStatements.Rollback, connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
        {
            // Broken: the server rolls back by itself.
        }
    }

    public ValueTask PostAsync(NpgsqlBatchCommand command)
    {
        _waiting.Add(command);
        return _waiting.Count < MaxWaiting ? default : SendAsync(CancellationToken.None);
    }

    /// <summary>Runs a statement and what waited before it; answers how many rows it touched.</summary>
    public async ValueTask<int> ExecuteAsync(NpgsqlBatchCommand command)
    {
        _waiting.Add(command);
        await SendAsync(CancellationToken.None);
        return checked((int)command.Rows);
    }

    /// <summary>Runs a statement and what waited before it; answers its rows.</summary>
    public async ValueTask<List<T>> QueryAsync<T>(NpgsqlBatchCommand command, Func<SqlRow, T> map)
    {
        _waiting.Add(command);
        await using var batch = TakeBatch();
        try
        {
            // What waited answers no rows, so that the first result is this statement's.
            await using var reader = await batch.ExecuteReaderAsync();
            var rows = new List<T>();
            var row = new PostgresRow(reader);
            while (await reader.ReadAsync())
            {
                rows.Add(map(row));
            }

            return rows;
        }
        catch (Exception error)
        {
            Error ??= error;
            throw;
        }
    }

    async ValueTask SendAsync(CancellationToken ct)
    {
        await using var batch = TakeBatch();
        try
        {
            await batch.ExecuteNonQueryAsync(ct);
        }
        catch (Exception error)
        {
            Error ??= error;
            throw;
        }
    }

    NpgsqlBatch TakeBatch()
    {
        HasBegun = true;
        var batch = new NpgsqlBatch(connection);
        foreach (var command in _waiting)
        {
            batch.BatchCommands.Add(command);
        }

        _waiting.Clear();
        return batch;
    }

    sealed class PostgresRow(NpgsqlDataReader reader) : SqlRow
    {
        public override bool IsNull(int column) => reader.IsDBNull(column);

        public override long Int64(int column) => reader.GetInt64(column);

        public override string Text(int column) => reader.GetString(column);

        public override bool TextEquals(int column, string value) => reader.GetString(column) == value;

        public override ReadOnlySpan<byte> Span(int column) => reader.IsDBNull(column) ? default : reader.GetFieldValue<byte[]>(column);
    }
}
