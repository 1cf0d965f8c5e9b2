using System.Diagnostics;
using System.Globalization;
using Moss.Storage.Conformance.Metadata;
using Moss.Storage.Metadata;

namespace Moss.Storage.Sql.Tests;

/// <summary>A process that writes to a SQLite store until it is killed, and prints the number of each write that was acknowledged.</summary>
static class ChildProcess
{
    const int Writers = 48;

    internal static Process Start(string path)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["child", path])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(start)!;
    }

    internal static async Task<int> RunAsync(string path)
    {
        await using var store = SqliteMetadataStore.Open(path, durable: true, TimeProvider.System);
        await store.InitializeAsync(CancellationToken.None);
        var last = await store.ReadAsync(LastAsync, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            while (true)
            {
                var number = Interlocked.Increment(ref last);
                await WriteAsync(store, number);

                // One call of the system a line: what the parent read was acknowledged.
                Console.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            }
        }));
        return 0;
    }

    /// <summary>The highest number written.</summary>
    internal static async ValueTask<int> LastAsync(IMetadataTransaction transaction)
    {
        var rows = await transaction.Objects.ScanAsync(1, default, null, int.MaxValue);
        return rows.Count == 0 ? 0 : rows.Max(row => int.Parse(row.Key.Value, CultureInfo.InvariantCulture));
    }

    // Three tables; every 16th write fails after it wrote, so that batches are undone and run again all the time.
    static async Task WriteAsync(SqliteMetadataStore store, int number)
    {
        try
        {
            await store.WriteAsync(
                [],
                async transaction =>
                {
                    var key = MetadataSamples.Key(number.ToString(CultureInfo.InvariantCulture));
                    await transaction.Objects.PutAsync(MetadataSamples.PlainObject(1, key, number));
                    await transaction.Blobs.AddAsync(MetadataSamples.BlobRow(number, inline: true), BitConverter.GetBytes(number));
                    await transaction.Settings.PutAsync(key.Value, BitConverter.GetBytes(number));
                    return number % 16 == 0 ? throw new InvalidTimeZoneException() : true;
                },
                CancellationToken.None);
        }
        catch (InvalidTimeZoneException)
        {
            // Acknowledged as undone.
        }
    }
}
