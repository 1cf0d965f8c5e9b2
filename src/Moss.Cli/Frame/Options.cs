using System.CommandLine;
using Moss.Protocol.Names;

namespace Moss.Cli.Frame;

/// <summary>Makers of options whose values are checked while the command line is read.</summary>
static class Options
{
    public static Option<string?> Text(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value };

    public static Option<string[]> Texts(string name, string value, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore, DefaultValueFactory = static _ => [] };

    public static Option<bool> Flag(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    public static Option<string?> Word(string name, string description, string[] words, params string[] aliases)
    {
        var option = Text(name, string.Join('|', words), description, aliases);
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !words.Contains(token.Value, StringComparer.OrdinalIgnoreCase)))
            {
                result.AddError($"{name} '{token.Value}' is not valid: it takes {string.Join(", ", words)}");
            }
        });
        return option;
    }

    public static Option<long?> Size(string name, string description, params string[] aliases) =>
        Parsed(name, "SIZE", description, "a size such as 512Ki, 10Mi or 1Gi", static text => Quantities.TryParseSize(text, out var bytes) ? bytes : (long?)null, aliases);

    public static Option<long?> Number(string name, string description, long least, long most, params string[] aliases) =>
        Parsed(
            name,
            "N",
            description,
            $"a whole number from {least} to {most}",
            text => long.TryParse(text, out var number) && number >= least && number <= most ? number : (long?)null,
            aliases);

    public static Option<TimeSpan?> Duration(string name, string description, params string[] aliases) =>
        Parsed(
            name,
            "TIME",
            description,
            "a time such as 500ms, 10s, 5m, 2h or 7d",
            static text => Quantities.TryParseDuration(text, out var time) ? time : (TimeSpan?)null,
            aliases);

    /// <summary>A moment in UTC; ossutil 1's options of other names take seconds since 1970.</summary>
    public static Option<DateTimeOffset?> Time(string name, string description, params string[] aliases) =>
        Parsed(
            name,
            "TIME",
            description,
            "a time in UTC such as 2026-11-22 or 2026-11-22T17:08:00",
            static text => Quantities.TryParseTime(text, out var time) ? time : (DateTimeOffset?)null,
            aliases);

    public static Option<Acl?> Acl(params string[] aliases) =>
        Parsed(
            "--acl",
            "ACL",
            "Who may do what: default, private, public-read or public-read-write.",
            "default, private, public-read or public-read-write",
            static text => WireWords.TryParseAcl(text, out var acl) ? acl : (Acl?)null,
            aliases);

    public static Option<StorageClass?> StorageClass() =>
        Parsed(
            "--storage-class",
            "CLASS",
            "Standard, IA, Archive, ColdArchive or DeepColdArchive.",
            "Standard, IA, Archive, ColdArchive or DeepColdArchive",
            static text => WireWords.TryParseStorageClass(text, out var kind) ? kind : (StorageClass?)null);

    /// <summary>An option whose text is turned into a value, or refused with what it takes.</summary>
    public static Option<T?> Parsed<T>(string name, string value, string description, string wanted, Func<string, T?> parse, params string[] aliases)
        where T : struct => new(name, aliases)
        {
            Description = description,
            HelpName = value,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var text = result.Tokens[^1].Value;
                if (parse(text) is { } parsed)
                {
                    return parsed;
                }

                result.AddError($"{name} '{text}' is not valid: it takes {wanted}");
                return null;
            },
        };

    public static Argument<string> Argument(string name, string description) => new(name) { Description = description };

    public static Argument<string?> OptionalArgument(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    public static Argument<string[]> Arguments(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>Whether an option stands on the command line.</summary>
    public static bool Has(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };
}
