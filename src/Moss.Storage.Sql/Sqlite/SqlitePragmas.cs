namespace Moss.Storage.Sql.Sqlite;

/// <summary>The settings of the connections. Cache sizes are in KiB, negative as SQLite wants them.</summary>
static class SqlitePragmas
{
    // busy_timeout: another process looks at the file (a backup, a shell). trusted_schema: a file that somebody prepared must not run
    // functions. temp_store: what undoes a savepoint is kept in memory, not in a file.
    const string Common =
        """
        PRAGMA busy_timeout = 10000;
        PRAGMA trusted_schema = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA temp_store = MEMORY;
        """;

    /// <summary>A connection that only reads.</summary>
    public const string Reader = $"{Common} PRAGMA cache_size = -8192; PRAGMA query_only = ON;";

    /// <summary>
    /// The connection that writes. page_size only matters to a file that does not exist yet, and must come before the WAL: pages of 4 KiB
    /// write the fewest bytes for a small object (20 KB with its bytes of 4 KiB, checkpoint included; pages of 8 KiB write 34 KB).
    /// wal_autocheckpoint: see <see cref="SqliteCheckpoints"/>.
    /// </summary>
    public static string Writer(bool durable) =>
        $"""
        {Common}
        PRAGMA page_size = 4096;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = {(durable ? "FULL" : "OFF")};
        PRAGMA cache_size = -65536;
        PRAGMA wal_autocheckpoint = 0;
        """;
}
