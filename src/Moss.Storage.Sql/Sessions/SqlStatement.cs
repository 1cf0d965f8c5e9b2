namespace Moss.Storage.Sql.Sessions;

/// <summary>
/// One statement, in the SQL that every dialect here reads, with its values as <c>$1</c>, <c>$2</c>... A statement is a static field
/// beside the code that maps its rows; its number finds its prepared form without hashing the text.
/// </summary>
sealed class SqlStatement(string text)
{
    static int _count;

    /// <summary>From 0, without gaps over the process.</summary>
    public int Index { get; } = Interlocked.Increment(ref _count) - 1;

    public string Text { get; } = text;

    /// <summary>Whether running it may change rows.</summary>
    public bool IsWrite { get; } = !text.StartsWith("SELECT", StringComparison.Ordinal);
}
