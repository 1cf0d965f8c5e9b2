using Moss.Storage.Conformance.Service;
using Moss.Storage.Files;
using Moss.Storage.Sql;
using Moss.Storage.Sql.Tests;

namespace Moss.Storage.Engines.Tests;

/// <summary>PostgreSQL and files: a schema and a directory that go with the test.</summary>
sealed class PostgresAndFiles : IAsyncDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-postgres-");
    readonly List<string> _schemas = [];

    public async Task<ServiceHarness> StartAsync(StorageOptions? options, TimeProvider? time)
    {
        _schemas.Add(await PostgresDatabase.CreateAsync());
        return await ServiceHarness.StartAsync(
            PostgresMetadataStore.Open(_schemas[^1], TimeProvider.System),
            FileBlobStore.Open(Path.Combine(_directory.FullName, $"blobs-{_schemas.Count}"), durable: true),
            time,
            options);
    }

    public async ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        foreach (var schema in _schemas)
        {
            await PostgresDatabase.DropAsync(schema);
        }
    }
}

public sealed class PostgresMultipartTests : MultipartConformance, IAsyncDisposable
{
    readonly PostgresAndFiles _stores = new();

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        _stores.StartAsync(options, time);
}

public sealed class PostgresObjectTests : ObjectConformance, IAsyncDisposable
{
    readonly PostgresAndFiles _stores = new();

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        _stores.StartAsync(options, time);
}

public sealed class PostgresLifecycleTests : LifecycleConformance, IAsyncDisposable
{
    readonly PostgresAndFiles _stores = new();

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        _stores.StartAsync(options, time);
}
