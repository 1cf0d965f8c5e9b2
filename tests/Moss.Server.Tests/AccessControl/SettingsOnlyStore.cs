using Moss.Storage.Metadata;

namespace Moss.Server.Tests.AccessControl;

/// <summary>A catalogue that has nothing but settings: all that accounts need of one. Transactions run one after the other and roll back.</summary>
sealed class SettingsOnlyStore : IMetadataStore, IMetadataTransaction, ISettingRows
{
    readonly SemaphoreSlim _turn = new(1, 1);
    SortedDictionary<string, byte[]> _rows = new(StringComparer.Ordinal);

    /// <summary>How many transactions only read.</summary>
    public int Reads { get; private set; }

    public IEnumerable<byte[]> Values => _rows.Values;

    public ISettingRows Settings => this;

    public IBucketRows Buckets => throw new NotSupportedException();

    public IObjectRows Objects => throw new NotSupportedException();

    public IUploadRows Uploads => throw new NotSupportedException();

    public IPartRows Parts => throw new NotSupportedException();

    public IBlobRows Blobs => throw new NotSupportedException();

    public IGarbageRows Garbage => throw new NotSupportedException();

    public ValueTask<string> InitializeAsync(CancellationToken ct) => ValueTask.FromResult("settings-only");

    public async ValueTask<T> ReadAsync<T>(Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            Reads++;
            return await body(this);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<T> WriteAsync<T>(
        IReadOnlyList<MetadataLock> locks, Func<IMetadataTransaction, ValueTask<T>> body, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        var before = new SortedDictionary<string, byte[]>(_rows, StringComparer.Ordinal);
        try
        {
            return await body(this);
        }
        catch
        {
            _rows = before;
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask<byte[]?> FindAsync(string name) => ValueTask.FromResult(_rows.GetValueOrDefault(name));

    public ValueTask PutAsync(string name, byte[]? value)
    {
        if (value is null)
        {
            _rows.Remove(name);
        }
        else
        {
            _rows[name] = value;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<KeyValuePair<string, byte[]>>> ListAsync(string prefix) =>
        ValueTask.FromResult<IReadOnlyList<KeyValuePair<string, byte[]>>>(
            [.. _rows.Where(row => row.Key.StartsWith(prefix, StringComparison.Ordinal))]);

    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }
}
