using FsCheck;
using FsCheck.Fluent;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Model;
using Moss.Storage.Conformance.Service;
using Moss.Storage.Metadata;

namespace Moss.Storage.Engines.Tests;

/// <summary>Random sequences of operations: the embedded default against the in-memory model, step by step and state by state.</summary>
public sealed class ModelTests
{
    const int Sequences = 60;
    const int LongestSequence = 60;

    [Fact]
    public void The_engine_and_the_model_cannot_be_told_apart() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<int[]>(),
                operations => CompareAsync(operations).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Sequences).WithStartSize(5).WithEndSize(LongestSequence));

    static async Task<bool> CompareAsync(int[] operations)
    {
        var directory = Directory.CreateTempSubdirectory("moss-model-");
        try
        {
            await using var engine = await Embedded.StartAsync(directory.FullName, options: null, time: null);
            await using var model = await ServiceHarness.StartAsync(new InMemoryMetadataStore(), new InMemoryBlobStore());
            Assert.Equal(
                await ModelRun.TranscriptAsync(model, operations),
                await ModelRun.TranscriptAsync(engine, operations));
            return true;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
