using Moss.Server.AccessControl.Policies;

namespace Moss.Server.Tests.AccessControl;

public sealed class PolicyConditionTests
{
    [Theory]
    [InlineData("StringEquals", "a", "a", true)]
    [InlineData("StringEquals", "a", "A", false)]
    [InlineData("StringNotEquals", "a", "A", true)]
    [InlineData("StringNotEquals", "a", "a", false)]
    [InlineData("StringEqualsIgnoreCase", "a", "A", true)]
    [InlineData("StringNotEqualsIgnoreCase", "a", "A", false)]
    [InlineData("StringLike", "user/*", "user/1", true)]
    [InlineData("StringLike", "user/?", "user/12", false)]
    [InlineData("StringNotLike", "user/*", "user/1", false)]
    [InlineData("StringNotLike", "user/*", "x", true)]
    [InlineData("NumericEquals", "10", "10.0", true)]
    [InlineData("NumericEquals", "10", "ten", false)]
    [InlineData("NumericNotEquals", "10", "11", true)]
    [InlineData("NumericLessThan", "10", "9", true)]
    [InlineData("NumericLessThan", "10", "10", false)]
    [InlineData("NumericLessThanEquals", "10", "10", true)]
    [InlineData("NumericGreaterThan", "10", "10", false)]
    [InlineData("NumericGreaterThanEquals", "-1.5", "-1.5", true)]
    [InlineData("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00+08:00", true)]
    [InlineData("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", true)]
    [InlineData("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999Z", true)]
    [InlineData("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", false)]
    [InlineData("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", true)]
    [InlineData("DateGreaterThan", "2026-01-01", "2026-01-01T00:00:01Z", true)]
    [InlineData("DateGreaterThanEquals", "2026-01-01T00:00:00.500Z", "2026-01-01T00:00:00.500Z", true)]
    [InlineData("Bool", "true", "true", true)]
    [InlineData("Bool", "true", "false", false)]
    [InlineData("IpAddress", "10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("IpAddress", "10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("IpAddress", "192.168.1.1", "192.168.1.1", true)]
    [InlineData("IpAddress", "192.168.1.128/25", "192.168.1.127", false)]
    [InlineData("IpAddress", "192.168.*.7", "192.168.3.7", true)]
    [InlineData("IpAddress", "*", "2001:db8::1", true)]
    [InlineData("IpAddress", "2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("IpAddress", "2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("IpAddress", "10.0.0.0/8", "not an address", false)]
    [InlineData("NotIpAddress", "10.0.0.0/8", "11.0.0.1", true)]
    [InlineData("NotIpAddress", "10.0.0.0/8", "10.0.0.1", false)]
    [InlineData("IpAddressIncludeBorder", "10.0.0.0/24", "10.0.0.255", true)]
    public void An_operator_compares_as_documented(string name, string value, string actual, bool holds) =>
        Assert.Equal(holds, PolicyCondition.Create(name, "k", [value], out _)!.Holds(actual));

    [Theory]
    [InlineData("StringEquals", "x", false)]
    [InlineData("StringNotEquals", "x", true)]
    [InlineData("StringNotLike", "x*", true)]
    [InlineData("NumericNotEquals", "1", true)]
    [InlineData("DateNotEquals", "2026-01-01", true)]
    [InlineData("NotIpAddress", "10.0.0.0/8", true)]
    [InlineData("IpAddress", "*", false)]
    [InlineData("Bool", "false", false)]
    public void An_absent_key_holds_for_the_negated_operators_alone(string name, string value, bool holds) =>
        Assert.Equal(holds, PolicyCondition.Create(name, "k", [value], out _)!.Holds(actual: null));

    [Theory]
    [InlineData(true, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/32")]
    [InlineData(true, "10.0.0.0/8", "10.0.0.0/8")]
    [InlineData(true, "203.0.113.7", "2001:db8::1")]
    [InlineData(false, "10.0.0.0/7")]
    [InlineData(false, "10.0.0.0/8", "11.0.0.0/8")]
    [InlineData(false, "2001:db8::/32", "2001:db9::/32")]
    [InlineData(false, "10.0.0.1", "*")]
    public void A_list_of_addresses_names_its_source_unless_it_is_all_together_a_great_part_of_all(bool names, params string[] values) =>
        Assert.Equal(names, PolicyCondition.Create("IpAddress", "acs:SourceIp", values, out _)!.NamesItsSource);

    [Fact]
    public void An_enumeration_of_all_addresses_names_nobody() =>
        Assert.False(PolicyCondition.Create("IpAddress", "acs:SourceIp", [.. Enumerable.Range(0, 256).Select(first => $"{first}.0.0.0/8")], out _)!.NamesItsSource);

    [Fact]
    public void Values_are_alternatives_and_for_a_negated_operator_none_may_match()
    {
        Assert.True(PolicyCondition.Create("StringEquals", "k", ["a", "b"], out _)!.Holds("b"));
        Assert.False(PolicyCondition.Create("StringNotEquals", "k", ["a", "b"], out _)!.Holds("b"));
        Assert.True(PolicyCondition.Create("StringNotEquals", "k", ["a", "b"], out _)!.Holds("c"));
    }

    [Theory]
    [InlineData("StringEqual", "a")]
    [InlineData("NotStringEquals", "a")]
    [InlineData("BoolNot", "true")]
    [InlineData("NumericEquals", "ten")]
    [InlineData("NumericEquals", "1e400")]
    [InlineData("DateLessThan", "yesterday")]
    [InlineData("Bool", "yes")]
    [InlineData("IpAddress", "10.0.0.0/33")]
    [InlineData("IpAddress", "10")]
    [InlineData("IpAddress", "10.0.0.*x")]
    [InlineData("IpAddress", "host.example")]
    public void What_cannot_be_meant_is_refused(string name, string value)
    {
        Assert.Null(PolicyCondition.Create(name, "k", [value], out var problem));
        Assert.Contains(name, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("a*b*c", "aXbYc", true)]
    [InlineData("a*b*c", "abbc", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("*aab", "aaaab", true)]
    [InlineData("***a***", "bbabb", true)]
    [InlineData("?", "\U0001F600", true)]
    [InlineData("??", "\U0001F600", false)]
    [InlineData("a?c", "a/c", true)]
    [InlineData("A", "a", false)]
    public void A_pattern_matches_whole_texts(string pattern, string text, bool isMatch) =>
        Assert.Equal(isMatch, new WildcardPattern(pattern).Matches(text));

    [Fact]
    public void A_hostile_pattern_takes_no_more_than_the_product_of_the_lengths()
    {
        // With one way back for each star this would take longer than the universe has.
        var pattern = new WildcardPattern(string.Concat(Enumerable.Repeat("a*", 500)) + "b");

        Assert.False(pattern.Matches(new string('a', 10_000)));
    }
}
