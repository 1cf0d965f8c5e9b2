using System.CommandLine;
using System.CommandLine.Invocation;

namespace Moss.Cli.Frame;

/// <summary>A verb: a command that has examples, and that turns what goes wrong into a message and an exit code.</summary>
sealed class MossCommand : Command
{
    public MossCommand(string name, string description, params string[] aliases)
        : base(name, description)
    {
        foreach (var alias in aliases)
        {
            Aliases.Add(alias);
        }
    }

    /// <summary>Command lines with a word about each: the first thing that help shows.</summary>
    public List<(string Line, string Meaning)> Examples { get; } = [];

    /// <summary>Said at the end of help.</summary>
    public string? Notes { get; init; }

    public MossCommand With(params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    Options.Add(option);
                    break;
                case Argument argument:
                    Arguments.Add(argument);
                    break;
                case Command command:
                    Subcommands.Add(command);
                    break;
            }
        }

        return this;
    }

    public MossCommand Example(string line, string meaning)
    {
        Examples.Add((line, meaning));
        return this;
    }

    public MossCommand Run(Func<Invocation, Task<int>> run)
    {
        Action = new RunAction(run);
        return this;
    }

    public MossCommand Run(Func<Invocation, Task> run) => Run(async invocation =>
    {
        await run(invocation);
        return ExitCode.Ok;
    });

    internal sealed class RunAction(Func<Invocation, Task<int>> run) : AsynchronousCommandLineAction
    {
        public override async Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default)
        {
            using var signals = new Signals();
            using var both = CancellationTokenSource.CreateLinkedTokenSource(signals.Token, cancellationToken);
            try
            {
                using var invocation = new Invocation(parseResult, both.Token);
                return await run(invocation);
            }
            catch (Exception problem)
            {
                return Failures.Report(problem, parseResult.GetValue(GlobalOptions.Verbose), both.Token);
            }
        }
    }
}
