using System.CommandLine.Parsing;
using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>One rule: what the pattern matches takes part, or does not.</summary>
readonly record struct Rule(Pattern Pattern, bool Takes);

/// <summary>The options that make one list of rules, by their names.</summary>
/// <param name="Include">What matches takes part; what no rule matches then does not.</param>
/// <param name="Exclude">What matches takes no part.</param>
/// <param name="Filter"><c>+ PATTERN</c> or <c>- PATTERN</c>.</param>
/// <param name="IncludeFrom">A file of patterns to include; null where there is no such option.</param>
/// <param name="ExcludeFrom">A file of patterns to exclude.</param>
/// <param name="FilterFrom">A file of <c>+ PATTERN</c> and <c>- PATTERN</c>.</param>
sealed record RuleOptions(string Include, string Exclude, string Filter, string? IncludeFrom, string? ExcludeFrom, string FilterFrom);

/// <summary>
/// Rules in the order of the command line, files of rules where they stand in it. The first that matches decides. What none matches takes
/// part, unless something was included.
/// </summary>
sealed class RuleList
{
    static readonly Lazy<string[]> StandardInput = new(static () => [.. NameList.Tidy("-")]);

    readonly List<Rule> _rules;
    readonly bool _takesRest;

    public RuleList(IEnumerable<Rule> rules, bool takesRest)
    {
        _rules = [.. rules];
        _takesRest = takesRest;
    }

    public bool IsEmpty => _rules.Count == 0;

    public IReadOnlyList<Rule> Rules => _rules;

    /// <param name="options">The names of the options.</param>
    /// <param name="parse">What a text of the command line or of a file is a pattern of.</param>
    /// <exception cref="UsageException">A rule or a pattern makes no sense.</exception>
    /// <exception cref="FailedException">A file of rules is not there.</exception>
    public static RuleList Read(Invocation invocation, RuleOptions options, Func<string, Pattern> parse)
    {
        var (rules, includes) = (new List<Rule>(), false);
        // The parser keeps the values of each option together; which came first, only the tokens know.
        for (var i = 0; i + 1 < invocation.Tokens.Count; i++)
        {
            if (invocation.Tokens[i].Type != TokenType.Option)
            {
                continue;
            }

            var (name, value) = (invocation.Tokens[i].Value, invocation.Tokens[i + 1].Value);
            includes |= name == options.Include || name == options.IncludeFrom;
            rules.AddRange(
                name == options.Include ? [new(parse(value), true)]
                : name == options.Exclude ? [new(parse(value), false)]
                : name == options.Filter ? [Signed(name, value, parse)]
                : name == options.IncludeFrom ? Lines(value).Select(line => new Rule(parse(line), true))
                : name == options.ExcludeFrom ? Lines(value).Select(line => new Rule(parse(line), false))
                : name == options.FilterFrom ? Lines(value).Select(line => Signed(name, line, parse))
                : []);
        }

        return new(rules, !includes);
    }

    /// <summary>Whether what has these texts takes part: a rule matches when one of them does.</summary>
    public bool Takes(params ReadOnlySpan<string> texts)
    {
        foreach (var rule in _rules)
        {
            foreach (var text in texts)
            {
                if (rule.Pattern.Matches(text))
                {
                    return rule.Takes;
                }
            }
        }

        return _takesRest;
    }

    // A verb with several addresses reads its rules for each; stdin can be read once.
    static IEnumerable<string> Lines(string path) => path == "-" ? StandardInput.Value : NameList.Tidy(path);

    static Rule Signed(string option, string rule, Func<string, Pattern> parse) =>
        rule is ['+' or '-', ' ', .. var pattern] && pattern.Trim() is { Length: > 0 } text
            ? new(parse(text), rule[0] == '+')
            : throw new UsageException($"{option} '{rule}' is not valid: a rule is '+ PATTERN' or '- PATTERN'");
}
