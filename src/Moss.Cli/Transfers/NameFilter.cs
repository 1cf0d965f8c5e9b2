using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>Which of the names found take part, by themselves, by size and by time.</summary>
sealed class NameFilter(RuleList rules, long minSize, long maxSize, DateTimeOffset notBefore, DateTimeOffset notAfter)
{
    public static readonly Option<string[]> Include = Options.Texts(
        "--include", "PATTERN", "Take what matches, and nothing else: * and ** and ? and [a-z] and {a,b}; /a/* begins where the search does. Repeatable; the first rule that matches decides.");

    public static readonly Option<string[]> Exclude = Options.Texts("--exclude", "PATTERN", "Leave out what matches. Repeatable.");
    public static readonly Option<string[]> Filter = Options.Texts("--filter", "RULE", "'+ PATTERN' takes what matches, '- PATTERN' leaves it out. Repeatable.");
    public static readonly Option<string[]> IncludeFrom = Options.Texts("--include-from", "FILE", "Patterns to take, one a line; # and ; begin remarks. Repeatable.");
    public static readonly Option<string[]> ExcludeFrom = Options.Texts("--exclude-from", "FILE", "Patterns to leave out, one a line. Repeatable.");
    public static readonly Option<string[]> FilterFrom = Options.Texts("--filter-from", "FILE", "Rules of --filter, one a line. Repeatable.");
    public static readonly Option<long?> MinSize = Options.Size("--min-size", "Leave out what is smaller.");
    public static readonly Option<long?> MaxSize = Options.Size("--max-size", "Leave out what is larger.");
    public static readonly Option<TimeSpan?> MinAge = Options.Duration("--min-age", "Leave out what changed within this time.");
    public static readonly Option<TimeSpan?> MaxAge = Options.Duration("--max-age", "Leave out what did not change within this time.");
    public static readonly Option<DateTimeOffset?> MinTime = Options.Time("--min-mtime", "Leave out what changed last before this time.", "--start-time");
    public static readonly Option<DateTimeOffset?> MaxTime = Options.Time("--max-mtime", "Leave out what changed last after this time.", "--end-time");

    static readonly RuleOptions Names = new(Include.Name, Exclude.Name, Filter.Name, IncludeFrom.Name, ExcludeFrom.Name, FilterFrom.Name);

    public static readonly Option[] All = [Include, Exclude, Filter, IncludeFrom, ExcludeFrom, FilterFrom, MinSize, MaxSize, MinAge, MaxAge, MinTime, MaxTime];

    /// <summary>Whether size or time count, not only names.</summary>
    public bool HasLimits => HasSizes || notBefore > DateTimeOffset.MinValue || notAfter < DateTimeOffset.MaxValue;

    public bool HasSizes => minSize > 0 || maxSize < long.MaxValue;

    public static NameFilter Read(Invocation invocation)
    {
        var now = Invocation.Time.GetUtcNow();
        var oldest = invocation.Get(MaxAge) is { } most ? now - most : DateTimeOffset.MinValue;
        var youngest = invocation.Get(MinAge) is { } least ? now - least : DateTimeOffset.MaxValue;
        var (first, last) = (invocation.Get(MinTime) ?? DateTimeOffset.MinValue, invocation.Get(MaxTime) ?? DateTimeOffset.MaxValue);
        return new(
            RuleList.Read(invocation, Names, Pattern.OfName),
            invocation.Get(MinSize) ?? 0,
            invocation.Get(MaxSize) ?? long.MaxValue,
            oldest > first ? oldest : first,
            youngest < last ? youngest : last);
    }

    /// <param name="name">Relative to where the search began, with <c>/</c>.</param>
    public bool Takes(string name, long? size, DateTimeOffset? changed) => TakesName(name) && TakesSizeAndTime(size, changed);

    public bool TakesName(string name) => rules.Takes(name);

    /// <summary>What is not known leaves nothing out.</summary>
    public bool TakesSizeAndTime(long? size, DateTimeOffset? changed) => !(size < minSize || size > maxSize || changed < notBefore || changed > notAfter);
}
