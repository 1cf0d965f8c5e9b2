using Moss.Cli.Commands;
using Moss.Cli.Frame;
using Moss.Cli.Transfers;

namespace Moss.Cli.Tests;

public sealed class FrameTests
{
    [Theory]
    [InlineData("*.jpg", "a.jpg", true)]
    [InlineData("*.jpg", "x/y/a.jpg", true)]
    [InlineData("*.jpg", "a.jpeg", false)]
    [InlineData("/*.jpg", "x/a.jpg", false)]
    [InlineData("/a/*.txt", "a/b/c.txt", false)]
    [InlineData("/a/**.txt", "a/b/c.txt", true)]
    [InlineData("a/*/c", "a/b/c", true)]
    [InlineData("a/*/c", "a/b/x/c", false)]
    [InlineData("b/c", "a/b/c", true)]
    [InlineData("b/c", "ab/c", false)]
    [InlineData("tmp/", "x/tmp/y/z", true)]
    [InlineData("tmp/", "tmp", false)]
    [InlineData("*.{jpg,png}", "a.png", true)]
    [InlineData("?[a-c]*", "xb", true)]
    [InlineData("?[!a-c]*", "xb", false)]
    [InlineData("[!a]b", "/b", false)]
    [InlineData("[]]", "]", true)]
    [InlineData(@"\*[\]", @"*\", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("**", "any/thing", true)]
    [InlineData("*", "a\n", true)]
    public void Patterns_match_as_they_say(string pattern, string name, bool matches) => Assert.Equal(matches, Pattern.OfName(pattern).Matches(name));

    [Theory]
    [InlineData("***")]
    [InlineData("[a")]
    [InlineData("[]")]
    [InlineData("{a,b")]
    [InlineData("[z-a]")]
    public void A_pattern_that_makes_no_sense_is_refused(string pattern) =>
        Assert.Contains($"'{pattern}'", Assert.Throws<UsageException>(() => Pattern.OfName(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_first_rule_that_matches_decides_and_an_include_leaves_out_the_rest()
    {
        var only = new RuleList([new(Pattern.OfName("*.jpg"), true)], takesRest: false);
        Assert.True(only.Takes("x/a.jpg"));
        Assert.False(only.Takes("x/a.png"));
        var most = new NameFilter(
            new([new(Pattern.OfName("*.keep"), true), new(Pattern.OfName("tmp/*"), false)], takesRest: true), 0, 10, DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        Assert.True(most.Takes("a", 10, null));
        Assert.False(most.Takes("a", 11, null));
        Assert.False(most.Takes("tmp/a", 1, null));
        Assert.True(most.Takes("tmp/a.keep", 1, null));
    }

    [Theory]
    [InlineData("2026-11-22", "2026-11-22T00:00:00Z")]
    [InlineData("2026-11-22T17:08:00", "2026-11-22T17:08:00Z")]
    [InlineData("2026-11-22T17:08:00Z", "2026-11-22T17:08:00Z")]
    [InlineData("2026-11-22T17:08:00+08:00", "2026-11-22T09:08:00Z")]
    [InlineData("1700000000", "2023-11-14T22:13:20Z")]
    public void Moments_are_read(string text, string expected)
    {
        Assert.True(Quantities.TryParseTime(text, out var time));
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), time);
        Assert.False(Quantities.TryParseTime("x" + text, out _));
    }

    [Theory]
    [InlineData("1M", 30 * 86400)]
    [InlineData("1m", 60)]
    [InlineData("1y", 365 * 86400)]
    [InlineData("1.5d", 129600)]
    public void Durations_are_read(string text, int seconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
    }

    [Theory]
    [InlineData("512", 512)]
    [InlineData("1Ki", 1024)]
    [InlineData("1.5M", 1572864)]
    [InlineData("1GB", 1073741824)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out var read));
        Assert.Equal(bytes, read);
        Assert.False(Quantities.TryParseSize("x" + text, out _));
    }

    [Fact]
    public void Both_generations_of_the_configuration_are_read()
    {
        var config = ConfigFile.Parse("""
            [Credentials]
            accessKeyID = one
            accessKeySecret=two
            endpoint=http://first
            [Bucket-Endpoint]
            special=http://special
            [profile cloud]
            source_profile=default
            access-key-id=three
            """);
        Assert.Equal("one", config.Profile(null).Get("access-key-id"));
        Assert.Equal("http://special", config.Bucket(config.Profile(null), "special")?.Endpoint);
        Assert.Equal("three", config.Profile("cloud").Get("access_key_id"));
        Assert.Equal("two", config.Profile("cloud").Get("access-key-secret"));
        Assert.Throws<UsageException>(() => config.Profile("clout"));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    public void No_key_leaves_the_directory(string key) => Assert.Throws<IOException>(() => LocalPath.Below("/tmp/x", key));

    [Fact]
    public void What_of_ossutil_is_not_taken_is_in_the_docs_and_is_not_taken()
    {
        var rows = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "cli.md"))
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(static line => line.Trim('|', ' ').Split(" | "))
            .ToDictionary(static cells => cells[0].Trim('`'), static cells => cells[1], StringComparer.Ordinal);
        Assert.Equal(Unserved.Options.Concat(Unserved.Verbs).OrderBy(static pair => pair.Key, StringComparer.Ordinal), rows.OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        var taken = Verbs.All.SelectMany(static verb => verb.ToCommand().Options).Concat(GlobalOptions.All).SelectMany(static option => option.Aliases.Append(option.Name));
        Assert.Empty(taken.Intersect(Unserved.Options.Keys, StringComparer.Ordinal));
        Assert.Empty(Verbs.Words.Intersect(Unserved.Verbs.Keys, StringComparer.Ordinal));
    }

    [Fact]
    public void Every_call_that_does_a_verb_of_ossutil_is_in_the_operation_table()
    {
        var calls = Unserved.Verbs.Values.Where(static text => text.StartsWith("'moss api ", StringComparison.Ordinal))
            .SelectMany(static text => text["'moss api ".Length..].Split(", "))
            .Select(static call => call.Trim('\''));
        Assert.Empty(calls.Except(ApiCommand.Operations, StringComparer.Ordinal));
    }

    [Fact]
    public void A_mistyped_word_is_recognised() => Assert.Equal("; did you mean 'ls'?", Suggestions.DidYouMean("lss", ["ls", "rm", "serve"]));

    [Fact]
    public void What_the_shell_is_shown_it_reads_back() =>
        Assert.Equal(["cp", "it's here", "oss://b/ü", ""], Shell.Split(Shell.Join(["cp", "it's here", "oss://b/ü", ""])));

    [Fact]
    public void Ranges_are_read()
    {
        Assert.Equal((0L, 500L), CatCommand.ParseRange("0-499"));
        Assert.Equal((500L, null), CatCommand.ParseRange("bytes=500-"));
        Assert.Equal((null, 500L), CatCommand.ParseRange("-500"));
        Assert.Throws<UsageException>(() => CatCommand.ParseRange("5-4"));
    }
}
