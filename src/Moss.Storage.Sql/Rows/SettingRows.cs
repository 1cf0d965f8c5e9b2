using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

sealed class SettingRows(SqlSession session) : ISettingRows
{
    static readonly SqlStatement Find = new("SELECT value FROM setting WHERE name = $1");

    static readonly SqlStatement Put = new(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value");

    static readonly SqlStatement Delete = new("DELETE FROM setting WHERE name = $1");

    static readonly SqlStatement List = new("SELECT name, value FROM setting WHERE name >= $1 AND name < $2 ORDER BY name");

    public async ValueTask<byte[]?> FindAsync(string name) =>
        await session.Command(Find).AddName(name).FirstAsync(row => row.Bytes(0));

    public ValueTask PutAsync(string name, byte[]? value) =>
        value is null
            ? session.Command(Delete).AddName(name).PostAsync()
            : session.Command(Put).AddName(name).Add(value).PostAsync();

    public async ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ListAsync(string prefix)
    {
        var range = NameRange.Of(prefix);
        return await session.Command(List).Add(range.From).Add(range.To).ListAsync(
            row => KeyValuePair.Create(row.Name(0), row.Bytes(1)));
    }
}
