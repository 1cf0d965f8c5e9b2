using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;
using Moss.Storage.Sql.Sqlite;

namespace Moss.Storage.Sql;

/// <summary>
/// The catalogue in one SQLite file, for one process. Writes run on one thread and share commits; reads run beside them, each on a
/// snapshot. The bodies of transactions run to their end without waiting: one that awaits anything else fails.
/// </summary>
/// <remarks>
/// A full device is a <see cref="StorageFullException"/>, a damaged file an <see cref="InvalidDataException"/>, any other failure of the file an
/// <see cref="IOException"/>. When a commit
/// fails, every transaction that shared it fails with its error.
/// </remarks>
public sealed class SqliteMetadataStore : IMetadataStore
{
    readonly SqliteConnection _connection;
    readonly SqliteWriter _writer;
    readonly SqliteReaders _readers;
    int _disposed;

    SqliteMetadataStore(SqliteConnection connection, SqliteWriter writer, SqliteReaders readers)
    {
        _connection = connection;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>Opens the file, or makes it, readable by its owner alone; its directory must exist.</summary>
    /// <param name="path">The database file; two more stand beside it while it is open (<c>-wal</c>, <c>-shm</c>).</param>
    /// <param name="durable">
    /// True: a completed write is on disk. False: it survives the end of the process, but not that of the machine.
    /// </param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or no database.</exception>
    public static SqliteMetadataStore Open(string path, bool durable, TimeProvider time)
    {
        CreateFile(path);

        // SQLite itself syncs the directory together with the first commit to the WAL, which stands in the same directory.
        var connection = SqliteConnection.OpenWriter(path, durable);
        var background = SqliteConnection.OpenWriter(path, durable);
        return new(connection, new(connection, background, time), new(path));
    }

    public async ValueTask<string> InitializeAsync(CancellationToken ct)
    {
        // On the writer's thread, like any other write.
        return await WriteAsync([], _ => new ValueTask<string>(SqliteSchema.Migrate(_connection)), ct);
    }

    public async ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        var reader = await _readers.TakeAsync(ct);
        var transaction = new SqlTransaction(reader.Rows);
        try
        {
            reader.Connection.Begin();
            var result = await body(transaction);
            reader.Connection.Commit();
            return result;
        }
        finally
        {
            transaction.End();
            _readers.Give(reader);
        }
    }

    public async ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        // Locks are not needed: all writes run one after the other.
        ct.ThrowIfCancellationRequested();
        var write = new PendingWrite<T>(body);
        _writer.Enqueue(write);
        await using (ct.UnsafeRegister(static (state, token) => ((PendingWrite<T>)state!).Cancel(token), write))
        {
            return await write.Task;
        }
    }

    /// <summary>Looks for damage in the whole file, without the cross-checks of indexes; answers what it found, nothing when it is sound.</summary>
    public async ValueTask<IReadOnlyList<string>> CheckAsync(CancellationToken ct)
    {
        var reader = await _readers.TakeAsync(ct);
        try
        {
            var answer = reader.Connection.QueryTexts("PRAGMA quick_check");
            return answer is ["ok"] ? [] : answer;
        }
        catch (InvalidDataException damage)
        {
            // What the check cannot get around.
            return [damage.Message];
        }
        finally
        {
            _readers.Give(reader);
        }
    }

    /// <summary>Waits for what runs, refuses what comes, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _readers.DisposeAsync();
            _writer.Dispose();
        }
    }

    static void CreateFile(string path)
    {
        // Only a file that is not there: closing one that SQLite has open in this process would drop its locks.
        if (File.Exists(path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // The catalogue holds secrets; SQLite gives the files beside it the same mode.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
    }
}
