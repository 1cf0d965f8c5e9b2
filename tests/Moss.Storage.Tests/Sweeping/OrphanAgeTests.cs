using Moss.Storage.Blobs;
using Moss.Storage.Conformance;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;

namespace Moss.Storage.Tests.Sweeping;

/// <summary>A server's start sweeps what an earlier process left, and nothing that its own first requests are writing.</summary>
public sealed class OrphanAgeTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task A_blob_of_the_millisecond_of_the_start_is_not_older_than_it(int millisecondsLater, int swept)
    {
        // Half a millisecond past a whole one, as a real clock nearly always stands.
        var time = new ManualTimeProvider();
        var blobs = new InMemoryBlobStore();
        await using var harness = await ServiceHarness.StartAsync(new InMemoryMetadataStore(), blobs, time);

        // Later than the start, whose own sweep leaves alone what follows.
        time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMilliseconds(0.5));
        var now = time.GetUtcNow();
        var id = BlobId.Create(now, inline: false, random: 1);
        await using (var writer = await blobs.CreateAsync(id, 1, default))
        {
            await writer.WriteAsync(new(new byte[1]), default);
            await writer.CommitAsync(default);
        }

        Assert.Equal(swept, await harness.Service.Sweeper.SweepOrphansAsync(now.AddMilliseconds(millisecondsLater), default));
    }
}
