using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;

namespace Moss.Cli.Commands;

/// <summary><c>moss jobs</c>: transfers that did not end, and those that run.</summary>
static class JobsCommand
{
    static readonly Argument<string> Id = Options.Argument("id", "The job, or the first digits of it.");
    static readonly Option<TimeSpan?> OlderThan = Options.Duration("--older-than", "Only those that were begun at least so long ago.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(
            new MossCommand("list", "List the jobs.").Run(ListAsync),
            new MossCommand("resume", "Go on with a job: its command again, in the directory it was given in.").With(Id).Run(ResumeAsync),
            new MossCommand("clean", "Forget jobs that do not run; what they left on the service stays until 'moss uploads gc'.").With(OlderThan).Run(CleanAsync))
        .Example("moss jobs list", "what broke off, and how to go on")
        .Example("moss jobs resume 3f2a", "go on")
        .Example("moss jobs clean --older-than 30d", "forget the old ones");

    static async Task ListAsync(Invocation invocation)
    {
        var writer = invocation.Rows([new("id", "ID", -8), new("state", "State", -11), new("started", "Started", -29), new("directory", "Directory", -24), new("command", "Command", 0)]);
        foreach (var job in Job.All())
        {
            await writer.WriteAsync(
                new()
                {
                    { "id", job.Id },
                    { "state", job.IsRunning ? "running" : "interrupted" },
                    { "started", job.Started },
                    { "directory", job.Directory },
                    { "command", job.CommandLine },
                    { "arguments", job.Words },
                },
                invocation.Cancelled);
        }

        await writer.EndAsync(null, invocation.Cancelled);
    }

    static async Task<int> ResumeAsync(Invocation invocation)
    {
        var wanted = invocation.Get(Id);
        var found = Job.All().Where(job => job.Id.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
        if (found is not [var only])
        {
            throw new UsageException(found.Count == 0 ? $"there is no job '{wanted}'; 'moss jobs list' shows them" : $"'{wanted}' may be {string.Join(" or ", found.Select(static job => job.Id))}");
        }

        if (only.IsRunning)
        {
            throw new UsageException($"the job {only.Id} is running: process {only.Process.Id}");
        }

        if (!Directory.Exists(only.Directory))
        {
            throw new FailedException(ExitCode.Client, $"the directory of the job is gone: '{only.Directory}'");
        }

        invocation.Say(only.CommandLine);
        Environment.CurrentDirectory = only.Directory;
        return await Entry.RunAsync([.. only.Words]);
    }

    static async Task CleanAsync(Invocation invocation)
    {
        var latest = invocation.Get(OlderThan) is { } age ? Invocation.Time.GetUtcNow() - age : DateTimeOffset.MaxValue;
        var count = 0;
        foreach (var job in Job.All().Where(job => !job.IsRunning && job.Started <= latest))
        {
            job.Forget();
            count++;
        }

        await invocation.WriteAsync(new() { { "removed", count } }, $"{count} jobs forgotten");
    }
}
