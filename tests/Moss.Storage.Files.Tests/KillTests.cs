using Moss.Storage.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>A process that writes is killed at any instant. MOSS_KILLS says how often; each time costs less than a second.</summary>
public sealed class KillTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("durable")]
    [InlineData("plain")]
    [InlineData("ci")]
    public async Task What_was_acknowledged_is_whole_and_nothing_else_is_left(string kind)
    {
        var directory = Path.Combine(_directory.Path, kind);
        var kills = int.TryParse(Environment.GetEnvironmentVariable("MOSS_KILLS"), out var asked) ? asked : 4;
        var random = new Random(kills);
        var acknowledged = new HashSet<BlobId>();
        var read = new HashSet<BlobId>();
        for (var i = 0; i < kills; i++)
        {
            acknowledged.UnionWith(await KillAsync(directory, TimeSpan.FromMilliseconds(random.Next(400))));
            await CheckAsync(directory, acknowledged, read, maxUnacknowledged: 8 * (i + 1));
        }

        Assert.NotEmpty(acknowledged);
    }

    // Ends the child so long after its first blob.
    static async Task<List<BlobId>> KillAsync(string directory, TimeSpan after)
    {
        using var child = ChildProcess.Start(ChildProcess.Writes, directory);
        var ids = new List<BlobId>();
        var killing = Task.CompletedTask;
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            // The kill may cut the last line short; that blob was not acknowledged.
            if (BlobId.TryParse(line, out var id))
            {
                ids.Add(id);
            }

            if (ids.Count == 1)
            {
                killing = Task.Delay(after, TimeProvider.System).ContinueWith(_ => child.Kill(), TaskScheduler.Default);
            }
        }

        await killing;
        await child.WaitForExitAsync();
        return ids;
    }

    // Reads what was not read after an earlier kill.
    static async Task CheckAsync(
        string directory, HashSet<BlobId> acknowledged, HashSet<BlobId> read, int maxUnacknowledged)
    {
        await using var store = ChildProcess.OpenStore(directory);
        await store.RecoverAsync("child", CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(directory, "tmp")));
        var found = new HashSet<BlobId>();
        await foreach (var id in store.ListAsync(CancellationToken.None))
        {
            found.Add(id);
        }

        Assert.Subset(found, acknowledged);
        Assert.InRange(found.Count - acknowledged.Count, 0, maxUnacknowledged);
        foreach (var id in found.Where(read.Add))
        {
            var data = ChildProcess.BytesOf(id);
            await using var reader = await store.OpenAsync(id, data.Length, CancellationToken.None);
            var bytes = new byte[data.Length];
            Assert.Equal(data.Length, await reader.ReadAsync(0, bytes, CancellationToken.None));
            Assert.True(data.AsSpan().SequenceEqual(bytes));
        }
    }
}
