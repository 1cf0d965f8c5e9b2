using Moss.Cli.Frame;
using Moss.Client;

namespace Moss.Cli.Commands;

/// <summary>One change to one object, or to all below a prefix, so many at once.</summary>
static class EachObject
{
    const int AtOnce = 16;

    /// <param name="change">What is done to a key.</param>
    public static async Task<int> RunAsync(
        Invocation invocation, OssUri uri, bool recursive, Func<OssClient, string, CancellationToken, Task> change)
    {
        var client = invocation.Client(uri.Bucket);
        if (!recursive)
        {
            await change(client, uri.Key, invocation.Cancelled);
            await WriteAsync(invocation, 1, 0);
            return ExitCode.Ok;
        }

        var (done, failed) = (0L, 0L);
        await Parallel.ForEachAsync(
            client.ListObjectsAsync(uri.Bucket, new() { Prefix = uri.Key }, invocation.Cancelled),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = invocation.Cancelled },
            async (listed, ct) =>
            {
                try
                {
                    await change(client, listed.Key, ct);
                    Interlocked.Increment(ref done);
                }
                catch (Exception problem) when (problem is not OperationCanceledException)
                {
                    Interlocked.Increment(ref failed);
                    Invocation.Warn($"oss://{uri.Bucket}/{listed.Key}: {Failures.Describe(problem)}");
                }
            });
        await WriteAsync(invocation, done, failed);
        return failed == 0 ? ExitCode.Ok : ExitCode.Partial;
    }

    static Task WriteAsync(Invocation invocation, long done, long failed) => invocation.WriteAsync(
        new() { { "done", done }, { "failed", failed } },
        failed == 0 ? $"Succeed: Total num: {done}. OK num: {done}." : $"FinishWithError: Total num: {done + failed}. Error num: {failed}. OK num: {done}.");
}
