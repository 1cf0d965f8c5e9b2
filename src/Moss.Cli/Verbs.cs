using System.CommandLine;
using System.CommandLine.Help;
using Moss.Cli.Commands;
using Moss.Cli.Commands.Admin;
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
        new("sync", Moving, "Make a destination like a source.", SyncCommand.Create),
        new("append", Moving, "Add to the end of an appendable object.", AppendCommand.Create, "appendfromfile"),
        new("cat", Moving, "Write objects to stdout.", CatCommand.Create),
        new("ls", Looking, "List buckets, objects, versions or open uploads.", LsCommand.Create, "list"),
        new("stat", Looking, "Show what is known about a bucket or an object.", StatCommand.Create),
        new("du", Looking, "Show how much is below a prefix.", DuCommand.Create),
        new("hash", Looking, "Show the checksums of a file or an object.", HashCommand.Create),
        new("presign", Looking, "Make an address that lets anybody do one thing for a while.", PresignCommand.Create, "sign"),
        new("mb", Changing, "Make a bucket.", MbCommand.Create),
        new("rb", Changing, "Remove an empty bucket.", RbCommand.Create),
        new("rm", Changing, "Remove objects, versions or open uploads.", RmCommand.Create, "remove"),
        new("mkdir", Changing, "Make an object that stands for a directory.", MkdirCommand.Create),
        new("set-props", Changing, "Set ACL, storage class, metadata and tags of objects.", SetPropsCommand.Create),
        new("set-acl", Changing, "Say who may read and write a bucket or an object.", SetAclCommand.Create),
        new("set-meta", Changing, "Change headers and metadata of objects.", SetMetaCommand.Create),
        new("object-tagging", Changing, "Show, put or delete the tags of an object.", ObjectTaggingCommand.Create),
        new("restore", Changing, "Make archived objects readable for some days.", RestoreCommand.Create),
        new("revert", Changing, "Bring deleted objects back, or an earlier version.", RevertCommand.Create, "revert-versioning"),
        new("create-symlink", Changing, "Make a symbolic link.", SymlinkCommands.CreateWriter),
        new("read-symlink", Looking, "Show where a symbolic link points.", SymlinkCommands.CreateReader),
        new("uploads", Uploads, "List, discard and clean up open uploads.", UploadsCommand.Create),
        new("listpart", Uploads, "List the parts of an open upload.", ListPartCommand.Create),
        new("jobs", Uploads, "List, resume and forget transfers that broke off.", JobsCommand.Create),
        new("doctor", Running, "Say why it does not work, and what to do about it.", DoctorCommand.Create),
        new("probe", Running, "Measure the way to the service.", ProbeCommand.Create),
        new("config", Running, "Set up ~/.ossutilconfig.", ConfigCommand.Create),
        new("completion", Running, "Print the completion script of a shell.", CompletionCommand.Create),
        new("complete", "", "Complete a word; the completion scripts call it.", CompletionCommand.CreateHelper),
        new("api", Running, "Call any operation of the API by its name.", ApiCommand.Create),
        new("admin", Running, "Accounts, users, keys, roles, policies and the audit of a running server.", AdminCommand.Create),
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
