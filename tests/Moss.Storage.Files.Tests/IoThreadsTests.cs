using System.Collections.Concurrent;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

public sealed class IoThreadsTests
{
    [Fact]
    public async Task All_work_is_done_by_no_more_threads_than_allowed()
    {
        using var threads = new IoThreads("test", 4);
        var used = new ConcurrentDictionary<int, bool>();
        var done = 0;
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => new IoWork(() =>
        {
            used.TryAdd(Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread);
            Interlocked.Increment(ref done);
        }).RunAsync(threads).AsTask()));
        Assert.Equal(1000, done);
        Assert.InRange(used.Count, 1, 4);
        Assert.DoesNotContain(true, used.Values);
    }

    [Fact]
    public async Task Work_that_waits_for_other_work_finds_a_thread_for_it()
    {
        using var threads = new IoThreads("test", 8);
        using var together = new Barrier(8);
        await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => new IoWork(() => together.SignalAndWait(CancellationToken.None)).RunAsync(threads).AsTask()));
        Assert.Equal(1, together.CurrentPhaseNumber);
    }

    [Fact]
    public async Task A_failure_is_thrown_where_the_work_is_awaited()
    {
        using var threads = new IoThreads("test", 1);
        var work = new IoWork(() => throw new IOException("no"));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("no", (await Assert.ThrowsAsync<IOException>(async () => await work.RunAsync(threads))).Message);
        }
    }

    [Fact]
    public async Task Work_that_comes_after_the_end_runs_at_once()
    {
        var threads = new IoThreads("test", 2);
        threads.Dispose();
        var here = Environment.CurrentManagedThreadId;
        var there = 0;
        await new IoWork(() => there = Environment.CurrentManagedThreadId).RunAsync(threads);
        Assert.Equal(here, there);
    }

    [Fact]
    public async Task A_writer_that_outlives_its_store_fails_and_leaves_nothing()
    {
        using var directory = new TemporaryDirectory();
        var store = FileBlobStore.Open(directory.Path, durable: true);
        await store.RecoverAsync("ended", CancellationToken.None);
        var id = TestBytes.NewId();
        var writer = await store.CreateAsync(id, null, CancellationToken.None);
        await writer.WriteAsync(new(new byte[1_000_000]), CancellationToken.None);
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await writer.WriteAsync(new(new byte[1_000_000]), CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
        });
        await writer.DisposeAsync();
        Assert.False(File.Exists(directory.BlobPath(id)));
    }
}
