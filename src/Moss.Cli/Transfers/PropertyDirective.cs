using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Client;

namespace Moss.Cli.Transfers;

/// <summary>What becomes of metadata or tags that are there already.</summary>
enum PropertyDirective
{
    /// <summary>They stay as they are.</summary>
    Keep,

    /// <summary>What is named is set, the rest stays.</summary>
    Update,

    /// <summary>What is named is set, the rest goes.</summary>
    Replace,

    /// <summary>Everything goes.</summary>
    Purge,

    /// <summary>What is named goes, the rest stays.</summary>
    Delete,
}

/// <summary>Properties as they are, and as a directive makes them.</summary>
static class Directives
{
    static readonly string[] Words = ["replace", "update", "purge", "delete"];

    public static Option<string?> OfMetadata() => Options.Word(
        "--metadata-directive", "What becomes of the metadata: set what is named and keep the rest (update, so without it), or drop the rest (replace), drop all (purge), drop what is named (delete).", Words);

    public static Option<string?> OfTags() => Options.Word("--tagging-directive", "The same for tags.", Words);

    /// <param name="option">The option that says the directive.</param>
    /// <param name="word">What it says; null when it was not given.</param>
    /// <param name="isNamed">Whether anything is named.</param>
    /// <param name="what">What can be named, for the message.</param>
    /// <exception cref="UsageException">The one does not go with the other.</exception>
    public static PropertyDirective Read(Option option, string? word, bool isNamed, string what)
    {
        var directive = word?.ToUpperInvariant() switch
        {
            null => isNamed ? PropertyDirective.Update : PropertyDirective.Keep,
            "UPDATE" => PropertyDirective.Update,
            "REPLACE" => PropertyDirective.Replace,
            "PURGE" => PropertyDirective.Purge,
            _ => PropertyDirective.Delete,
        };
        return directive == PropertyDirective.Purge && isNamed ? throw new UsageException($"{option.Name} purge drops all: it goes with no {what}")
            : directive is not (PropertyDirective.Keep or PropertyDirective.Purge) && !isNamed ? throw new UsageException($"{option.Name} {word}: say which, with {what}")
            : directive;
    }

    /// <summary>The metadata of an object after a directive; everything else as it was.</summary>
    public static ObjectProperties Metadata(this PropertyDirective directive, ObjectProperties now, ObjectProperties named)
    {
        string? Header(string? before, string? said) => directive switch
        {
            PropertyDirective.Keep => before,
            PropertyDirective.Update => said ?? before,
            PropertyDirective.Replace => said,
            PropertyDirective.Delete => said is null ? before : null,
            _ => null,
        };
        return now with
        {
            ContentType = Header(now.ContentType, named.ContentType),
            CacheControl = Header(now.CacheControl, named.CacheControl),
            ContentDisposition = Header(now.ContentDisposition, named.ContentDisposition),
            ContentEncoding = Header(now.ContentEncoding, named.ContentEncoding),
            ContentLanguage = Header(now.ContentLanguage, named.ContentLanguage),
            Expires = Header(now.Expires, named.Expires),
            UserMetadata = directive.Apply(now.UserMetadata, named.UserMetadata),
        };
    }

    /// <summary>Names and values after a directive.</summary>
    public static IReadOnlyDictionary<string, string> Apply(
        this PropertyDirective directive, IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string> named) => directive switch
        {
            PropertyDirective.Keep => now,
            PropertyDirective.Replace => named,
            PropertyDirective.Purge => new Dictionary<string, string>(StringComparer.Ordinal),
            PropertyDirective.Delete => now.Where(pair => !named.ContainsKey(pair.Key)).ToDictionary(StringComparer.Ordinal),
            _ => now.Where(pair => !named.ContainsKey(pair.Key)).Concat(named).ToDictionary(StringComparer.Ordinal),
        };
}
