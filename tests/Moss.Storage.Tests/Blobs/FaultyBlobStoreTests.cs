using Moss.Storage.Blobs;
using Moss.Storage.Conformance;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Tests.Blobs;

public sealed class FaultyBlobStoreTests : BlobStoreConformance
{
    readonly InMemoryBlobStore _memory = new();

    protected override IBlobStore Open() => new FaultyBlobStore(_memory, new(1));

    [Fact]
    public async Task The_chosen_call_fails_and_no_other()
    {
        // The calls of a blob written and read: Create, Write, Commit, Open, Read.
        for (var fail = 1; fail <= 5; fail++)
        {
            foreach (var afterEffect in new[] { false, true })
            {
                var plan = new FaultPlan(fail) { FailCall = fail, FailCallAfterEffect = afterEffect };
                var id = TestBytes.NewId();
                await Assert.ThrowsAsync<InjectedFaultException>(() => WriteAndReadAsync(new(_memory, plan), id));
                Assert.Equal(fail, plan.Calls);
                Assert.Equal(fail > 3 || (fail == 3 && afterEffect), (await ListAsync()).Contains(id));
                await WriteAndReadAsync(new(_memory, plan), TestBytes.NewId());
            }
        }
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_faults()
    {
        var runs = new List<string>[2];
        for (var run = 0; run < 2; run++)
        {
            runs[run] = [];
            var plan = new FaultPlan(42) { FailBefore = 0.1, FailAfter = 0.1, Tarry = 0.05 };
            for (var i = 0; i < 50; i++)
            {
                var fault = await Record.ExceptionAsync(() => WriteAndReadAsync(new(_memory, plan), TestBytes.NewId()));
                runs[run].Add(fault?.Message ?? "");
            }
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Contains(runs[0], message => message.Contains("before"));
        Assert.Contains(runs[0], message => message.Contains("after"));
        Assert.Contains("", runs[0]);
    }

    static async Task WriteAndReadAsync(FaultyBlobStore store, BlobId id)
    {
        await using (var writer = await store.CreateAsync(id, 4, CancellationToken.None))
        {
            await writer.WriteAsync(new(new byte[4]), CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
        }

        await using var reader = await store.OpenAsync(id, 4, CancellationToken.None);
        Assert.Equal(4, await reader.ReadAsync(0, new byte[4], CancellationToken.None));
    }
}
