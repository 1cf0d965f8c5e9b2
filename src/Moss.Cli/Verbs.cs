using System.CommandLine;
using System.CommandLine.Help;
using Moss.Cli.Commands;
using Moss.Cli.Frame;

namespace Moss.Cli;

/// <summary>A verb that the first word of the command line names.</summary>
/// <param name="Group">The heading it stands under in help; empty hides it.</param>
/// <param name="Create">Makes its command; only the one that is wanted is made.</param>
sealed record Verb(string Name, string Group, string Description, Func<string, string, Command> Create, params string[] Aliases)
{
    public Command ToCommand()
    {
        var command = Create(Name, Description);
        foreach (var alias in Aliases)
        {
            command.Aliases.Add(alias);
        }

        command.Hidden = Group.Length == 0;
        return command;
    }
}

/// <summary>All verbs, in the order in which help shows them.</summary>
static class Verbs
{
    const string Moving = "Move data", Looking = "Look", Changing = "Change", Uploads = "Uploads and jobs", Running = "Run and set up";

    public static readonly Verb[] All =
    [
        new("cp", Moving, "Copy files to the service, from it, or within it; whatever broke off goes on.", CpCommand.Create, "copy"),
        new("cat", Looking, "Write objects to stdout.", CatCommand.Create),
        new("ls", Looking, "List buckets, objects, versions or open uploads.", LsCommand.Create, "list"),
        new("mb", Changing, "Make a bucket.", MbCommand.Create),
        new("rb", Changing, "Remove an empty bucket.", RbCommand.Create),
        new("serve", Running, "Start the object store.", static (_, _) => ServeCommand.Create()),
    ];

    /// <summary>The command line's root with one verb, or with all of them.</summary>
    public static RootCommand Root(Verb? only, string version)
    {
        var root = new RootCommand("an object store that speaks the Alibaba Cloud OSS API, and its command line.");
        foreach (var option in GlobalOptions.All)
        {
            root.Options.Add(option);
        }

        foreach (var verb in only is null ? All : [only])
        {
            root.Subcommands.Add(verb.ToCommand());
        }

        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpText(version);
        }

        return root;
    }

    public static Verb? Find(string word) =>
        All.FirstOrDefault(verb => verb.Name == word || verb.Aliases.Contains(word, StringComparer.Ordinal));

    /// <summary>Every word that names a verb.</summary>
    public static IEnumerable<string> Words => All.Where(static verb => verb.Group.Length > 0).SelectMany(static verb => verb.Aliases.Append(verb.Name));
}
