using Moss.Storage.Sql.Sessions;
using Npgsql;

namespace Moss.Storage.Sql.Postgres;

/// <summary>Makes or brings forward the schema.</summary>
static class PostgresSchema
{
    /// <summary>"Moss" in ASCII, twice: of several servers that start at once, one makes the schema.</summary>
    const long LockId = 0x4d6f73734d6f7373;

    /// <summary>Takes the missing steps in one transaction, and answers the store's identity.</summary>
    /// <exception cref="InvalidDataException">The database was made by a newer program.</exception>
    public static async ValueTask<string> MigrateAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await RunAsync($"SELECT pg_advisory_xact_lock({LockId})");
        await RunAsync(Migrations.CreateTable);
        var newest = await RunAsync(Migrations.SelectNewest);
        foreach (var step in Migrations.After("postgres", newest is int number ? number : null))
        {
            await RunAsync(step.Sql);
            await RunAsync(Migrations.Record(step));
        }

        var identity = await RunAsync("SELECT identity FROM store") as string
            ?? (string)(await RunAsync($"INSERT INTO store (identity) VALUES ('{IdGenerator.RandomHex(16)}') RETURNING identity"))!;
        await transaction.CommitAsync(ct);
        return identity;

        async ValueTask<object?> RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync(ct);
        }
    }
}
