using System.Text;
using System.Text.RegularExpressions;
using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>
/// A pattern of names as ossutil 2 writes them: <c>*</c> any run of characters but <c>/</c>, <c>**</c> any run, <c>?</c> one character but
/// <c>/</c>, <c>[a-z]</c> and <c>[!a-z]</c> one of a set, <c>{a,b}</c> either, <c>\</c> takes the next as it is. With a <c>/</c> before it the
/// pattern begins where the search does, else at any <c>/</c>; with a <c>/</c> behind it, it stands for everything below.
/// </summary>
sealed class Pattern
{
    readonly Regex _regex;

    Pattern(string text, string head, bool starsStopAtSlash)
    {
        try
        {
            // Time that grows with the name alone, whatever the pattern.
            _regex = new(head + Translate(text, starsStopAtSlash) + @"\z", RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
        }
        catch (Exception problem) when (problem is FormatException or ArgumentException)
        {
            throw new UsageException($"the pattern '{text}' is not valid: {problem.Message}");
        }
    }

    /// <summary>A pattern of names relative to where the search began.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static Pattern OfName(string text)
    {
        var rest = text.StartsWith('/') ? text[1..] : text;
        return new(rest.EndsWith('/') ? rest + "**" : rest, text.StartsWith('/') ? @"\A" : @"(?:\A|/)", starsStopAtSlash: true);
    }

    /// <summary>A pattern of a whole text, in which <c>/</c> is a character like any other.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static Pattern OfText(string text) => new(text, @"\A", starsStopAtSlash: false);

    public bool Matches(string text) => _regex.IsMatch(text);

    static string Translate(string pattern, bool starsStopAtSlash)
    {
        var (one, regex, braces) = (starsStopAtSlash ? "[^/]" : ".", new StringBuilder(), 0);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    var stars = pattern.AsSpan(i).IndexOfAnyExcept('*') is var run and >= 0 ? run : pattern.Length - i;
                    regex.Append(stars == 1 ? one + "*" : stars == 2 ? ".*" : throw new FormatException("* stands alone or twice"));
                    i += stars - 1;
                    break;
                case '?':
                    regex.Append(one);
                    break;
                case '[':
                    var end = pattern.IndexOf(']', Math.Min(i + 2, pattern.Length));
                    regex.Append(end > 0 ? Set(pattern[(i + 1)..end]) : throw new FormatException("a [ lacks its ]"));
                    i = end;
                    break;
                case '{':
                    braces++;
                    regex.Append("(?:");
                    break;
                case ',' when braces > 0:
                    regex.Append('|');
                    break;
                case '}' when braces > 0:
                    braces--;
                    regex.Append(')');
                    break;
                case '\\' when i + 1 < pattern.Length:
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return braces == 0 ? regex.ToString() : throw new FormatException("a { lacks its }");
    }

    // What a set of regular expressions would take for more than itself is escaped; a set never is a slash.
    static string Set(string set)
    {
        var isNegated = set[0] is '!' or '^';
        var regex = new StringBuilder(isNegated ? "[^/" : "[");
        foreach (var c in isNegated ? set[1..] : set)
        {
            regex.Append(c is '\\' or '[' or ']' or '^' ? "\\" : "").Append(c);
        }

        return regex.Append(']').ToString();
    }
}
