using Moss.Protocol.Names;
using Moss.Storage.Blobs;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

/// <summary>
/// Two tables: <c>object</c> holds the current row of each key, <c>object_version</c> the history. <c>age</c> is the complement of the
/// sequence number, so that ascending age is newest first and an ascending index serves a version listing.
/// </summary>
sealed class ObjectRows(SqlSession session) : IObjectRows
{
    const string Summary = "key, age, version_id, delete_marker, type, size, etag, storage_class, modified, owner_id";

    const string Columns = $"{Summary}, acl, crc64, md5, attributes, manifest";

    // Every number of a row is a BIGINT, also the one that says which table it comes from.
    const string Yes = "CAST(1 AS BIGINT)";

    const string No = "CAST(0 AS BIGINT)";

    const string Values = "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

    const string SetColumns =
        """
        version_id = excluded.version_id, delete_marker = excluded.delete_marker, type = excluded.type, size = excluded.size,
        etag = excluded.etag, storage_class = excluded.storage_class, modified = excluded.modified, owner_id = excluded.owner_id,
        acl = excluded.acl, crc64 = excluded.crc64, md5 = excluded.md5, attributes = excluded.attributes, manifest = excluded.manifest
        """;

    static readonly SqlStatement Find = new($"SELECT {Columns}, {Yes} FROM object WHERE bucket_id = $1 AND key = $2");

    static readonly SqlStatement FindVersion = new(
        $"""
        SELECT {Columns}, {Yes} FROM object WHERE bucket_id = $1 AND key = $2 AND version_id = $3
        UNION ALL
        SELECT {Columns}, {No} FROM object_version WHERE bucket_id = $1 AND key = $2 AND version_id = $3
        LIMIT 1
        """);

    static readonly SqlStatement FindNewest = new(
        $"""
        SELECT * FROM (SELECT {Columns}, {Yes} FROM object WHERE bucket_id = $1 AND key = $2) AS a
        UNION ALL
        SELECT * FROM (SELECT {Columns}, {No} FROM object_version WHERE bucket_id = $1 AND key = $2 ORDER BY age LIMIT 1) AS b
        ORDER BY age LIMIT 1
        """);

    static readonly SqlStatement PutCurrent = new(
        $"""
        INSERT INTO object (bucket_id, {Columns}) {Values}
        ON CONFLICT (bucket_id, key) DO UPDATE SET age = excluded.age, {SetColumns}
        """);

    static readonly SqlStatement PutHistory = new(
        $"""
        INSERT INTO object_version (bucket_id, {Columns}) {Values}
        ON CONFLICT (bucket_id, key, age) DO UPDATE SET {SetColumns}
        """);

    static readonly SqlStatement DeleteCurrent = new("DELETE FROM object WHERE bucket_id = $1 AND key = $2 AND age = $3");

    static readonly SqlStatement DeleteHistory = new("DELETE FROM object_version WHERE bucket_id = $1 AND key = $2 AND age = $3");

    static readonly SqlStatement Scan = new(
        $"SELECT {Summary}, {Yes} FROM object WHERE bucket_id = $1 AND key >= $2 ORDER BY key LIMIT $3");

    static readonly SqlStatement ScanTo = new(
        $"SELECT {Summary}, {Yes} FROM object WHERE bucket_id = $1 AND key >= $2 AND key < $4 ORDER BY key LIMIT $3");

    static readonly SqlStatement ScanVersions = new(VersionScan(to: ""));

    static readonly SqlStatement ScanVersionsTo = new(VersionScan(to: "AND key < $5"));

    static readonly SqlStatement Totals = new(
        """
        SELECT storage_class, CAST(SUM(objects) AS BIGINT), CAST(SUM(bytes) AS BIGINT), CAST(SUM(markers) AS BIGINT) FROM (
            SELECT storage_class, COUNT(*) AS objects, SUM(size) AS bytes, 0 AS markers
            FROM object WHERE bucket_id = $1 GROUP BY storage_class
            UNION ALL
            SELECT storage_class, SUM(1 - delete_marker), SUM(size), SUM(delete_marker)
            FROM object_version WHERE bucket_id = $1 GROUP BY storage_class) AS t
        GROUP BY storage_class ORDER BY storage_class
        """);

    public ValueTask<ObjectRecord?> FindAsync(long bucketId, ObjectKey key) =>
        session.Command(Find).Add(bucketId).AddName(key.Value).FirstAsync(row => MapRecord(row, bucketId));

    public ValueTask<ObjectRecord?> FindVersionAsync(long bucketId, ObjectKey key, VersionId version) =>
        session.Command(FindVersion).Add(bucketId).AddName(key.Value).AddName(version.Value)
            .FirstAsync(row => MapRecord(row, bucketId));

    public ValueTask<ObjectRecord?> FindNewestAsync(long bucketId, ObjectKey key) =>
        session.Command(FindNewest).Add(bucketId).AddName(key.Value).FirstAsync(row => MapRecord(row, bucketId));

