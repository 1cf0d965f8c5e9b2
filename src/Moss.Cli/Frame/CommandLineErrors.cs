using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Moss.Cli.Frame;

/// <summary>What is wrong with a command line, and what may have been meant.</summary>
static class CommandLineErrors
{
    /// <summary>Null when nothing is wrong.</summary>
    public static string? Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var name = HelpText.PathOf(parsed);
        // An option with a slip of the pen makes an argument too many of its value: it is the one to name.
        var word = MistakenOption(parsed)
            ?? parsed.UnmatchedTokens.FirstOrDefault(static extra => extra.StartsWith('-'))
            ?? (parsed.UnmatchedTokens is [var unmatched, ..] ? unmatched : null);
        if (word is not null && Unserved.Options.GetValueOrDefault(word.Split('=')[0]) is { } instead)
        {
            return $"{name}: '{word.Split('=')[0]}' of ossutil is not taken: {instead}\n      docs/cli.md lists what is not";
        }

        if (word is not null)
        {
            var known = word.StartsWith('-')
                ? command.Options.Concat(GlobalOptions.All).SelectMany(static option => option.Aliases.Append(option.Name)).Where(static alias => alias.Length > 2).Distinct()
                : command is RootCommand ? Verbs.Words : command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => sub.Name);
            var what = word.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            return $"{name}: unknown {what} '{word}'{Suggestions.DidYouMean(word, known)}\n      '{name} --help' shows how it is used";
        }

        if (parsed.Action is not ParseErrorAction)
        {
            return null;
        }

        var commands = command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => sub.Name).ToArray();
        var message = command.Action is null && commands.Length > 0 ? $"say which: {string.Join(", ", commands)}"
            : parsed.Errors.Count > 0 ? parsed.Errors[0].Message
            : "it is not complete";
        return $"{name}: {message}\n      '{name} --help' shows how it is used";
    }

    // The parser takes an option it does not know for an argument; after a lone -- a word may begin with anything.
    static string? MistakenOption(ParseResult parsed) =>
        parsed.Action is ParseErrorAction or MossCommand.RunAction && !parsed.Tokens.Any(static token => token.Type == TokenType.DoubleDash)
            ? parsed.CommandResult.Command.Arguments
                .SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? [])
                .Select(static token => token.Value)
                .FirstOrDefault(static value => value.Length > 1 && value[0] == '-')
            : null;
}
