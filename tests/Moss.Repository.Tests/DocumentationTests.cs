using System.Text.RegularExpressions;

namespace Moss.Repository.Tests;

/// <summary>What the documentation says exists.</summary>
public sealed partial class DocumentationTests
{
    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)(?:#[^)]*)?\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex Link { get; }

    [GeneratedRegex(@"```sh\n(?<commands>.*?)```", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    static partial Regex ShellBlock { get; }

    [GeneratedRegex(@"`(?<name>\w+Tests)`", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex TestName { get; }

    [GeneratedRegex(@"\bclass (?<name>\w+Tests)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex TestClass { get; }

    public static TheoryData<string> Pages() =>
        [.. Repository.Files().Where(file => file.EndsWith(".md", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_that_exist(string page)
    {
        var folder = Path.GetDirectoryName(page)!;
        var broken = Link.Matches(Repository.Read(page))
            .Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Repository.Exists(Path.Combine(folder, target)));
        Assert.Empty(broken);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    public void Commands_name_scripts_and_projects_that_exist(string page)
    {
        var commands = ShellBlock.Matches(Repository.Read(page))
            .SelectMany(block => block.Groups["commands"].Value.Split('\n'))
            .Select(line => line.Split(" #")[0].Trim())
            .Where(line => line.Length > 0)
            .ToList();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            var words = command.Split(' ');
            var target = words[0] switch
            {
                "dotnet" => words[Array.IndexOf(words, "--project") + 1],
                "moss" => $"src/Moss.Cli/Commands/{string.Concat(words[1].Split('-').Select(static part => char.ToUpperInvariant(part[0]) + part[1..]))}Command.cs",
                _ => words[0],
            };
            Assert.True(Repository.Exists(target), $"{page}: `{command}` names {target}, which does not exist.");
        }
    }

    [Theory]
    [InlineData("eng/test")]
    [InlineData("eng/publish")]
    [InlineData("eng/postgres")]
    [InlineData("eng/compat")]
    [InlineData("eng/crash")]
    [InlineData("eng/bench")]
    [InlineData("eng/fuzz")]
    [InlineData(".ci/run")]
    public void Scripts_can_be_executed(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps no execute bit in the tree.");
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(File.GetUnixFileMode(Path.Combine(Repository.Root, script)).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public void Readme_starts_with_the_two_commands_that_run_and_test()
    {
        var first = ShellBlock.Matches(Repository.Read("README.md")).Take(2).Select(block => block.Groups["commands"].Value.Trim());
        Assert.Equal(["dotnet run -c Release --project src/Moss.Cli -- serve", "eng/test"], first);
    }

    [Fact]
    public void Every_test_that_the_security_page_names_is_there()
    {
        var named = TestName.Matches(Repository.Read("docs/security.md")).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(named);
        var classes = Repository.Files()
            .Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(file => TestClass.Matches(Repository.Read(file)).Select(match => match.Groups["name"].Value));
        Assert.Empty(named.Except(classes));
    }

    [Fact]
    public void Decisions_have_a_number_each()
    {
        var numbers = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "decisions"), "*.md")
            .Select(file => Path.GetFileName(file)[..4]);
        Assert.NotEmpty(numbers);
        Assert.All(numbers, number => Assert.Matches("^[0-9]{4}$", number));
        Assert.Equal(numbers.Distinct(StringComparer.Ordinal), numbers);
    }
}
