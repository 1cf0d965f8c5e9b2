using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Tests.Blobs;

public sealed class InMemoryBlobStoreTests : BlobStoreConformance
{
    // Nothing survives the store, so it is opened again by going on with it.
    readonly InMemoryBlobStore _memory = new();

    protected override IBlobStore Open() => _memory;
}
