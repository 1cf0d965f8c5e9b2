using FsCheck;
using FsCheck.Fluent;
using Moss.Storage.Metadata;

namespace Moss.Storage.Conformance.Metadata;

public abstract partial class MetadataStoreConformance
{
    /// <summary>How many random sequences of transactions are run; each takes a store of its own.</summary>
    protected virtual int ModelSequences => 50;

    // A failure prints the seed and the shrunk sequence.
    [Fact]
    public void Random_transactions_cannot_tell_the_store_from_the_model() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue - 1).ListOf().Select(seeds => seeds.ToArray()).ToArbitrary(),
                async seeds =>
                {
                    var store = await CreateStoreAsync();
                    await using (store)
                    {
                        Assert.Equal(
                            await MetadataModelRun.TranscriptAsync(new InMemoryMetadataStore(), seeds),
                            await MetadataModelRun.TranscriptAsync(store, seeds));
                    }
                })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(ModelSequences).WithStartSize(5).WithEndSize(150));
}
