using System.Text.RegularExpressions;

namespace Moss.Repository.Tests;

/// <summary>Nothing in the tree depends on one machine: a fresh clone anywhere is enough.</summary>
public sealed partial class TrackedFileTests
{
    // Written in pieces, so that this file does not find itself.
    [GeneratedRegex(@"(?<![\w.])/(?:work|root|opt/nuget)" + @"/|[A-Z]:\\Users\\|/home" + @"/[a-z]+/", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex MachinePath { get; }

    [GeneratedRegex(@"registry\.npm" + @"js|registry\.npm" + @"mirror|api\.nuget" + @"\.org|proxy\.golang" + @"\.org|deb\.debian" + @"\.org",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    static partial Regex RegistryHost { get; }

    [Fact]
    public void Text_names_no_machine_path_and_no_registry_host()
    {
        var offenders =
            from file in Repository.Files().Where(IsText)
            from line in Repository.Read(file).Split('\n').Select((text, index) => (Text: text, Number: index + 1))
            where MachinePath.IsMatch(line.Text) || RegistryHost.IsMatch(line.Text)
            select $"{file}:{line.Number}: {line.Text.Trim()}";
        Assert.Empty(offenders);
    }

    [Fact]
    public void No_build_output_and_no_installed_package_is_tracked()
    {
        var offenders = Repository.Files()
            .Where(file => file.Split('/').Any(part => part is "node_modules" or "artifacts" or "bin" or "obj" or "moss-data"));
        Assert.Empty(offenders);
    }

    static bool IsText(string file)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Repository.Root, file));
        return !bytes.AsSpan(0, Math.Min(bytes.Length, 8000)).Contains((byte)0);
    }
}
