using System.Text;
using Moss.Storage.Sql.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Moss.Storage.Sql.Postgres;

/// <summary>A statement on its way to the server.</summary>
sealed class PostgresCommand(PostgresSession session, string sql) : SqlCommand
{
    readonly NpgsqlBatchCommand _command = new(sql);

    public override SqlCommand Add(long value) => Add(new NpgsqlParameter<long> { TypedValue = value });

    public override SqlCommand Add(ReadOnlySpan<byte> value) => AddStable(value.ToArray());

    public override SqlCommand AddStable(byte[] value) => Add(new NpgsqlParameter<byte[]> { TypedValue = value });

    public override SqlCommand AddName(string value) => AddStable(Encoding.UTF8.GetBytes(value));

    public override SqlCommand AddText(string value) => Add(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });

    public override SqlCommand AddNull() => Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });

    public override ValueTask PostAsync() => session.PostAsync(_command);

    public override ValueTask<int> ExecuteAsync() => session.ExecuteAsync(_command);

    public override async ValueTask<long?> NumberAsync() =>
        await session.QueryAsync(_command, row => row.Int64(0)) is [var number, ..] ? number : null;

    public override async ValueTask<T?> FirstAsync<T>(Func<SqlRow, T> map)
        where T : class =>
        await session.QueryAsync(_command, map) is [var first, ..] ? first : null;

    public override ValueTask<List<T>> ListAsync<T>(Func<SqlRow, T> map) => session.QueryAsync(_command, map);

    PostgresCommand Add(NpgsqlParameter parameter)
    {
        _command.Parameters.Add(parameter);
        return this;
    }
}
