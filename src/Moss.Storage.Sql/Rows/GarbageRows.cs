using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

sealed class GarbageRows(SqlSession session) : IGarbageRows
{
    static readonly SqlStatement Insert = new("INSERT INTO garbage (kind, manifest) VALUES ($1, $2)");

    static readonly SqlStatement List = new("SELECT id, kind, manifest FROM garbage WHERE kind = $1 ORDER BY id LIMIT $2");

    static readonly SqlStatement Delete = new("DELETE FROM garbage WHERE id = $1");

    public ValueTask AddAsync(GarbageKind kind, Manifest manifest) =>
        session.Command(Insert).Add((int)kind).Add(manifest.Encode()).PostAsync();

    public async ValueTask<IReadOnlyList<GarbageEntry>> ListAsync(GarbageKind kind, int limit) =>
        await session.Command(List).Add((int)kind).Add(limit).ListAsync(
            row => new GarbageEntry(row.Int64(0), (GarbageKind)row.Int32(1), Manifest.Decode(row.Span(2))));

    public async ValueTask<bool> RemoveAsync(long id) => await session.Command(Delete).Add(id).ExecuteAsync() > 0;
}
