using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;

namespace Moss.Storage.Tests.Service;

public sealed class InMemoryMultipartTests : MultipartConformance
{
    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), time, options);
}

public sealed class InMemoryObjectTests : ObjectConformance
{
    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), time, options);
}

public sealed class InMemoryLifecycleTests : LifecycleConformance
{
    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), time, options);
}
