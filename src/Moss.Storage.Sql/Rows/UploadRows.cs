using Moss.Protocol.Names;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

sealed class UploadRows(SqlSession session) : IUploadRows
{
    const string Columns = "row_id, bucket_id, key, id, initiated, sequential, storage_class, acl, owner_id, attributes";

    static readonly SqlStatement Find = new($"SELECT {Columns} FROM upload WHERE id = $1");

    static readonly SqlStatement Insert = new(
        """
        INSERT INTO upload (bucket_id, key, id, initiated, sequential, storage_class, acl, owner_id, attributes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING row_id
        """);

    static readonly SqlStatement Delete = new("DELETE FROM upload WHERE row_id = $1");

    static readonly SqlStatement DeleteParts = new("DELETE FROM part WHERE upload_row = $1");

    static readonly SqlStatement Scan = new(
        $"SELECT {Columns} FROM upload WHERE bucket_id = $1 AND (key, id) >= ($2, $3) ORDER BY key, id LIMIT $4");

    static readonly SqlStatement ScanTo = new(
        $"SELECT {Columns} FROM upload WHERE bucket_id = $1 AND (key, id) >= ($2, $3) AND key < $5 ORDER BY key, id LIMIT $4");

    static readonly SqlStatement CountUploads = new("SELECT COUNT(*) FROM upload");

    static readonly SqlStatement CountUploadsOfBucket = new("SELECT COUNT(*) FROM upload WHERE bucket_id = $1");

    static readonly SqlStatement SumParts = new("SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM part");

    static readonly SqlStatement SumPartsOfBucket = new(
        """
        SELECT COUNT(*), CAST(COALESCE(SUM(part.size), 0) AS BIGINT)
        FROM upload JOIN part ON part.upload_row = upload.row_id WHERE upload.bucket_id = $1
        """);

    static readonly SqlStatement FindCompletion = new(
        "SELECT id, bucket_id, key, part_list_hash, etag, crc64, version_id, completed FROM completion WHERE id = $1");

    static readonly SqlStatement PutCompletion = new(
        """
        INSERT INTO completion (id, bucket_id, key, part_list_hash, etag, crc64, version_id, completed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE SET bucket_id = excluded.bucket_id, key = excluded.key, part_list_hash = excluded.part_list_hash,
            etag = excluded.etag, crc64 = excluded.crc64, version_id = excluded.version_id, completed = excluded.completed
        """);

    static readonly SqlStatement DeleteCompletions = new("DELETE FROM completion WHERE completed < $1");

    public ValueTask<UploadRecord?> FindAsync(UploadId id) => session.Command(Find).AddName(id.Value).FirstAsync(Map);

    public async ValueTask<UploadRecord> InsertAsync(UploadRecord upload)
    {
        var row = await session.Command(Insert)
            .Add(upload.BucketId)
            .AddName(upload.Key.Value)
            .AddName(upload.Id.Value)
            .Add(upload.Initiated.ToUnixTimeMilliseconds())
            .Add(upload.IsSequential ? 1 : 0)
            .Add((int)upload.StorageClass)
            .Add((int)upload.Acl)
            .AddText(upload.OwnerId)
            .AddOptional(upload.Attributes.Encode())
            .NumberAsync();
        return upload with { RowId = row!.Value };
    }

    public async ValueTask DeleteAsync(UploadRecord upload)
    {
        await session.Command(DeleteParts).Add(upload.RowId).PostAsync();
        await session.Command(Delete).Add(upload.RowId).PostAsync();
    }

    public async ValueTask<IReadOnlyList<UploadRecord>> ScanAsync(
        long bucketId, ReadOnlyMemory<byte> from, string fromId, byte[]? to, int limit)
    {
        var command = session.Command(to is null ? Scan : ScanTo).Add(bucketId).Add(from.Span).AddName(fromId).Add(limit);
        return await (to is null ? command : command.Add(to)).ListAsync(Map);
    }

    public async ValueTask<UploadTotals> TotalsAsync(long? bucketId)
    {
        var count = bucketId is { } one ? session.Command(CountUploadsOfBucket).Add(one) : session.Command(CountUploads);
        var uploads = await count.NumberAsync();
        var sum = bucketId is { } same ? session.Command(SumPartsOfBucket).Add(same) : session.Command(SumParts);
        return (await sum.FirstAsync(row => new UploadTotals(uploads!.Value, Parts: row.Int64(0), Bytes: row.Int64(1))))!;
    }

    public ValueTask<CompletionRecord?> FindCompletionAsync(UploadId id) =>
        session.Command(FindCompletion).AddName(id.Value).FirstAsync(MapCompletion);

    public ValueTask PutCompletionAsync(CompletionRecord completion) =>
        session.Command(PutCompletion)
            .AddName(completion.Id.Value)
            .Add(completion.BucketId)
            .AddName(completion.Key.Value)
            .Add(completion.PartListHash)
            .AddText(completion.ETag.Value)
            .Add(unchecked((long)completion.Crc64))
            .AddName(completion.VersionId.Value)
            .Add(completion.Completed.ToUnixTimeMilliseconds())
            .PostAsync();

    public ValueTask<int> DeleteCompletionsAsync(DateTimeOffset before) =>
        session.Command(DeleteCompletions).Add(before.ToUnixTimeMilliseconds()).ExecuteAsync();

    static UploadRecord Map(SqlRow row) => new()
    {
        RowId = row.Int64(0),
        BucketId = row.Int64(1),
        Key = ObjectKey.FromStored(row.Span(2)),
        Id = new(row.Name(3)),
        Initiated = row.Time(4),
        IsSequential = row.Flag(5),
        StorageClass = (StorageClass)row.Int32(6),
        Acl = (Acl)row.Int32(7),
        OwnerId = row.Text(8),
        Attributes = ObjectAttributes.Decode(row.Span(9)),
    };

    static CompletionRecord MapCompletion(SqlRow row) => new()
    {
        Id = new(row.Name(0)),
        BucketId = row.Int64(1),
        Key = ObjectKey.FromStored(row.Span(2)),
        PartListHash = row.Bytes(3),
        ETag = new(row.Text(4)),
        Crc64 = unchecked((ulong)row.Int64(5)),
        VersionId = new(row.Name(6)),
        Completed = row.Time(7),
    };
}
