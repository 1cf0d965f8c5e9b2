namespace Moss.Storage.Sql.Tests;

/// <summary>A directory of a test's own.</summary>
sealed class TemporaryDirectory : IDisposable
{
    readonly string _path = Directory.CreateTempSubdirectory("moss-sql-").FullName;

    public string File(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
