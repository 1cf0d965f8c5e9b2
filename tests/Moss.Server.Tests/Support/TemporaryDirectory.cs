namespace Moss.Server.Tests.Support;

/// <summary>A directory that is gone when the test is over.</summary>
sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("moss-server-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
