using System.CommandLine;
using System.Globalization;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands.Admin;

/// <summary><c>moss admin audit</c>: refused and privileged requests, the newest last.</summary>
static class AuditCommand
{
    static readonly Option<long?> Limit = Options.Number("--limit", "At most so many records (100).", 1, 10_000);
    static readonly Option<TimeSpan?> Since = Options.Duration("--since", "None older than this, such as 1h or 7d.");
    static readonly Option<string?> Code = Options.Text("--code", "CODE", "Only refusals with this code, such as AccessDenied.");

    public static Command Create() => new MossCommand("audit", "Show refused and privileged requests.")
        .With(Limit, Since, Code)
        .Example("moss admin audit --since 1h", "the last hour")
        .Example("moss admin audit --code AccessDenied --output-format json", "for a program")
        .Run(RunAsync);

    static Task RunAsync(Invocation invocation) => AdminCommand.ListAsync(
        invocation,
        "audit/list",
        new()
        {
            ["limit"] = (int?)invocation.Get(Limit),
            ["since"] = invocation.Get(Since) is { } age ? (Invocation.Time.GetUtcNow() - age).ToString("O", CultureInfo.InvariantCulture) : null,
            ["code"] = invocation.Get(Code),
        },
        new("time", "TIME", -29), new("kind", "KIND", -10), new("status", "STATUS", 6), new("code", "CODE", -24), new("operation", "OPERATION", -24),
        new("principal", "PRINCIPAL", -44), new("sourceIp", "FROM", -16), new("resource", "RESOURCE", 0));
}
