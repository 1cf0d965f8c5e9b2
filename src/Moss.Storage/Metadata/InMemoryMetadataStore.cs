namespace Moss.Storage.Metadata;

/// <summary>
/// The catalogue in memory: the model of what an engine does, and a store for tests. One write at a time works on a copy of the state, which
/// takes the old one's place when its body returns; nothing is left to undo when it throws. Nothing survives the process.
/// </summary>
public sealed class InMemoryMetadataStore : IMetadataStore
{
    readonly string _identity = IdGenerator.RandomHex(16);
    readonly SemaphoreSlim _writer = new(1);
    volatile InMemoryState _state = InMemoryState.Empty;

    public ValueTask<string> InitializeAsync(CancellationToken ct) => new(_identity);

    public async ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var state = _state;
        var transaction = new InMemoryTransaction(state);
        var result = await body(transaction);
        return transaction.State == state ? result : throw new InvalidOperationException("A body that only reads wrote.");
    }

    public async ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        await _writer.WaitAsync(ct);
        try
        {
            var transaction = new InMemoryTransaction(_state);
            var result = await body(transaction);
            _state = transaction.State;
            return result;
        }
        finally
        {
            _writer.Release();
        }
    }

    public ValueTask DisposeAsync() => default;
}
