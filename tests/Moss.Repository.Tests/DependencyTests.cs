using System.Xml.Linq;

namespace Moss.Repository.Tests;

/// <summary>Dependencies are earned: each has a line that says why, and none is declared without being used.</summary>
public sealed class DependencyTests
{
    static IEnumerable<string> Declared() =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion").Select(package => (string)package.Attribute("Include")!);

    [Fact]
    public void Every_package_has_a_line_in_the_dependencies_page()
    {
        var page = Repository.Read("docs/dependencies.md");
        var missing = Declared().Where(package => !page.Contains($"| `{package}` |", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_dependencies_page_names_no_package_that_is_gone()
    {
        var nuget = Repository.Read("docs/dependencies.md").Split("## Outside NuGet")[0];
        var named = nuget.Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);
        Assert.Empty(named.Except(Declared()));
    }

    [Fact]
    public void Versions_stand_in_the_central_file_only()
    {
        var offenders =
            from file in Repository.Files()
            where file.EndsWith(".csproj", StringComparison.Ordinal) || file.EndsWith(".props", StringComparison.Ordinal)
            where file != "Directory.Packages.props"
            from reference in XDocument.Load(Path.Combine(Repository.Root, file)).Descendants("PackageReference")
            where reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null
            select $"{file}: {(string)reference.Attribute("Include")!}";
        Assert.Empty(offenders);
    }
}
