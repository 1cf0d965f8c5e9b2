using System.Buffers;
using System.Text;
using Moss.Storage.Sql.Sessions;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>A compiled statement of one connection. Everything it does is done when it returns.</summary>
sealed class SqliteCommand(SqliteConnection connection, string sql, bool isWrite) : SqlCommand, IDisposable
{
    /// <summary>Names up to this many bytes are encoded on the stack.</summary>
    const int StackBytes = 512;

    readonly sqlite3_stmt _statement = connection.Prepare(sql);
    SqliteRow? _row;
    int _values;

    public SqliteCommand Start()
    {
        _values = 0;
        return this;
    }

    public override SqlCommand Add(long value)
    {
        connection.Check(sqlite3_bind_int64(_statement, ++_values, value));
        return this;
    }

    public override SqlCommand Add(ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite would take for a null.
        connection.Check(value.IsEmpty
            ? sqlite3_bind_zeroblob(_statement, ++_values, 0)
            : sqlite3_bind_blob(_statement, ++_values, value));
        return this;
    }

    public override SqlCommand AddName(string value) => AddEncoded(value, isText: false);

    public override SqlCommand AddText(string value) => AddEncoded(value, isText: true);

    public override SqlCommand AddNull()
    {
        connection.Check(sqlite3_bind_null(_statement, ++_values));
        return this;
    }

    public override ValueTask PostAsync()
    {
        Execute();
        return default;
    }

    public override ValueTask<int> ExecuteAsync()
    {
        Execute();
        return new(connection.Changes);
    }

    public override ValueTask<long?> NumberAsync()
    {
        long? number = null;
        try
        {
            // Stepping to the end, not to the first row: only then has a statement with RETURNING done its work.
            while (Step())
            {
                number ??= sqlite3_column_int64(_statement, 0);
            }
        }
        finally
        {
            Reset();
        }

        return new(number);
    }

    public override ValueTask<T?> FirstAsync<T>(Func<SqlRow, T> map)
        where T : class
    {
        try
        {
            return new(Step() ? map(_row ??= new(_statement)) : null);
        }
        finally
        {
            Reset();
        }
    }

    public override ValueTask<List<T>> ListAsync<T>(Func<SqlRow, T> map) => new(List(map));

    public List<T> List<T>(Func<SqlRow, T> map)
    {
        try
        {
            var rows = new List<T>();
            while (Step())
            {
                rows.Add(map(_row ??= new(_statement)));
            }

            return rows;
        }
        finally
        {
            Reset();
        }
    }

    public void Execute()
    {
        try
        {
            while (Step())
            {
            }
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => _statement.Dispose();

    SqliteCommand AddEncoded(string value, bool isText)
    {
        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = size > StackBytes ? ArrayPool<byte>.Shared.Rent(size) : null;
        var buffer = rented ?? stackalloc byte[StackBytes];
        var bytes = buffer[..Encoding.UTF8.GetBytes(value, buffer)];
        _values++;
        connection.Check((bytes.IsEmpty, isText) switch
        {
            (true, true) => sqlite3_bind_text(_statement, _values, ""),
            (true, false) => sqlite3_bind_zeroblob(_statement, _values, 0),
            (_, true) => sqlite3_bind_text(_statement, _values, bytes),
            (_, false) => sqlite3_bind_blob(_statement, _values, bytes),
        });
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return this;
    }

    bool Step()
    {
        connection.HasWritten |= isWrite;
        var result = sqlite3_step(_statement);
        return result == SQLITE_ROW || (result == SQLITE_DONE ? false : throw connection.Error(result));
    }

    // Answers the error of the step again, which was thrown already.
    void Reset() => _ = sqlite3_reset(_statement);

    sealed class SqliteRow(sqlite3_stmt statement) : SqlRow
    {
        public override bool IsNull(int column) => sqlite3_column_type(statement, column) == SQLITE_NULL;

        public override long Int64(int column) => sqlite3_column_int64(statement, column);

        // The bytes of a text are its UTF-8.
        public override string Text(int column) => Encoding.UTF8.GetString(Span(column));

        public override bool TextEquals(int column, string value) => Ascii.Equals(Span(column), value);

        public override ReadOnlySpan<byte> Span(int column) => sqlite3_column_blob(statement, column);
    }
}
