using Moss.Storage.Conformance.Metadata;
using Moss.Storage.Metadata;

namespace Moss.Storage.Sql.Tests;

public sealed class DurableSqliteMetadataStoreTests() : SqliteMetadataStoreConformance(durable: true);

public sealed class CiSqliteMetadataStoreTests() : SqliteMetadataStoreConformance(durable: false);

public abstract class SqliteMetadataStoreConformance(bool durable) : MetadataStoreConformance
{
    readonly TemporaryDirectory _directory = new();
    int _files;

    protected override ValueTask<IMetadataStore> CreateStoreAsync() => new(Open(++_files));

    protected override async ValueTask<IMetadataStore?> ReopenStoreAsync(IMetadataStore store)
    {
        await store.DisposeAsync();
        return Open(_files);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _directory.Dispose();
    }

    SqliteMetadataStore Open(int file) => SqliteMetadataStore.Open(_directory.File($"{file}.db"), durable, TimeProvider.System);
}