    public ValueTask PutAsync(ObjectRecord record) =>
        session.Command(record.IsCurrent ? PutCurrent : PutHistory)
            .Add(record.BucketId)
            .AddName(record.Key.Value)
            .Add(~record.Sequence)
            .AddName(record.VersionId.Value)
            .Add(record.IsDeleteMarker ? 1 : 0)
            .Add((int)record.Type)
            .Add(record.Size)
            .AddText(record.ETag.Value)
            .Add((int)record.StorageClass)
            .Add(record.LastModified.ToUnixTimeMilliseconds())
            .AddText(record.OwnerId)
            .Add((int)record.Acl)
            .Add(unchecked((long)record.Crc64))
            .AddOptional(record.Md5)
            .AddOptional(record.Attributes.Encode())
            .Add(record.Manifest.Encode())
            .PostAsync();

    public ValueTask DeleteAsync(ObjectRecord record) =>
        session.Command(record.IsCurrent ? DeleteCurrent : DeleteHistory)
            .Add(record.BucketId).AddName(record.Key.Value).Add(~record.Sequence).PostAsync();

    public async ValueTask<IReadOnlyList<ObjectSummary>> ScanAsync(
        long bucketId, ReadOnlyMemory<byte> from, byte[]? to, int limit)
    {
        var command = session.Command(to is null ? Scan : ScanTo).Add(bucketId).Add(from.Span).Add(limit);
        return await AddTo(command, to).ListAsync(new SummaryReader(bucketId).Map);
    }

    public async ValueTask<IReadOnlyList<ObjectSummary>> ScanVersionsAsync(
        long bucketId, ReadOnlyMemory<byte> from, long fromSequence, byte[]? to, int limit)
    {
        var command = session.Command(to is null ? ScanVersions : ScanVersionsTo)
            .Add(bucketId).Add(from.Span).Add(~fromSequence).Add(limit);
        return await AddTo(command, to).ListAsync(new SummaryReader(bucketId).Map);
    }

    public async ValueTask<IReadOnlyList<StorageClassTotals>> TotalsAsync(long bucketId) =>
        await session.Command(Totals).Add(bucketId).ListAsync(row => new StorageClassTotals(
            (StorageClass)row.Int32(0), Objects: row.Int64(1), Bytes: row.Int64(2), DeleteMarkers: row.Int64(3)));

    // Each table is limited by itself before the two are merged. (key, age) >= ($2, $3) is written out for the first table, whose
    // index ends at the key.
    static string VersionScan(string to) =>
        $"""
        SELECT * FROM (SELECT {Summary}, {Yes} FROM object
            WHERE bucket_id = $1 AND key >= $2 AND (key > $2 OR age >= $3) {to} ORDER BY key LIMIT $4) AS a
        UNION ALL
        SELECT * FROM (SELECT {Summary}, {No} FROM object_version
            WHERE bucket_id = $1 AND (key, age) >= ($2, $3) {to} ORDER BY key, age LIMIT $4) AS b
        ORDER BY key, age LIMIT $4
        """;

    static SqlCommand AddTo(SqlCommand command, byte[]? to) => to is null ? command : command.Add(to);

    static ObjectRecord MapRecord(SqlRow row, long bucketId) => new()
    {
        BucketId = bucketId,
        Key = ObjectKey.FromStored(row.Span(0)),
        Sequence = ~row.Int64(1),
        VersionId = Version(row.Span(2)),
        IsDeleteMarker = row.Flag(3),
        Type = (ObjectType)row.Int32(4),
        Size = row.Int64(5),
        ETag = new(row.Text(6)),
        StorageClass = (StorageClass)row.Int32(7),
        LastModified = row.Time(8),
        OwnerId = row.Text(9),
        Acl = (Acl)row.Int32(10),
        Crc64 = unchecked((ulong)row.Int64(11)),
        Md5 = row.OptionalBytes(12),
        Attributes = ObjectAttributes.Decode(row.Span(13)),
        Manifest = Manifest.Decode(row.Span(14)),
        IsCurrent = row.Flag(15),
    };

    static VersionId Version(ReadOnlySpan<byte> stored) =>
        stored.SequenceEqual("null"u8) ? VersionId.Null : new(System.Text.Encoding.UTF8.GetString(stored));

    /// <summary>Maps the rows of one listing. Neighbours mostly have one owner, whose text is shared.</summary>
    sealed class SummaryReader(long bucketId)
    {
        string _owner = "";

        public ObjectSummary Map(SqlRow row) => new()
        {
            BucketId = bucketId,
            Key = ObjectKey.FromStored(row.Span(0)),
            Sequence = ~row.Int64(1),
            VersionId = Version(row.Span(2)),
            IsDeleteMarker = row.Flag(3),
            Type = (ObjectType)row.Int32(4),
            Size = row.Int64(5),
            ETag = new(row.Text(6)),
            StorageClass = (StorageClass)row.Int32(7),
            LastModified = row.Time(8),
            OwnerId = Owner(row),
            IsCurrent = row.Flag(10),
        };

        string Owner(SqlRow row)
        {
            if (!row.TextEquals(9, _owner))
            {
                _owner = row.Text(9);
            }

            return _owner;
        }
    }
}
