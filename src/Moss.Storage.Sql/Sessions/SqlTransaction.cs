using Moss.Storage.Metadata;
using Moss.Storage.Sql.Rows;

namespace Moss.Storage.Sql.Sessions;

/// <summary>The rows over one session; made once for it.</summary>
sealed class SqlRows(SqlSession session)
{
    public BucketRows Buckets { get; } = new(session);

    public ObjectRows Objects { get; } = new(session);

    public UploadRows Uploads { get; } = new(session);

    public PartRows Parts { get; } = new(session);

    public BlobRows Blobs { get; } = new(session);

    public GarbageRows Garbage { get; } = new(session);

    public SettingRows Settings { get; } = new(session);
}

/// <summary>What one body is handed: the rows, until the body ends.</summary>
sealed class SqlTransaction(SqlRows rows) : IMetadataTransaction
{
    SqlRows? _rows = rows;

    public IBucketRows Buckets => Rows.Buckets;

    public IObjectRows Objects => Rows.Objects;

    public IUploadRows Uploads => Rows.Uploads;

    public IPartRows Parts => Rows.Parts;

    public IBlobRows Blobs => Rows.Blobs;

    public IGarbageRows Garbage => Rows.Garbage;

    public ISettingRows Settings => Rows.Settings;

    SqlRows Rows => _rows ?? throw new InvalidOperationException("The transaction has ended: its body returned.");

    public void End() => _rows = null;
}
