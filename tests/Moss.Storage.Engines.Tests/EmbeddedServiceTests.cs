using Moss.Storage.Conformance.Service;
using Moss.Storage.Files;
using Moss.Storage.Sql;

namespace Moss.Storage.Engines.Tests;

/// <summary>The embedded default, SQLite and files, durable, in a directory that goes with the test.</summary>
static class Embedded
{
    public static Task<ServiceHarness> StartAsync(string directory, StorageOptions? options, TimeProvider? time) =>
        ServiceHarness.StartAsync(
            SqliteMetadataStore.Open(Path.Combine(directory, "metadata.db"), durable: true, TimeProvider.System),
            FileBlobStore.Open(Path.Combine(directory, "blobs"), durable: true),
            time,
            options);
}

public sealed class EmbeddedMultipartTests : MultipartConformance, IDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-embedded-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        Embedded.StartAsync(_directory.FullName, options, time);
}

public sealed class EmbeddedObjectTests : ObjectConformance, IDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-embedded-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        Embedded.StartAsync(_directory.FullName, options, time);
}

public sealed class EmbeddedLifecycleTests : LifecycleConformance, IDisposable
{
    readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("moss-embedded-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override Task<ServiceHarness> StartAsync(StorageOptions? options = null, TimeProvider? time = null) =>
        Embedded.StartAsync(_directory.FullName, options, time);
}
