using Moss.Protocol.Names;

namespace Moss.Storage.Metadata;

sealed class InMemoryObjectRows(InMemoryTransaction transaction) : IObjectRows
{
    InMemoryState State => transaction.State;

    public ValueTask<ObjectRecord?> FindAsync(long bucketId, ObjectKey key) => new(State.Current.Find((bucketId, Bytes(key))));

    public ValueTask<ObjectRecord?> FindVersionAsync(long bucketId, ObjectKey key, VersionId version) =>
        new(Versions(bucketId, key).FirstOrDefault(record => record.VersionId == version));

    public ValueTask<ObjectRecord?> FindNewestAsync(long bucketId, ObjectKey key) => new(Versions(bucketId, key).FirstOrDefault());

    public ValueTask PutAsync(ObjectRecord record)
    {
        var stored = record with { LastModified = InMemoryTransaction.Round(record.LastModified) };
        transaction.State = record.IsCurrent
            ? State with { Current = State.Current.Set((record.BucketId, Bytes(record.Key)), stored) }
            : State with { History = State.History.Set((record.BucketId, Bytes(record.Key), ~record.Sequence), stored) };
        return default;
    }

    public ValueTask DeleteAsync(ObjectRecord record)
    {
        var key = (record.BucketId, Bytes(record.Key));
        if (!record.IsCurrent)
        {
            transaction.State = State with { History = State.History.Remove((record.BucketId, Bytes(record.Key), ~record.Sequence)) };
        }
        else if (State.Current.Find(key)?.Sequence == record.Sequence)
        {
            transaction.State = State with { Current = State.Current.Remove(key) };
        }

        return default;
    }

    public ValueTask<IReadOnlyList<ObjectSummary>> ScanAsync(
        long bucketId, ReadOnlyMemory<byte> from, byte[]? to, int limit) =>
        new([.. CurrentFrom(bucketId, from, to).Take(limit).Select(Summarize)]);

    public ValueTask<IReadOnlyList<ObjectSummary>> ScanVersionsAsync(
        long bucketId, ReadOnlyMemory<byte> from, long fromSequence, byte[]? to, int limit)
    {
        var start = new InMemoryBytes(from);
        return new([.. CurrentFrom(bucketId, from, to)
            .Where(record => record.Sequence <= fromSequence || Bytes(record.Key) > start)
            .Concat(HistoryFrom(bucketId, from, ~fromSequence, to))
            .OrderBy(record => Bytes(record.Key)).ThenByDescending(record => record.Sequence)
            .Take(limit).Select(Summarize)]);
    }

    public ValueTask<IReadOnlyList<StorageClassTotals>> TotalsAsync(long bucketId) =>
        new([.. CurrentFrom(bucketId, default, to: null).Concat(HistoryFrom(bucketId, default, long.MinValue, to: null))
            .GroupBy(record => record.StorageClass)
            .OrderBy(group => group.Key)
            .Select(group => new StorageClassTotals(
                group.Key,
                Objects: group.Count(record => !record.IsDeleteMarker),
                Bytes: group.Sum(record => record.Size),
                DeleteMarkers: group.Count(record => record.IsDeleteMarker)))]);

    IEnumerable<ObjectRecord> CurrentFrom(long bucketId, ReadOnlyMemory<byte> from, byte[]? to) =>
        State.Current.From((bucketId, new(from)))
            .TakeWhile(row => row.Key.Bucket == bucketId && IsBefore(row.Key.Key, to))
            .Select(row => row.Value);

    IEnumerable<ObjectRecord> HistoryFrom(long bucketId, ReadOnlyMemory<byte> from, long age, byte[]? to) =>
        State.History.From((bucketId, new(from), age))
            .TakeWhile(row => row.Key.Bucket == bucketId && IsBefore(row.Key.Key, to))
            .Select(row => row.Value);

    IEnumerable<ObjectRecord> Versions(long bucketId, ObjectKey key)
    {
        var bytes = Bytes(key);
        var history = State.History.From((bucketId, bytes, long.MinValue))
            .TakeWhile(row => row.Key.Bucket == bucketId && row.Key.Key.CompareTo(bytes) == 0)
            .Select(row => row.Value);
        return (State.Current.Find((bucketId, bytes)) is { } current ? history.Append(current) : history)
            .OrderByDescending(record => record.Sequence);
    }

    static bool IsBefore(InMemoryBytes key, byte[]? to) => to is null || key < new InMemoryBytes(to);

    // A summary and no more, as from any engine: not the record under its base type.
    static ObjectSummary Summarize(ObjectRecord record) => new()
    {
        BucketId = record.BucketId,
        Key = record.Key,
        VersionId = record.VersionId,
        Sequence = record.Sequence,
        IsCurrent = record.IsCurrent,
        IsDeleteMarker = record.IsDeleteMarker,
        Type = record.Type,
        Size = record.Size,
        ETag = record.ETag,
        StorageClass = record.StorageClass,
        LastModified = record.LastModified,
        OwnerId = record.OwnerId,
    };

    static InMemoryBytes Bytes(ObjectKey key) => new(key.ToUtf8());
}
