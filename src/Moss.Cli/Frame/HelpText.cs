using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Moss.Cli.Frame;

/// <summary>Help that begins with what most people came for: examples.</summary>
sealed class HelpText(string version) : SynchronousCommandLineAction
{
    const int NameWidth = 32;
    const int PageWidth = 110;

    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var text = command is RootCommand root ? OfRoot(root) : OfCommand(command, parseResult);
        parseResult.InvocationConfiguration.Output.Write(text);
        return ExitCode.Ok;
    }

    string OfRoot(RootCommand root)
    {
        var text = new StringBuilder($"moss {version}: {root.Description}\n\n");
        text.Append("Examples:\n");
        AppendExamples(text, [
            ("moss cp video.mp4 oss://bucket/", "upload; run it again after any accident, it goes on where it broke off"),
            ("moss cp -r oss://bucket/2026/ ./2026", "download everything below a prefix"),
            ("moss sync ./photos oss://bucket/photos", "send what is new or changed"),
            ("moss ls oss://bucket", "list"),
            ("moss serve --data ./moss-data", "start a server of your own"),
        ]);
        foreach (var group in Verbs.All.Where(static verb => verb.Group.Length > 0).GroupBy(static verb => verb.Group))
        {
            text.Append($"\n{group.Key}:\n");
            AppendPairs(text, group.Select(static verb => (verb.Name, verb.Description)));
        }

        text.Append("\nGet help for one of them with 'moss VERB --help'. Options of all verbs:\n");
        AppendPairs(text, GlobalOptions.All.Select(NameAndMeaning));
        return text.ToString();
    }

    static string OfCommand(Command command, ParseResult parsed)
    {
        var path = PathOf(parsed);
        var text = new StringBuilder();
        if (command is MossCommand { Examples: { Count: > 0 } examples })
        {
            text.Append("Examples:\n");
            AppendExamples(text, examples);
            text.Append('\n');
        }

        text.Append(command.Description).Append("\n\n");
        text.Append("Usage: ").Append(path);
        foreach (var argument in command.Arguments.Where(static argument => !argument.Hidden))
        {
            var many = argument.Arity.MaximumNumberOfValues > 1 && !argument.Name.Contains("...", StringComparison.Ordinal) ? "..." : "";
            text.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}{many}]" : $" {argument.Name}{many}");
        }

        text.Append(command.Subcommands.Any(static sub => !sub.Hidden) ? " COMMAND" : "").Append(" [options]\n");
        Section(text, "Arguments", command.Arguments.Where(static argument => !argument.Hidden).Select(static argument => (argument.Name, argument.Description ?? "")));
        Section(text, "Commands", command.Subcommands.Where(static sub => !sub.Hidden).Select(static sub => (sub.Name, sub.Description ?? "")));
        Section(text, "Options", command.Options.Where(static option => !option.Hidden && option is not HelpOption).Select(NameAndMeaning));
        if (command is MossCommand { Notes: { } notes })
        {
            text.Append('\n').Append(notes).Append('\n');
        }

        text.Append(command is MossCommand ? "\nOptions of all verbs: moss --help\n" : "");
        return text.ToString();
    }

    static void Section(StringBuilder text, string title, IEnumerable<(string Name, string Meaning)> pairs)
    {
        var known = pairs.ToList();
        if (known.Count > 0)
        {
            text.Append($"\n{title}:\n");
            AppendPairs(text, known);
        }
    }

    static (string Name, string Meaning) NameAndMeaning(Option option)
    {
        var names = string.Join(", ", option.Aliases.OrderBy(static alias => alias.Length).Append(option.Name).Where(static name => !name.StartsWith('/')));
        return (option.HelpName is { Length: > 0 } value && option.ValueType != typeof(bool) ? $"{names} {value}" : names, option.Description ?? "");
    }

    // A line to paste, and above it what it does.
    static void AppendExamples(StringBuilder text, IEnumerable<(string Line, string Meaning)> examples)
    {
        foreach (var (line, meaning) in examples)
        {
            text.Append("  # ").Append(meaning).Append("\n  ").Append(line).Append('\n');
        }
    }

    static void AppendPairs(StringBuilder text, IEnumerable<(string Name, string Meaning)> pairs)
    {
        foreach (var (name, meaning) in pairs)
        {
            var isLong = name.Length > NameWidth - 2 && meaning.Length > 0;
            text.Append("  ").Append(isLong ? name + "\n" + new string(' ', NameWidth + 2) : name.PadRight(NameWidth));
            AppendWrapped(text, meaning, NameWidth + 2);
            text.Append('\n');
        }
    }

    static void AppendWrapped(StringBuilder text, string meaning, int indent)
    {
        var column = indent;
        foreach (var word in meaning.Split(' '))
        {
            if (column > indent && column + word.Length + 1 > PageWidth)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }

            text.Append(column > indent ? " " : "").Append(word);
            column += word.Length + 1;
        }
    }

    /// <summary>The words that name the command: <c>moss admin user</c>.</summary>
    public static string PathOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, result.Command is RootCommand ? "moss" : result.Command.Name);
        }

        return string.Join(' ', names);
    }
}
