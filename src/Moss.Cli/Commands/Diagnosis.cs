using System.Diagnostics;
using Moss.Cli.Frame;
using Moss.Cli.Output;

namespace Moss.Cli.Commands;

enum CheckStatus
{
    Ok,
    Warning,
    Failed,
    Skipped,
}

/// <summary>What one look showed, and what to do about it in plain words.</summary>
sealed record Check(string Name, CheckStatus Status, string Detail, string? Advice = null, double? Milliseconds = null, int ExitCode = ExitCode.Ok);

/// <summary>Looks at one thing after the other and remembers what it saw; what fails does not end it.</summary>
sealed class Diagnosis
{
    public List<Check> Checks { get; } = [];

    public bool IsHealthy => Checks.All(static check => check.Status != CheckStatus.Failed);

    /// <summary>That of the first thing that failed.</summary>
    public int ExitCode => Checks.Find(static check => check.Status == CheckStatus.Failed)?.ExitCode ?? Frame.ExitCode.Ok;

    public void Add(Check check) => Checks.Add(check);

    public void Skip(string name, string why) => Checks.Add(new(name, CheckStatus.Skipped, why));

    /// <summary>True when it went well; else the failure is noted with the advice for it.</summary>
    public async Task<bool> TryAsync(string name, Func<Task<string>> look, Func<Exception, string?> advise, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var detail = await look();
            Checks.Add(new(name, CheckStatus.Ok, detail, Milliseconds: Elapsed(start)));
            return true;
        }
        catch (Exception problem) when (problem is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            var detail = problem is OperationCanceledException ? "no answer in time" : Failures.Describe(problem).Split('\n')[0];
            Checks.Add(new(name, CheckStatus.Failed, detail, advise(problem), Elapsed(start), Failures.CodeOf(problem, ct)));
            return false;
        }
    }

    public List<Row> Rows() => [.. Checks.Select(static check => new Row
    {
        { "name", check.Name },
        { "status", Word(check.Status) },
        { "detail", check.Detail },
        { "advice", check.Advice },
        { "milliseconds", check.Milliseconds },
    })];

    public string Text() => string.Join('\n', Checks.Select(static check =>
        $"{Word(check.Status),-8} {check.Name,-14} {RowWriter.PlainText(check.Detail)}"
        + (check.Milliseconds is { } time ? $" ({time:0.#} ms)" : "")
        + (check.Advice is { } advice ? $"\n{"",-24}-> {advice}" : "")));

    static string Word(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "ok",
        CheckStatus.Warning => "warning",
        CheckStatus.Failed => "FAILED",
        _ => "skipped",
    };

    static double Elapsed(long start) => Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 1);
}
