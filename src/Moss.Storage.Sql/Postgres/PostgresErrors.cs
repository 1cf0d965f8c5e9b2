using Npgsql;

namespace Moss.Storage.Sql.Postgres;

/// <summary>What PostgreSQL's errors mean for a transaction.</summary>
static class PostgresErrors
{
    /// <summary>Whether a transaction whose commit was not asked for yet may be run again: it lost against another, or its connection.</summary>
    public static bool IsWorthRepeating(Exception error) => error is NpgsqlException { IsTransient: true };

    /// <summary>
    /// Whether the answer to a commit says that nothing was committed. A server that shuts down (FATAL) may have committed before,
    /// and a lost connection says nothing at all.
    /// </summary>
    public static bool IsUndone(Exception error) => error is PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>Whether the server refused a statement as such, which is a mistake of ours.</summary>
    public static bool IsOfStatement(NpgsqlException error) =>
        error is PostgresException { IsTransient: false, SqlState: not PostgresErrorCodes.DiskFull };

    /// <summary>All others for the service: a full device is told apart, the rest are errors of input and output.</summary>
    public static IOException Translate(NpgsqlException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.DiskFull }
            ? new StorageFullException($"There is no room for the metadata: {error.Message}", error)
            : new IOException($"The metadata database failed: {error.Message}", error);
}
