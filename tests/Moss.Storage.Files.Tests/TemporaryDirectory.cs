namespace Moss.Storage.Files.Tests;

/// <summary>A directory that is gone after the test.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = System.IO.Directory.CreateTempSubdirectory("moss-files-").FullName;

    /// <summary>The file of a blob.</summary>
    public string BlobPath(Blobs.BlobId id) => System.IO.Path.Combine(Path, "blobs", id.ToString()[30..], id.ToString());

    public void Dispose() => System.IO.Directory.Delete(Path, recursive: true);
}
