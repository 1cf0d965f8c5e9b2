using Moss.Server.AccessControl.Policies;
using Moss.Tests;

namespace Moss.Server.Tests.AccessControl;

/// <summary>Two ways of matching that must always agree: trying, and the automaton that takes over where trying could take minutes.</summary>
public sealed class WildcardPatternTests
{
    [Fact]
    [Trait("Kind", "Fuzzing")]
    public void Trying_and_the_automaton_agree()
    {
        var seed = Fuzzing.Seed(64);
        var random = new Random(seed);
        string[] letters = ["a", "b", "A", "\u00e4", "\u00c4", "\ud83d\ude00"];
        var matches = 0;
        foreach (var round in Fuzzing.Rounds(20_000))
        {
            // Long runs of few letters, so that much matches, and lengths on both sides of a word's 64 bits.
            string Text(string[] alphabet, int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => alphabet[random.Next(random.Next(1, alphabet.Length + 1))]));
            var scale = random.Next(4) == 0 ? 150 : 12;
            var pattern = new WildcardPattern(Text([.. letters, "?", "*", "*"], scale), ignoreCase: random.Next(2) == 0);
            var text = random.Next(2) == 0 ? Text(letters, scale) : Fill(pattern.Text, () => Text(letters, 9), () => letters[random.Next(letters.Length)]);
            var expected = pattern.MatchesByTrying(text);
            matches += expected ? 1 : 0;
            Assert.Equal(expected, pattern.Matches(text));
            Assert.True(new WildcardAutomaton(pattern).Matches(text) == expected, $"seed {seed}, round {round}: '{pattern}' '{text}' should be {expected}");
        }

        Assert.True(matches > 1000, $"only {matches} matched");
    }

    /// <summary>By trying, this is eight thousand million steps.</summary>
    [Theory]
    [InlineData("b", false)]
    [InlineData("", true)]
    [InlineData("?", true)]
    public void A_long_pattern_on_a_long_text_is_matched_in_one_go(string end, bool expected) =>
        Assert.Equal(expected, new WildcardPattern($"*{new string('a', 90_000)}{end}").Matches(new string('a', 180_000)));

    static string Fill(string pattern, Func<string> some, Func<string> one) =>
        string.Concat(pattern.Select(c => c switch { '*' => some(), '?' => one(), _ => c.ToString() }));
}
