using Moss.Protocol.Names;

namespace Moss.Storage.Metadata;

sealed class InMemoryUploadRows(InMemoryTransaction transaction) : IUploadRows
{
    InMemoryState State => transaction.State;

    public ValueTask<UploadRecord?> FindAsync(UploadId id) => new(State.Uploads.Values.FirstOrDefault(upload => upload.Id == id));

    public ValueTask<UploadRecord> InsertAsync(UploadRecord upload)
    {
        if (State.Uploads.Values.Any(other => other.Id == upload.Id))
        {
            throw new InvalidOperationException("There is an upload of this id.");
        }

        var stored = upload with { RowId = transaction.NextId(), Initiated = InMemoryTransaction.Round(upload.Initiated) };
        transaction.State = State with { Uploads = State.Uploads.Set(KeyOf(stored), stored) };
        return new(stored);
    }

    public ValueTask DeleteAsync(UploadRecord upload)
    {
        transaction.State = State with
        {
            Uploads = State.Uploads.RemoveAll((_, stored) => stored.RowId == upload.RowId),
            Parts = State.Parts.RemoveAll((key, _) => key.Upload == upload.RowId),
        };
        return default;
    }

    public ValueTask<IReadOnlyList<UploadRecord>> ScanAsync(
        long bucketId, ReadOnlyMemory<byte> from, string fromId, byte[]? to, int limit) =>
        new([.. State.Uploads.From((bucketId, new(from), InMemoryBytes.Of(fromId)))
            .TakeWhile(row => row.Key.Bucket == bucketId && (to is null || row.Key.Key < new InMemoryBytes(to)))
            .Take(limit).Select(row => row.Value)]);

    public ValueTask<UploadTotals> TotalsAsync(long? bucketId)
    {
        var uploads = State.Uploads.Values.Where(upload => bucketId is null || upload.BucketId == bucketId).ToList();
        var parts = uploads.SelectMany(upload => transaction.PartsOf(upload.RowId)).ToList();
        return new(new UploadTotals(uploads.Count, parts.Count, parts.Sum(part => part.Size)));
    }

    public ValueTask<CompletionRecord?> FindCompletionAsync(UploadId id) =>
        new(State.Completions.Find(InMemoryBytes.Of(id.Value)));

    public ValueTask PutCompletionAsync(CompletionRecord completion)
    {
        var stored = completion with { Completed = InMemoryTransaction.Round(completion.Completed) };
        transaction.State = State with { Completions = State.Completions.Set(InMemoryBytes.Of(completion.Id.Value), stored) };
        return default;
    }

    public ValueTask<int> DeleteCompletionsAsync(DateTimeOffset before)
    {
        before = InMemoryTransaction.Round(before);
        var kept = State.Completions.RemoveAll((_, completion) => completion.Completed < before);
        var deleted = State.Completions.Count - kept.Count;
        transaction.State = State with { Completions = kept };
        return new(deleted);
    }

    static (long Bucket, InMemoryBytes Key, InMemoryBytes Id) KeyOf(UploadRecord upload) =>
        (upload.BucketId, new(upload.Key.ToUtf8()), InMemoryBytes.Of(upload.Id.Value));
}
