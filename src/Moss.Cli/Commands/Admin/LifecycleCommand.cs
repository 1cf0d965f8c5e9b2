using System.CommandLine;
using System.Globalization;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands.Admin;

/// <summary><c>moss admin lifecycle run</c>: carries out the lifecycle rules of all buckets now, and waits.</summary>
static class LifecycleCommand
{
    static readonly Option<string?> At = Options.Text("--at", "TIME", "Measure ages to this instant instead of now, such as 2026-12-31T00:00:00Z. What it deletes is gone.");

    public static Command Create() => new MossCommand("lifecycle", "Lifecycle rules: the server carries them out every day at 00:00 UTC.")
        .With(new MossCommand("run", "Carry out the rules of all buckets now, wait, and say what was done.")
            .With(At)
            .Example("moss admin lifecycle run --output-format json", "what a cron job or a test wants")
            .Example("moss admin lifecycle run --at 2027-01-01T00:00:00Z", "as if it were then: what is to expire by then, goes now")
            .Run(RunAsync));

    static async Task<int> RunAsync(Invocation invocation)
    {
        var answer = await AdminClient.CallAsync(
            invocation, "lifecycle/run", new() { ["at"] = AtOf(invocation)?.ToString("O", CultureInfo.InvariantCulture) }, Timeout.InfiniteTimeSpan);
        await invocation.WriteAsync(AdminClient.RowOf(answer!.Value));
        return answer.Value.GetProperty("bucketsFailed").GetInt64() == 0 ? ExitCode.Ok : ExitCode.Server;
    }

    static DateTimeOffset? AtOf(Invocation invocation) =>
        invocation.Get(At) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at
        : throw new UsageException($"--at '{text}' is not a time such as 2026-12-31T00:00:00Z");
}
