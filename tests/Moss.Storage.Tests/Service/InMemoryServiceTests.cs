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

/// <summary>The same service with every object encrypted: nobody who asks it can tell.</summary>
public sealed class EncryptedMultipartTests : MultipartConformance
{
    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), time, options, encrypts: true);
}

public sealed class EncryptedObjectTests : ObjectConformance
{
    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore(), time, options, encrypts: true);
}
