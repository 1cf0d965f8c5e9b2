namespace Moss.Repository.Tests;

/// <summary>The foreign clients run one list, so none of them may have scenarios of its own or miss one. The browser has its own part of it.</summary>
public sealed class CompatScenarioTests
{
    static IReadOnlyList<string> Names() =>
        [.. Repository.Read("tests/Moss.Compat/scenarios.txt").Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('|')[0].Trim())];

    [Fact]
    public void Each_scenario_is_listed_once()
    {
        Assert.Equal(Names().Distinct(StringComparer.Ordinal), Names());
    }

    [Theory]
    [InlineData("node", "*.mjs", "'{0}'")]
    [InlineData("go", "*.go", "\"{0}\"")]
    [InlineData("browser", "*.mjs", "'{0}'")]
    public void Each_program_implements_every_scenario(string program, string pattern, string literal)
    {
        var sources = string.Concat(Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests", "Moss.Compat", program), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        var names = Names().Where(name => name.StartsWith("browser.", StringComparison.Ordinal) == (program == "browser")).ToList();
        Assert.NotEmpty(names);
        var missing = names.Where(name => !sources.Contains(string.Format(literal, name), StringComparison.Ordinal));
        Assert.Empty(missing);
    }
}
