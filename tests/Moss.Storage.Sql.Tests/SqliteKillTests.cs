using System.Globalization;
using Moss.Storage.Conformance.Metadata;

namespace Moss.Storage.Sql.Tests;

/// <summary>A process that commits in groups is killed at any instant. MOSS_KILLS says how often; each time costs less than a second.</summary>
public sealed class SqliteKillTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Acknowledged_writes_are_there_and_every_write_is_there_as_a_whole_or_not_at_all()
    {
        var path = _directory.File("killed.db");
        var kills = int.TryParse(Environment.GetEnvironmentVariable("MOSS_KILLS"), out var asked) ? asked : 4;
        var random = new Random(kills);
        var acknowledged = new HashSet<int>();
        for (var i = 0; i < kills; i++)
        {
            acknowledged.UnionWith(await KillAsync(path, TimeSpan.FromMilliseconds(random.Next(500))));
            await CheckAsync(path, acknowledged);
        }

        Assert.NotEmpty(acknowledged);
    }

    // Ends the child so long after its first acknowledgement.
    static async Task<List<int>> KillAsync(string path, TimeSpan after)
    {
        using var child = ChildProcess.Start(path);
        var numbers = new List<int>();
        var killing = Task.CompletedTask;
        var last = "";
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            if (last.Length == 0)
            {
                killing = Task.Delay(after, TimeProvider.System).ContinueWith(_ => child.Kill(), TaskScheduler.Default);
            }
            else
            {
                numbers.Add(int.Parse(last, CultureInfo.InvariantCulture));
            }

            // The kill may cut the very last line short: it is left out.
            last = line;
        }

        await killing;
        await child.WaitForExitAsync();
        return numbers;
    }

    static async Task CheckAsync(string path, HashSet<int> acknowledged)
    {
        await using var store = SqliteMetadataStore.Open(path, durable: true, TimeProvider.System);
        await store.InitializeAsync(CancellationToken.None);
        Assert.Empty(await store.CheckAsync(CancellationToken.None));
        var found = await store.ReadAsync(
            async transaction =>
            {
                var rows = await transaction.Objects.ScanAsync(1, default, null, int.MaxValue);
                var numbers = rows.Select(row => (int)row.Sequence).ToHashSet();
                foreach (var number in numbers)
                {
                    var bytes = BitConverter.GetBytes(number);
                    Assert.Equal(bytes, await transaction.Blobs.ReadInlineAsync(MetadataSamples.Blob(number, inline: true)) ?? []);
                    Assert.Equal(bytes, await transaction.Settings.FindAsync(number.ToString(CultureInfo.InvariantCulture)) ?? []);
                }

                Assert.Equal(numbers.Count, (await transaction.Settings.ListAsync("")).Count);
                return numbers;
            },
            CancellationToken.None);
        Assert.DoesNotContain(found, number => number % 16 == 0);
        Assert.Subset(found, acknowledged.Where(number => number % 16 != 0).ToHashSet());
    }
}
