using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>The suite over a store in a directory of its own.</summary>
public abstract class FileBlobStoreConformance : BlobStoreConformance
{
    protected TemporaryDirectory Directory { get; } = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class DurableFileBlobStoreTests : FileBlobStoreConformance
{
    protected override IBlobStore Open() => FileBlobStore.Open(Directory.Path, durable: true);
}

public sealed class UndurableFileBlobStoreTests : FileBlobStoreConformance
{
    protected override IBlobStore Open() => FileBlobStore.Open(Directory.Path, durable: false);
}

/// <summary>As on a file system without nameless files and direct I/O.</summary>
public sealed class PlainFileBlobStoreTests : FileBlobStoreConformance
{
    protected override IBlobStore Open() =>
        FileBlobStore.Open(Directory.Path, durable: true, reservedBytes: 0, default(FileSystemAbilities));
}

/// <summary>As on a file system without direct I/O.</summary>
public sealed class BufferedFileBlobStoreTests : FileBlobStoreConformance
{
    protected override IBlobStore Open() => FileBlobStore.Open(
        Directory.Path, durable: true, reservedBytes: 0, new FileSystemAbilities(Nameless: OperatingSystem.IsLinux(), Direct: false));
}
