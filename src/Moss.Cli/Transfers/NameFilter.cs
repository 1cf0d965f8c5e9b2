using System.CommandLine;
using System.CommandLine.Parsing;
using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>
/// Which of the items found take part. Patterns are tried in the order of the command line and the last that matches decides; what none
/// matches takes part unless the first pattern is an <c>--include</c>.
/// </summary>
sealed class NameFilter
{
    public static readonly Option<string[]> Include = Options.Texts(
        "--include", "PATTERN", "Take what matches: * and ? and [a-z]; with a / in it the whole relative name, else the last part. Repeatable, the last match decides.");

    public static readonly Option<string[]> Exclude = Options.Texts("--exclude", "PATTERN", "Leave out what matches. Repeatable.");
    public static readonly Option<long?> MinSize = Options.Size("--min-size", "Leave out what is smaller.");
    public static readonly Option<long?> MaxSize = Options.Size("--max-size", "Leave out what is larger.");
    public static readonly Option<TimeSpan?> MinAge = Options.Duration("--min-age", "Leave out what changed within this time.");
    public static readonly Option<TimeSpan?> MaxAge = Options.Duration("--max-age", "Leave out what did not change within this time.");

    public static readonly Option[] All = [Include, Exclude, MinSize, MaxSize, MinAge, MaxAge];

    readonly List<(string Pattern, bool Takes)> _patterns;
    readonly long _minSize;
    readonly long _maxSize;
    readonly DateTimeOffset _notAfter;
    readonly DateTimeOffset _notBefore;

    public NameFilter(IEnumerable<(string Pattern, bool Takes)> patterns, long minSize, long maxSize, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        _patterns = [.. patterns];
        (_minSize, _maxSize, _notBefore, _notAfter) = (minSize, maxSize, notBefore, notAfter);
    }

    public static NameFilter Read(Invocation invocation)
    {
        var now = Invocation.Time.GetUtcNow();
        return new(
            Ordered(invocation.Tokens),
            invocation.Get(MinSize) ?? 0,
            invocation.Get(MaxSize) ?? long.MaxValue,
            invocation.Get(MaxAge) is { } oldest ? now - oldest : DateTimeOffset.MinValue,
            invocation.Get(MinAge) is { } youngest ? now - youngest : DateTimeOffset.MaxValue);
    }

    /// <param name="name">Relative to where the search began, with <c>/</c>.</param>
    public bool Takes(string name, long? size, DateTimeOffset? changed)
    {
        if (size < _minSize || size > _maxSize || changed < _notBefore || changed > _notAfter)
        {
            return false;
        }

        for (var i = _patterns.Count - 1; i >= 0; i--)
        {
            var (pattern, takes) = _patterns[i];
            var subject = pattern.Contains('/', StringComparison.Ordinal) ? name : name[(name.TrimEnd('/').LastIndexOf('/') + 1)..];
            if (Glob.Matches(pattern, subject))
            {
                return takes;
            }
        }

        return _patterns is not [(_, true), ..];
    }

    // The parser keeps the values of each option together; which came first, only the tokens know.
    static IEnumerable<(string Pattern, bool Takes)> Ordered(IReadOnlyList<Token> tokens)
    {
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            if (tokens[i].Type == TokenType.Option && tokens[i].Value is "--include" or "--exclude")
            {
                yield return (tokens[i + 1].Value, tokens[i].Value == "--include");
            }
        }
    }
}

/// <summary>Patterns of names: <c>*</c> any run of characters, <c>?</c> any one, <c>[a-z]</c> and <c>[!a-z]</c> one of a set.</summary>
static class Glob
{
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        // Where the last * stands and how much it swallows; on a mismatch it swallows one more.
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && One(pattern, text[t], p) is var next and > 0)
            {
                p = next;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    // The place behind what matches one character, or 0.
    static int One(ReadOnlySpan<char> pattern, char c, int at)
    {
        switch (pattern[at])
        {
            case '?':
                return at + 1;
            case '\\' when at + 1 < pattern.Length:
                return pattern[at + 1] == c ? at + 2 : 0;
            case '[' when pattern[(at + 1)..].IndexOf(']') is var length and > 0:
                var set = pattern.Slice(at + 1, length);
                var negated = set[0] is '!' or '^';
                return InSet(negated ? set[1..] : set, c) != negated ? at + length + 2 : 0;
            default:
                return pattern[at] == c ? at + 1 : 0;
        }
    }

    static bool InSet(ReadOnlySpan<char> set, char c)
    {
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                if (c >= set[i] && c <= set[i + 2])
                {
                    return true;
                }

                i += 2;
            }
            else if (set[i] == c)
            {
                return true;
            }
        }

        return false;
    }
}
