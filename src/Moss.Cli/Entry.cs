using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli;

/// <summary>From the words of a command line to an exit code.</summary>
static class Entry
{
    /// <summary>The words that the running command was asked with.</summary>
    public static IReadOnlyList<string> Arguments { get; private set; } = [];

    public static async Task<int> RunAsync(string[] args)
    {
        var version = typeof(Entry).Assembly.GetName().Version?.ToString(3) ?? "";
        if (args is ["--version" or "version" or "-v"])
        {
            // Asked for by scripts, often: nothing else is loaded for it.
            Console.Out.WriteLine("moss " + version);
            return ExitCode.Ok;
        }

        if (args is ["help", ..])
        {
            args = [.. args[1..], "--help"];
        }

        Arguments = args;
        return await DispatchAsync(args, version);
    }

    static async Task<int> DispatchAsync(string[] args, string version)
    {
        // Only the verb that is asked for is made; all of them for help, completion, and words that are none.
        var verb = args.Length > 0 ? Verbs.Find(args[0]) : null;
        if (args.Length > 0 && verb is null && args[0].Length > 0 && !args[0].StartsWith('-') && !args[0].StartsWith('['))
        {
            Console.Error.WriteLine(Unserved.Verbs.GetValueOrDefault(args[0]) is { } instead
                ? $"moss: '{args[0]}' of ossutil is {instead}"
                : $"moss: there is no verb '{args[0]}'{Suggestions.DidYouMean(args[0], Verbs.Words)}");
            Console.Error.WriteLine("      'moss --help' shows what there is");
            return ExitCode.Usage;
        }

        var root = Verbs.Root(verb, version);
        if (args.Length == 0)
        {
            await root.Parse(["--help"]).InvokeAsync();
            return ExitCode.Usage;
        }

        // A word that begins with @ is a word: keys and files may.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (CommandLineErrors.Describe(parsed) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return ExitCode.Usage;
        }

        // A signal cancels the command; a server drains for up to 30 seconds then, so nothing ends it before. The other verbs listen themselves.
        var patience = verb?.Name == "serve" ? TimeSpan.FromSeconds(60) : (TimeSpan?)null;
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = patience, EnableDefaultExceptionHandler = true });
    }
}
