using Moss.Cli.Frame;
using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>Help, versions, and what is said to somebody who slipped.</summary>
public sealed class HelpTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    [Fact]
    public void Every_verb_has_help_that_begins_with_examples_it_would_take()
    {
        foreach (var verb in Verbs.All.Where(static verb => verb.Group.Length > 0))
        {
            var command = verb.ToCommand();
            var help = Help(verb.Name);
            Assert.StartsWith("Examples:\n  # ", help, StringComparison.Ordinal);
            Assert.Contains("\n" + verb.Description + "\n", help, StringComparison.Ordinal);
            foreach (var example in ((MossCommand)command).Examples.Select(static example => example.Line))
            {
                Assert.True(CommandOf(example) is { } words && Parses(words), $"'{example}' is no command line");
            }

            foreach (var inner in command.Subcommands)
            {
                Assert.Contains($"Usage: moss {verb.Name} {inner.Name}", Help(verb.Name, inner.Name), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Every_option_says_what_it_means_and_no_line_is_too_wide()
    {
        foreach (var command in Verbs.All.Select(static verb => verb.ToCommand()).SelectMany(static command => command.Subcommands.Append(command)))
        {
            Assert.All(command.Options, option => Assert.True(option.Hidden || option.Description?.Length > 0, $"{command.Name} {option.Name}"));
            Assert.All(command.Arguments, argument => Assert.True(argument.Hidden || argument.Description?.Length > 0, $"{command.Name} {argument.Name}"));
        }

        foreach (var verb in Verbs.All)
        {
            Assert.All(Help(verb.Name).Split('\n'), line => Assert.True(line.Length <= 200 && line == line.TrimEnd(), $"{verb.Name}: '{line}'"));
        }
    }

    [Fact]
    public void No_example_has_a_secret_in_it()
    {
        foreach (var verb in Verbs.All)
        {
            Assert.DoesNotContain(Help(verb.Name).Split('\n').Where(static line => line.StartsWith("  moss", StringComparison.Ordinal)), line =>
                line.Contains("--access-key-secret", StringComparison.Ordinal) || line.Contains("--sts-token", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("moss: there is no verb 'lss'; did you mean 'ls'?", "lss")]
    [InlineData("moss ls: unknown option '--output-fromat'; did you mean '--output-format'?", "ls", "--output-fromat", "json")]
    [InlineData("moss cp: unknown option '--recursiv'; did you mean '--recursive'?", "cp", "--recursiv", "a", "oss://some-bucket")]
    [InlineData("moss jobs: unknown command 'lsit'; did you mean 'list'?", "jobs", "lsit")]
    [InlineData("moss jobs: say which: list, resume, clean", "jobs")]
    [InlineData("moss stat: unknown argument 'b'", "stat", "a", "b")]
    [InlineData("it takes text, json, yaml, raw", "ls", "--output-format", "xml")]
    [InlineData("a whole number from 1 to 10000", "cp", "a", "oss://some-bucket", "-j", "0")]
    [InlineData("a time such as", "ls", "--read-timeout", "soon")]
    [InlineData("moss cp: '--snapshot-path' of ossutil is not taken: sync compares", "cp", "-r", "a", "oss://some-bucket", "--snapshot-path=dir")]
    [InlineData("moss: 'cors' of ossutil is 'moss api put-bucket-cors'", "cors", "--method", "get", "oss://some-bucket")]
    public async Task A_slip_is_one_message_that_helps(string message, params string[] words)
    {
        var outcome = (await _shelf.RunAsync(words)).Exits(1).Says(message);
        Assert.Equal("", outcome.Output);
        Assert.Matches("--help' shows|docs/cli.md", outcome.Error);
    }

    [Fact]
    public async Task Version_and_help_are_data_and_no_word_at_all_is_a_mistake()
    {
        foreach (var word in new[] { "--version", "version" })
        {
            Assert.Matches(@"^moss \d+\.\d+\.\d+\n$", (await _shelf.RunAsync(word)).Succeeds().Output);
        }

        Assert.Contains("Move data:", (await _shelf.RunAsync("--help")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("Usage: moss cp source... destination [options]", (await _shelf.RunAsync("cp", "-h")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("Usage: moss admin user COMMAND", (await _shelf.RunAsync("help", "admin", "user")).Succeeds().Output, StringComparison.Ordinal);
        (await _shelf.RunAsync()).Exits(1);
    }

    static string Help(params string[] words)
    {
        using var output = new StringWriter();
        var root = Verbs.Root(Verbs.Find(words[0]), "0");
        Assert.Equal(0, root.Parse([.. words, "--help"]).Invoke(new() { Output = output }));
        return output.ToString();
    }

    // An example may stand in a pipe, write to a file, or end in a remark.
    static IReadOnlyList<string>? CommandOf(string example)
    {
        var at = example.IndexOf("moss ", StringComparison.Ordinal);
        var end = example.IndexOfAny(['|', '<', '>', ')'], at + 5);
        return at < 0 ? null : Shell.Split(example[(at + 5)..(end < 0 ? example.Length : end)]);
    }

    static bool Parses(IReadOnlyList<string> words) =>
        Verbs.Find(words[0]) is { } verb && CommandLineErrors.Describe(Verbs.Root(verb, "0").Parse(words)) is null;
}
