using System.Globalization;
using System.Reflection;

namespace Moss.Storage.Sql.Sessions;

/// <summary>The numbered steps of the schema, which stand in <c>Schema/NNNN-name.dialect.sql</c>.</summary>
static class Migrations
{
    /// <summary>Where the steps that were taken are written down.</summary>
    public const string CreateTable = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)";

    public const string SelectNewest = "SELECT MAX(number) FROM migration";

    public readonly record struct Migration(int Number, string Name, string Sql);

    /// <summary>The steps for a dialect that are still to be taken, in order.</summary>
    /// <param name="newest">The newest step that the database has; null when it is empty.</param>
    /// <exception cref="InvalidDataException">The database was made by a newer program.</exception>
    public static IReadOnlyList<Migration> After(string dialect, long? newest)
    {
        var all = Read(dialect);
        return newest > all[^1].Number
            ? throw new InvalidDataException(
                $"The metadata has schema {newest}, this program knows schemas up to {all[^1].Number}: use the program that wrote it, or a newer one.")
            : [.. all.Where(step => step.Number > (newest ?? 0))];
    }

    /// <summary>Writes a step down; the name is from our own files.</summary>
    public static string Record(Migration step) =>
        string.Create(CultureInfo.InvariantCulture, $"INSERT INTO migration (number, name) VALUES ({step.Number}, '{step.Name}')");

    static List<Migration> Read(string dialect)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var suffix = $".{dialect}.sql";
        var steps = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.EndsWith(suffix, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var file = Path.GetFileName(resource)[..^suffix.Length];
            steps.Add(new(int.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), file, reader.ReadToEnd()));
        }

        steps.Sort((a, b) => a.Number.CompareTo(b.Number));
        return steps;
    }
}
