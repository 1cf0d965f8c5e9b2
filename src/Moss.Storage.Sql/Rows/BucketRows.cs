using Moss.Protocol.Names;
using Moss.Storage.Buckets;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Rows;

sealed class BucketRows(SqlSession session) : IBucketRows
{
    const string Columns = "id, name, owner_id, created, acl, storage_class, redundancy, versioning, region, resource_group, encryption, retention";

    static readonly SqlStatement Find = new($"SELECT {Columns} FROM bucket WHERE name = $1");

    static readonly SqlStatement List = new(
        $"SELECT {Columns} FROM bucket WHERE name >= $1 AND name < $2 ORDER BY name LIMIT $3");

    static readonly SqlStatement Insert = new(
        """
        INSERT INTO bucket (name, owner_id, created, acl, storage_class, redundancy, versioning, region, resource_group, encryption, retention)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id
        """);

    static readonly SqlStatement Update = new(
        """
        UPDATE bucket SET name = $1, owner_id = $2, created = $3, acl = $4, storage_class = $5, redundancy = $6, versioning = $7,
            region = $8, resource_group = $9, encryption = $10, retention = $11
        WHERE id = $12
        """);

    static readonly SqlStatement Delete = new("DELETE FROM bucket WHERE id = $1");

    static readonly SqlStatement DeleteConfigurations = new("DELETE FROM bucket_config WHERE bucket_id = $1");

    static readonly SqlStatement FindConfiguration = new("SELECT document FROM bucket_config WHERE bucket_id = $1 AND name = $2");

    static readonly SqlStatement ListConfigurations = new("SELECT name, document FROM bucket_config WHERE bucket_id = $1 ORDER BY name");

    static readonly SqlStatement PutConfiguration = new(
        """
        INSERT INTO bucket_config (bucket_id, name, document) VALUES ($1, $2, $3)
        ON CONFLICT (bucket_id, name) DO UPDATE SET document = excluded.document
        """);

    static readonly SqlStatement DeleteConfiguration = new("DELETE FROM bucket_config WHERE bucket_id = $1 AND name = $2");

    public ValueTask<BucketRecord?> FindAsync(BucketName name) =>
        session.Command(Find).AddName(name.Value).FirstAsync(Map);

    public async ValueTask<IReadOnlyList<BucketRecord>> ListAsync(string prefix, string after, int limit)
    {
        var range = NameRange.Of(prefix, after);
        return await session.Command(List).Add(range.From).Add(range.To).Add(limit).ListAsync(Map);
    }

    public async ValueTask<BucketRecord> InsertAsync(BucketRecord bucket) =>
        bucket with { Id = (await AddColumns(session.Command(Insert), bucket).NumberAsync())!.Value };

    public ValueTask UpdateAsync(BucketRecord bucket) =>
        AddColumns(session.Command(Update), bucket).Add(bucket.Id).PostAsync();

    public async ValueTask DeleteAsync(long bucketId)
    {
        await session.Command(DeleteConfigurations).Add(bucketId).PostAsync();
        await session.Command(Delete).Add(bucketId).PostAsync();
    }

    public async ValueTask<byte[]?> FindConfigurationAsync(long bucketId, string name) =>
        await session.Command(FindConfiguration).Add(bucketId).AddName(name).FirstAsync(row => row.Bytes(0));

    public async ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ListConfigurationsAsync(long bucketId) =>
        await session.Command(ListConfigurations).Add(bucketId).ListAsync(row => KeyValuePair.Create(row.Name(0), row.Bytes(1)));

    public ValueTask PutConfigurationAsync(long bucketId, string name, byte[]? document) =>
        document is null
            ? session.Command(DeleteConfiguration).Add(bucketId).AddName(name).PostAsync()
            : session.Command(PutConfiguration).Add(bucketId).AddName(name).Add(document).PostAsync();

    static SqlCommand AddColumns(SqlCommand command, BucketRecord bucket) => command
        .AddName(bucket.Name.Value)
        .AddText(bucket.OwnerId)
        .Add(bucket.CreationDate.ToUnixTimeMilliseconds())
        .Add((int)bucket.Acl)
        .Add((int)bucket.StorageClass)
        .AddText(bucket.DataRedundancyType)
        .Add((int)bucket.Versioning)
        .AddText(bucket.Region)
        .AddText(bucket.ResourceGroupId)
        .AddText(bucket.ServerSideEncryption)
        .AddText(bucket.Retention?.Encode() ?? "");

    static BucketRecord Map(SqlRow row) => new()
    {
        Id = row.Int64(0),
        Name = BucketName.TryParse(row.Name(1), out var name) ? name : throw new InvalidDataException("A stored bucket name is no name."),
        OwnerId = row.Text(2),
        CreationDate = row.Time(3),
        Acl = (Acl)row.Int32(4),
        StorageClass = (StorageClass)row.Int32(5),
        DataRedundancyType = row.Text(6),
        Versioning = (VersioningStatus)row.Int32(7),
        Region = row.Text(8),
        ResourceGroupId = row.Text(9),
        ServerSideEncryption = row.Text(10),
        Retention = BucketRetention.Decode(row.Text(11)),
    };
}
