using Moss.Protocol.Names;
using Moss.Storage.Blobs;

namespace Moss.Storage.Metadata;

/// <summary>The rows of one transaction, over a state of its own.</summary>
sealed class InMemoryTransaction(InMemoryState state)
    : IMetadataTransaction, IBucketRows, IPartRows, IBlobRows, IGarbageRows, ISettingRows
{
    public InMemoryState State { get; set; } = state;

    public IBucketRows Buckets => this;

    public IObjectRows Objects => new InMemoryObjectRows(this);

    public IUploadRows Uploads => new InMemoryUploadRows(this);

    public IPartRows Parts => this;

    public IBlobRows Blobs => this;

    public IGarbageRows Garbage => this;

    public ISettingRows Settings => this;

    /// <summary>Stored times have milliseconds.</summary>
    public static DateTimeOffset Round(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    public long NextId()
    {
        State = State with { LastId = State.LastId + 1 };
        return State.LastId;
    }

    ValueTask<BucketRecord?> IBucketRows.FindAsync(BucketName name) => new(State.Buckets.Find(InMemoryBytes.Of(name.Value)));

    ValueTask<IReadOnlyList<BucketRecord>> IBucketRows.ListAsync(string prefix, string after, int limit) =>
        new([.. State.Buckets.Values
            .Where(bucket => bucket.Name.Value.StartsWith(prefix, StringComparison.Ordinal)
                && string.CompareOrdinal(bucket.Name.Value, after) > 0)
            .Take(limit)]);

    ValueTask<BucketRecord> IBucketRows.InsertAsync(BucketRecord bucket)
    {
        if (State.Buckets.Contains(InMemoryBytes.Of(bucket.Name.Value)))
        {
            throw new InvalidOperationException("There is a bucket of this name.");
        }

        return new(Put(bucket with { Id = NextId() }));
    }

    ValueTask IBucketRows.UpdateAsync(BucketRecord bucket)
    {
        Put(bucket);
        return default;
    }

    ValueTask IBucketRows.DeleteAsync(long bucketId)
    {
        State = State with
        {
            Buckets = State.Buckets.RemoveAll((_, bucket) => bucket.Id == bucketId),
            Configurations = State.Configurations.RemoveAll((key, _) => key.Bucket == bucketId),
        };
        return default;
    }

    ValueTask<byte[]?> IBucketRows.FindConfigurationAsync(long bucketId, string name) =>
        new(State.Configurations.Find((bucketId, InMemoryBytes.Of(name)))?.ToArray());

    ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> IBucketRows.ListConfigurationsAsync(long bucketId) =>
        new([.. State.Configurations
            .From((bucketId, InMemoryBytes.Of("")))
            .TakeWhile(row => row.Key.Bucket == bucketId)
            .Select(row => KeyValuePair.Create(System.Text.Encoding.UTF8.GetString(row.Key.Name.Value.Span), row.Value.ToArray()))]);

    ValueTask IBucketRows.PutConfigurationAsync(long bucketId, string name, byte[]? document)
    {
        var key = (bucketId, InMemoryBytes.Of(name));
        State = State with
        {
            Configurations = document is null ? State.Configurations.Remove(key) : State.Configurations.Set(key, [.. document]),
        };
        return default;
    }

    ValueTask<PartRecord?> IPartRows.FindAsync(UploadRecord upload, PartNumber number) =>
        new(State.Parts.Find((upload.RowId, number.Value)));

    ValueTask IPartRows.PutAsync(UploadRecord upload, PartRecord part)
    {
        State = State with
        {
            Parts = State.Parts.Set((upload.RowId, part.Number.Value), part with { LastModified = Round(part.LastModified) }),
        };
        return default;
    }

    ValueTask<IReadOnlyList<PartRecord>> IPartRows.ListAsync(UploadRecord upload, int after, int limit) =>
        new([.. PartsOf(upload.RowId).Where(part => part.Number.Value > after).Take(limit)]);

    ValueTask<PartRecord?> IPartRows.FindLastAsync(UploadRecord upload) => new(PartsOf(upload.RowId).LastOrDefault());

    ValueTask IBlobRows.AddAsync(BlobRecord blob, byte[]? inline)
    {
        if (State.Blobs.Contains(blob.Id))
        {
            throw new InvalidOperationException("There is a blob of this id.");
        }

        State = State with { Blobs = State.Blobs.Set(blob.Id, new(blob, References: 1, inline?.ToArray())) };
        return default;
    }

    ValueTask<BlobRecord?> IBlobRows.FindAsync(BlobId id) => new(State.Blobs.Find(id)?.Record);

    ValueTask<byte[]?> IBlobRows.ReadInlineAsync(BlobId id) => new(State.Blobs.Find(id)?.Inline?.ToArray());

    ValueTask<bool> IBlobRows.AddReferenceAsync(BlobId id) => new(Count(id, 1) is not null);

    ValueTask<bool> IBlobRows.DropReferenceAsync(BlobId id)
    {
        if (Count(id, -1) is not { References: <= 0 })
        {
            return new(false);
        }

        State = State with { Blobs = State.Blobs.Remove(id) };
        return new(true);
    }

    ValueTask<IReadOnlyList<BlobId>> IBlobRows.FindUnknownAsync(IReadOnlyList<BlobId> ids) =>
        new([.. ids.Where(id => !State.Blobs.Contains(id)).Distinct()]);

    ValueTask IGarbageRows.AddAsync(GarbageKind kind, Manifest manifest)
    {
        var entry = new GarbageEntry(NextId(), kind, manifest);
        State = State with { Garbage = State.Garbage.Set(entry.Id, entry) };
        return default;
    }

    ValueTask<IReadOnlyList<GarbageEntry>> IGarbageRows.ListAsync(GarbageKind kind, int limit) =>
        new([.. State.Garbage.Values.Where(entry => entry.Kind == kind).Take(limit)]);

    ValueTask<bool> IGarbageRows.RemoveAsync(long id)
    {
        var found = State.Garbage.Contains(id);
        State = State with { Garbage = State.Garbage.Remove(id) };
        return new(found);
    }

    ValueTask<byte[]?> ISettingRows.FindAsync(string name) => new(State.Settings.Find(InMemoryBytes.Of(name)).Value?.ToArray());

    ValueTask ISettingRows.PutAsync(string name, byte[]? value)
    {
        var key = InMemoryBytes.Of(name);
        State = State with
        {
            Settings = value is null ? State.Settings.Remove(key) : State.Settings.Set(key, new(name, [.. value])),
        };
        return default;
    }

    ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ISettingRows.ListAsync(string prefix)
    {
        var first = InMemoryBytes.Of(prefix);
        return new([.. State.Settings.From(first).TakeWhile(row => row.Key.StartsWith(first)).Select(row => row.Value)]);
    }

    public IEnumerable<PartRecord> PartsOf(long upload) =>
        State.Parts.From((upload, 0)).TakeWhile(row => row.Key.Upload == upload).Select(row => row.Value);

    BucketRecord Put(BucketRecord bucket)
    {
        var stored = bucket with { CreationDate = Round(bucket.CreationDate) };
        State = State with { Buckets = State.Buckets.Set(InMemoryBytes.Of(bucket.Name.Value), stored) };
        return stored;
    }

    InMemoryBlob? Count(BlobId id, int change)
    {
        if (State.Blobs.Find(id) is not { } blob)
        {
            return null;
        }

        var counted = blob with { References = blob.References + change };
        State = State with { Blobs = State.Blobs.Set(id, counted) };
        return counted;
    }
}
