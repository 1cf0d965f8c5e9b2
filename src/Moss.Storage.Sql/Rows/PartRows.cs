using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

sealed class PartRows(SqlSession session) : IPartRows
{
    const string Columns = "number, size, etag, crc64, modified, manifest, md5_state";

    static readonly SqlStatement Find = new($"SELECT {Columns} FROM part WHERE upload_row = $1 AND number = $2");

    static readonly SqlStatement Put = new(
        """
        INSERT INTO part (upload_row, number, size, etag, crc64, modified, manifest, md5_state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (upload_row, number) DO UPDATE SET size = excluded.size, etag = excluded.etag, crc64 = excluded.crc64,
            modified = excluded.modified, manifest = excluded.manifest, md5_state = excluded.md5_state
        """);

    static readonly SqlStatement List = new(
        $"SELECT {Columns} FROM part WHERE upload_row = $1 AND number > $2 ORDER BY number LIMIT $3");

    static readonly SqlStatement FindLast = new(
        $"SELECT {Columns} FROM part WHERE upload_row = $1 ORDER BY number DESC LIMIT 1");

    public ValueTask<PartRecord?> FindAsync(UploadRecord upload, PartNumber number) =>
        session.Command(Find).Add(upload.RowId).Add(number.Value).FirstAsync(Map);

    public ValueTask PutAsync(UploadRecord upload, PartRecord part) =>
        session.Command(Put)
            .Add(upload.RowId)
            .Add(part.Number.Value)
            .Add(part.Size)
            .AddText(part.ETag.Value)
            .Add(unchecked((long)part.Crc64))
            .Add(part.LastModified.ToUnixTimeMilliseconds())
            .Add(part.Manifest.Encode())
            .AddOptional(part.RunningMd5)
            .PostAsync();

    public async ValueTask<IReadOnlyList<PartRecord>> ListAsync(UploadRecord upload, int after, int limit) =>
        await session.Command(List).Add(upload.RowId).Add(after).Add(limit).ListAsync(Map);

    public ValueTask<PartRecord?> FindLastAsync(UploadRecord upload) =>
        session.Command(FindLast).Add(upload.RowId).FirstAsync(Map);

    static PartRecord Map(SqlRow row) => new()
    {
        Number = PartNumber.Of(row.Int32(0)),
        Size = row.Int64(1),
        ETag = new(row.Text(2)),
        Crc64 = unchecked((ulong)row.Int64(3)),
        LastModified = row.Time(4),
        Manifest = Manifest.Decode(row.Span(5)),
        RunningMd5 = row.OptionalBytes(6),
    };
}
