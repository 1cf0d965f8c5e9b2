using System.Xml.Linq;

namespace Moss.Repository.Tests;

/// <summary>References point down only: the table of docs/ARCHITECTURE.md, held here.</summary>
public sealed class ProjectReferenceTests
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Moss.Protocol"] = [],
        ["Moss.Storage"] = ["Moss.Protocol"],
        ["Moss.Storage.Sql"] = ["Moss.Storage", "Moss.Protocol"],
        ["Moss.Storage.Files"] = ["Moss.Storage", "Moss.Protocol"],
        ["Moss.Storage.Rados"] = ["Moss.Storage", "Moss.Protocol"],
        ["Moss.Server"] = ["Moss.Protocol", "Moss.Storage", "Moss.Storage.Sql", "Moss.Storage.Files", "Moss.Storage.Rados"],
        ["Moss.Client"] = ["Moss.Protocol"],
        ["Moss.Cli"] = ["Moss.Client", "Moss.Server"],
    };

    static readonly string[] Engines = ["Moss.Storage.Sql", "Moss.Storage.Files", "Moss.Storage.Rados"];

    public static TheoryData<string> Products() => [.. ProjectFiles("src").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Products))]
    public void Product_references_only_what_the_table_allows(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no row in the table of allowed references.");
        Assert.Empty(ReferencesOf(Path.Combine(Repository.Root, "src", project, project + ".csproj")).Except(allowed));
    }

    [Fact]
    public void Server_names_the_engines_only_in_its_composition_root()
    {
        var offenders = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src", "Moss.Server"), "*.cs", SearchOption.AllDirectories)
            .Where(file => Engines.Any(engine => File.ReadAllText(file).Contains(engine, StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(Path.Combine(Repository.Root, "src", "Moss.Server"), file))
            .Where(file => !file.StartsWith("Hosting" + Path.DirectorySeparatorChar, StringComparison.Ordinal));
        Assert.Empty(offenders);
    }

    [Fact]
    public void Conformance_libraries_reference_the_one_project_whose_seam_they_specify()
    {
        foreach (var project in ProjectFiles("tests").Where(file => file.EndsWith(".Conformance.csproj", StringComparison.Ordinal)))
        {
            Assert.Single(ReferencesOf(project));
        }
    }

    [Fact]
    public void Solution_lists_every_project()
    {
        var listed = XDocument.Load(Path.Combine(Repository.Root, "Moss.slnx"))
            .Descendants("Project").Select(project => (string)project.Attribute("Path")!);
        var present = Repository.Files().Where(file => file.EndsWith(".csproj", StringComparison.Ordinal));
        Assert.Equal(present.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    static IEnumerable<string> ProjectFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories);

    static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Load(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));
}
