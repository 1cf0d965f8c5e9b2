using Moss.Storage.Sql.Sessions;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>
/// One connection to the database file, over SQLite's own interface: ADO.NET on top of it costs half as much processor time
/// again for each row written and fifteen times the garbage (docs/decisions/0010-sqlite-without-ado.md). Used by one thread at a time.
/// </summary>
sealed class SqliteConnection : SqlSession, IDisposable
{
    readonly sqlite3 _database;
    readonly SqlStatement _begin;
    SqliteCommand?[] _commands = new SqliteCommand?[64];

    SqliteConnection(sqlite3 database, SqlStatement begin)
    {
        _database = database;
        _begin = begin;
    }

    static SqliteConnection()
    {
        Batteries_V2.Init();

        // Nobody asks how much memory SQLite has; counting takes a lock for every allocation. Refused when a library beside us began with SQLite before.
        _ = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Whether anything was written since this was last set to false.</summary>
    public bool HasWritten { get; set; }

    /// <summary>Whether a transaction is open: some errors end it by themselves.</summary>
    public bool IsInTransaction => sqlite3_get_autocommit(_database) == 0;

    /// <summary>Opens the one connection that writes, and makes the file when there is none.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or no database.</exception>
    public static SqliteConnection OpenWriter(string path, bool durable)
    {
        var connection = Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, SqliteStatements.BeginWrite);
        return Configure(connection, SqlitePragmas.Writer(durable));
    }

    /// <summary>Opens a connection that only reads, on snapshots.</summary>
    public static SqliteConnection OpenReader(string path) =>
        Configure(Open(path, SQLITE_OPEN_READWRITE, SqliteStatements.BeginRead), SqlitePragmas.Reader);

    /// <summary>Begins a transaction of the kind this connection is for.</summary>
    public void Begin() => Run(_begin);

    public void Commit() => Run(SqliteStatements.Commit);

    /// <summary>Ends the transaction, if one is open, without a trace.</summary>
    public void Rollback()
    {
        if (IsInTransaction)
        {
            Run(SqliteStatements.Rollback);
        }
    }

    /// <summary>Runs a statement that has neither values nor an answer.</summary>
    public void Run(SqlStatement statement) => ((SqliteCommand)Command(statement)).Execute();

    /// <summary>Runs SQL that is not prepared: settings and migrations.</summary>
    public void RunScript(string sql) => Check(sqlite3_exec(_database, sql));

    /// <summary>Runs a query that is not prepared and answers the first column of its rows as text.</summary>
    public List<string> QueryTexts(string sql)
    {
        using var command = new SqliteCommand(this, sql, isWrite: false);
        return command.List(row => row.Text(0));
    }

    public override SqlCommand Command(SqlStatement statement)
    {
        if (statement.Index >= _commands.Length)
        {
            Array.Resize(ref _commands, Math.Max(statement.Index + 1, 2 * _commands.Length));
        }

        return (_commands[statement.Index] ??= new(this, statement.Text, statement.IsWrite)).Start();
    }

    /// <summary>Compiles a statement; <c>$1</c> is <c>?1</c> here, a value by number.</summary>
    public sqlite3_stmt Prepare(string sql)
    {
        Check(sqlite3_prepare_v3(_database, sql.Replace('$', '?'), SQLITE_PREPARE_PERSISTENT, out var statement));
        return statement;
    }

    /// <summary>How many pages went to the WAL since the last call.</summary>
    public int TakeWrittenPages()
    {
        Check(sqlite3_db_status(_database, SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, resetFlg: 1));
        return pages;
    }

    /// <summary>
    /// Moves pages from the WAL to the database file, without waiting for anybody. True when the WAL is empty now, so that the next
    /// transaction begins it anew.
    /// </summary>
    public bool Checkpoint()
    {
        var result = sqlite3_wal_checkpoint_v2(_database, null, SQLITE_CHECKPOINT_PASSIVE, out var inLog, out var moved);
        return result == SQLITE_OK && inLog == moved;
    }

    /// <summary>How many rows the last statement changed.</summary>
    public int Changes => sqlite3_changes(_database);

    /// <summary>The error of the last call.</summary>
    public Exception Error(int result) => SqliteErrors.From(result, sqlite3_extended_errcode(_database), sqlite3_errmsg(_database).utf8_to_string());

    public void Check(int result)
    {
        if (result != SQLITE_OK)
        {
            throw Error(result);
        }
    }

    public void Dispose()
    {
        foreach (var command in _commands)
        {
            command?.Dispose();
        }

        _database.Dispose();
    }

    static SqliteConnection Open(string path, int flags, SqlStatement begin)
    {
        // Each connection is used by one thread at a time, so that its own mutex would only cost.
        var result = sqlite3_open_v2(path, out var database, flags | SQLITE_OPEN_NOMUTEX, null);
        if (result == SQLITE_OK)
        {
            return new(database, begin);
        }

        var message = database is null ? "out of memory" : sqlite3_errmsg(database).utf8_to_string();
        database?.Dispose();
        throw SqliteErrors.From(result, result, $"{path}: {message}");
    }

    static SqliteConnection Configure(SqliteConnection connection, string pragmas)
    {
        try
        {
            // Without it SQLite compiles a statement anew whenever a value that bounds a range is bound, to look for a better plan: most of a short scan's time.
            connection.Check(sqlite3_db_config(connection._database, SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _));
            connection.RunScript(pragmas);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
