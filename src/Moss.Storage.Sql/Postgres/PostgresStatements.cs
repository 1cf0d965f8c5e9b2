namespace Moss.Storage.Sql.Postgres;

/// <summary>What stands around the rows' statements.</summary>
static class PostgresStatements
{
    // Named, because the server's defaults are the operator's. READ COMMITTED sees what the holder of a lock before us committed.
    public const string BeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

    public const string BeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    public const string Commit = "COMMIT";

    public const string Rollback = "ROLLBACK";

    public const string Lock = "SELECT pg_advisory_xact_lock($1)";

    public const string LockShared = "SELECT pg_advisory_xact_lock_shared($1)";
}
