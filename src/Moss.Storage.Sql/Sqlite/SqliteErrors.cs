using static SQLitePCL.raw;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>What SQLite's result codes are as exceptions: a full device and a damaged file are told apart.</summary>
static class SqliteErrors
{
    public static Exception From(int result, int extendedResult, string message) => (result & 0xff) switch
    {
        SQLITE_FULL => new StorageFullException($"There is no room for the metadata: {message}."),
        SQLITE_CORRUPT or SQLITE_NOTADB => new InvalidDataException($"The metadata file is damaged or no database: {message}."),
        SQLITE_MISUSE or SQLITE_RANGE or SQLITE_ERROR or SQLITE_CONSTRAINT or SQLITE_MISMATCH =>
            new InvalidOperationException($"SQLite refused a statement ({extendedResult}): {message}."),
        _ => new IOException($"SQLite failed ({extendedResult}): {message}."),
    };
}
