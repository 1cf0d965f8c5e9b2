using System.Buffers.Binary;
using System.Text;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Postgres;
using Moss.Storage.Sql.Sessions;
using Npgsql;

namespace Moss.Storage.Sql;

/// <summary>
/// The catalogue in a PostgreSQL database, shared by any number of processes. The locks of a transaction are advisory locks of the database:
/// all are taken first, in one order, so that no two transactions wait for each other.
/// </summary>
/// <remarks>
/// A transaction that loses against another, or its connection before its commit was asked for, runs again. A commit whose answer was lost is a
/// <see cref="CommitUnknownException"/>. A full device is a <see cref="StorageFullException"/>, a database that cannot be reached
/// an <see cref="IOException"/>. How durable a commit is, is the database's setting (<c>synchronous_commit</c>, <c>fsync</c>).
/// </remarks>
public sealed class PostgresMetadataStore : IMetadataStore
{
    /// <summary>How often a transaction is run before its error is passed on.</summary>
    const int MaxAttempts = 10;

    readonly NpgsqlDataSource _source;
    readonly SemaphoreSlim _connections;
    readonly TimeProvider _time;
    long _lockSpace;

    PostgresMetadataStore(NpgsqlDataSource source, int connections, TimeProvider time)
    {
        _source = source;
        _connections = new(connections);
        _time = time;
    }

    /// <summary>Makes a store on a database that exists; connects with the first transaction.</summary>
    /// <param name="connection">
    /// <c>postgres://user:password@host:port/database</c>, or a connection string as Npgsql reads it. <c>?maximum_pool_size=N</c> bounds
    /// the connections (32); those who find none free wait.
    /// </param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static PostgresMetadataStore Open(string connection, TimeProvider time)
    {
        var settings = PostgresConnectionString.Parse(connection);
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableTransportSecurity();
        return new(builder.Build(), settings.MaxPoolSize, time);
    }

    public async ValueTask<string> InitializeAsync(CancellationToken ct)
    {
        try
        {
            var identity = await PostgresSchema.MigrateAsync(_source, ct);
            _lockSpace = LockSpaceOf(identity);
            return identity;
        }
        catch (NpgsqlException error) when (!PostgresErrors.IsOfStatement(error))
        {
            throw PostgresErrors.Translate(error);
        }
    }

    public ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct) =>
        RepeatAsync(connection => ReadAsync(connection, body), ct);

    public ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        var sorted = Sort(locks);
        var queued = _time.GetTimestamp();
        return RepeatAsync(connection => WriteAsync(connection, sorted, body, queued, ct), ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _connections.Dispose();
    }

    static async ValueTask<T> ReadAsync<T>(NpgsqlConnection connection, Func<IMetadataTransaction, ValueTask<T>> body)
    {
        var session = new PostgresSession(connection);
        session.Begin(PostgresStatements.BeginRead);
        var transaction = new SqlTransaction(new(session));
        try
        {
            var result = await body(transaction);
            if (session.HasBegun)
            {
                await session.CommitAsync();
            }

            return result;
        }
        catch
        {
            await session.RollbackAsync();
            throw;
        }
        finally
        {
            transaction.End();
        }
    }

    async ValueTask<T> WriteAsync<T>(
        NpgsqlConnection connection,
        IEnumerable<MetadataLock> locks,
        Func<IMetadataTransaction, ValueTask<T>> body,
        long queued,
        CancellationToken ct)
    {
        var session = new PostgresSession(connection);
        session.Begin(PostgresStatements.BeginWrite);
        var transaction = new SqlTransaction(new(session));
        T result;
        try
        {
            await session.LockAsync(locks, ct);
            MetadataMeter.QueueTime.Record(_time.GetElapsedTime(queued).TotalSeconds);
            result = await body(transaction);
            if (session.Error is not null)
            {
                throw session.Error;
            }

            await session.BeginAsync();
        }
        catch
        {
            await session.RollbackAsync();
            throw;
        }
        finally
        {
            transaction.End();
        }

        await CommitAsync(session);
        return result;
    }

    async ValueTask CommitAsync(PostgresSession session)
    {
        var began = _time.GetTimestamp();
        try
        {
            await session.CommitAsync();
        }
        catch (Exception error) when (!PostgresErrors.IsUndone(error))
        {
            throw new CommitUnknownException("The answer to a commit was lost; whether it took effect is not known.", error);
        }
        catch
        {
            await session.RollbackAsync();
            throw;
        }

        MetadataMeter.CommitTime.Record(_time.GetElapsedTime(began).TotalSeconds);
    }

    async ValueTask<T> RepeatAsync<T>(Func<NpgsqlConnection, ValueTask<T>> run, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            // Waiting for the pool would end with an error after a while; waiting here does not.
            await _connections.WaitAsync(ct);
            try
            {
                await using var connection = await _source.OpenConnectionAsync(ct);
                return await run(connection);
            }
            catch (Exception error) when (attempt < MaxAttempts && PostgresErrors.IsWorthRepeating(error))
            {
                // Below, without a connection.
            }
            catch (NpgsqlException error) when (!PostgresErrors.IsOfStatement(error))
            {
                throw PostgresErrors.Translate(error);
            }
            finally
            {
                _connections.Release();
            }

            var longest = TimeSpan.FromMilliseconds(Math.Min(1 << attempt, 200));
            await Task.Delay(longest * Random.Shared.NextDouble(), _time, ct);
        }
    }

    // By the id that is locked in the database; of two of one id the exclusive one.
    IReadOnlyList<MetadataLock> Sort(IReadOnlyList<MetadataLock> locks) =>
        [.. locks.GroupBy(one => one.Id ^ _lockSpace)
            .Select(same => new MetadataLock(same.Key, same.All(one => one.Shared)))
            .Order()];

    // Two catalogues in one database (in two of its schemas) do not wait for each other.
    static long LockSpaceOf(string identity) =>
        BinaryPrimitives.ReadInt64BigEndian(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(identity)));
}
