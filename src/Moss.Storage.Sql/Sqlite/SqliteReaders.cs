using System.Collections.Concurrent;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>The connections that read, opened as they are needed and kept; never more than a fixed number, for which others wait.</summary>
sealed class SqliteReaders(string path) : IAsyncDisposable
{
    static readonly int Limit = Math.Clamp(2 * Environment.ProcessorCount, 4, 32);

    readonly SemaphoreSlim _free = new(Limit);
    readonly ConcurrentStack<Reader> _idle = new();
    volatile bool _closed;

    /// <summary>A connection with its rows. Whoever takes one gives it back or disposes of it.</summary>
    public sealed class Reader(SqliteConnection connection)
    {
        public SqliteConnection Connection => connection;

        public SqlRows Rows { get; } = new(connection);
    }

    public async ValueTask<Reader> TakeAsync(CancellationToken ct)
    {
        await _free.WaitAsync(ct);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _idle.TryPop(out var reader) ? reader : new(SqliteConnection.OpenReader(path));
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>Takes a connection back; one whose transaction did not end is closed.</summary>
    public void Give(Reader reader)
    {
        if (reader.Connection.IsInTransaction)
        {
            reader.Connection.Dispose();
        }
        else
        {
            _idle.Push(reader);
        }

        _free.Release();
    }

    /// <summary>Waits until all are back, closes them, and refuses who comes later.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var i = 0; i < Limit; i++)
        {
            await _free.WaitAsync();
        }

        while (_idle.TryPop(out var reader))
        {
            reader.Connection.Dispose();
        }

        _free.Release(Limit);
    }
}
