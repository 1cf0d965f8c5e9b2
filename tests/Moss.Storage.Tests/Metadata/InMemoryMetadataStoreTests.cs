using Moss.Storage.Conformance.Metadata;
using Moss.Storage.Metadata;

namespace Moss.Storage.Tests.Metadata;

public sealed class InMemoryMetadataStoreTests : MetadataStoreConformance
{
    protected override ValueTask<IMetadataStore> CreateStoreAsync() => new(new InMemoryMetadataStore());

    protected override ValueTask<IMetadataStore?> ReopenStoreAsync(IMetadataStore store) => new((IMetadataStore?)null);
}
