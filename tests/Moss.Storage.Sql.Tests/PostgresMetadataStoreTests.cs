using Moss.Storage.Conformance.Metadata;
using Moss.Storage.Metadata;

namespace Moss.Storage.Sql.Tests;

public sealed class PostgresMetadataStoreTests : MetadataStoreConformance
{
    readonly List<string> _schemas = [];

    protected override async ValueTask<IMetadataStore> CreateStoreAsync()
    {
        _schemas.Add(await PostgresDatabase.CreateAsync());
        return Open();
    }

    protected override async ValueTask<IMetadataStore?> ReopenStoreAsync(IMetadataStore store)
    {
        await store.DisposeAsync();
        return Open();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var schema in _schemas)
        {
            await PostgresDatabase.DropAsync(schema);
        }
    }

    protected override int ModelSequences => 10;

    PostgresMetadataStore Open() => PostgresMetadataStore.Open(_schemas[^1], TimeProvider.System);
}
