namespace Moss.Storage.Sql.Sessions;

/// <summary>A connection inside a transaction. What differs between the databases is how a statement runs; the statements do not.</summary>
abstract class SqlSession
{
    /// <summary>
    /// A statement ready to take its values. One statement is used once at a time: its values are added and it is run before
    /// the next one is asked for.
    /// </summary>
    public abstract SqlCommand Command(SqlStatement statement);
}

/// <summary>A statement with its values, added in the order of their numbers, from <c>$1</c> on.</summary>
abstract class SqlCommand
{
    public abstract SqlCommand Add(long value);

    /// <summary>Adds bytes; empty ones are an empty byte string, not a null.</summary>
    public abstract SqlCommand Add(ReadOnlySpan<byte> value);

    /// <summary>Adds bytes that stay as they are until the transaction ends.</summary>
    public virtual SqlCommand AddStable(byte[] value) => Add(value);

    /// <summary>Adds a name as a byte string: its UTF-8 bytes.</summary>
    public abstract SqlCommand AddName(string value);

    /// <summary>Adds a text.</summary>
    public abstract SqlCommand AddText(string value);

    public abstract SqlCommand AddNull();

    public SqlCommand AddOptional(byte[]? value) => value is null ? AddNull() : Add(value);

    /// <summary>
    /// Runs it when the answer does not matter. A failure fails the transaction, but maybe only with a later statement: a database at a
    /// distance sends such statements together with the next one that is waited for.
    /// </summary>
    public abstract ValueTask PostAsync();

    /// <summary>Runs it and answers how many rows it touched.</summary>
    public abstract ValueTask<int> ExecuteAsync();

    /// <summary>Runs it and answers the number in its first row, or null without a row.</summary>
    public abstract ValueTask<long?> NumberAsync();

    /// <summary>Runs it and answers its first row, or null without a row.</summary>
    public abstract ValueTask<T?> FirstAsync<T>(Func<SqlRow, T> map)
        where T : class;

    /// <summary>Runs it and answers all of its rows.</summary>
    public abstract ValueTask<List<T>> ListAsync<T>(Func<SqlRow, T> map);
}

/// <summary>The row a statement stands on. What it hands out by reference is valid until the statement moves on.</summary>
abstract class SqlRow
{
    public abstract bool IsNull(int column);

    public abstract long Int64(int column);

    public int Int32(int column) => checked((int)Int64(column));

    public abstract string Text(int column);

    /// <summary>Whether a column's text is this one; makes no string of it.</summary>
    public abstract bool TextEquals(int column, string value);

    /// <summary>The bytes of a column; none for null.</summary>
    public abstract ReadOnlySpan<byte> Span(int column);

    public byte[] Bytes(int column) => Span(column).ToArray();

    public byte[]? OptionalBytes(int column) => IsNull(column) ? null : Bytes(column);

    /// <summary>A name that was added with <see cref="SqlCommand.AddName"/>.</summary>
    public string Name(int column) => System.Text.Encoding.UTF8.GetString(Span(column));

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Int64(column));

    public bool Flag(int column) => Int64(column) != 0;
}
