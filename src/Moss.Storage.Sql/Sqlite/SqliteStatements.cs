using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>The statements around transactions.</summary>
static class SqliteStatements
{
    // IMMEDIATE takes the write lock at once: a transaction that began by reading could find its snapshot outdated.
    public static readonly SqlStatement BeginWrite = new("BEGIN IMMEDIATE");

    public static readonly SqlStatement BeginRead = new("BEGIN DEFERRED");

    public static readonly SqlStatement Commit = new("COMMIT");

    public static readonly SqlStatement Rollback = new("ROLLBACK");

    public static readonly SqlStatement Savepoint = new("SAVEPOINT body");

    public static readonly SqlStatement RollbackToSavepoint = new("ROLLBACK TO body");

    public static readonly SqlStatement ReleaseSavepoint = new("RELEASE body");
}
