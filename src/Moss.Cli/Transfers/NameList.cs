using System.CommandLine;
using Moss.Cli.Frame;

namespace Moss.Cli.Transfers;

/// <summary>The names to bring over, from a file or from stdin instead of a walk or a listing; read as they are needed.</summary>
static class NameList
{
    public static readonly Option<string?> From = Options.Text(
        "--files-from", "FILE", "With -r: only these names below the source, one a line; - reads stdin. Blank lines and those that begin with # or ; are remarks.");

    public static readonly Option<string?> FromRaw = Options.Text("--files-from-raw", "FILE", "The same, with every line as it is.");

    public static readonly Option[] All = [From, FromRaw];

    /// <summary>Null when no list was given.</summary>
    /// <exception cref="UsageException">Both kinds were given, or the source is no single directory or prefix.</exception>
    public static IEnumerable<string>? Read(Invocation invocation, bool isRecursive, int sources)
    {
        var (tidy, raw) = (invocation.Get(From), invocation.Get(FromRaw));
        if ((tidy ?? raw) is not { } path)
        {
            return null;
        }

        if (tidy is not null && raw is not null)
        {
            throw new UsageException("--files-from and --files-from-raw exclude each other");
        }

        if (!isRecursive || sources != 1)
        {
            throw new UsageException("--files-from goes with -r and one source, which the names are relative to");
        }

        return raw is not null ? Lines(path) : Tidy(path);
    }

    /// <summary>The lines of a file, or of stdin for <c>-</c>, without remarks and the blanks around them.</summary>
    /// <exception cref="FailedException">There is no such file.</exception>
    public static IEnumerable<string> Tidy(string path) =>
        Lines(path).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] is not ('#' or ';'));

    static IEnumerable<string> Lines(string path) =>
        path == "-" || File.Exists(path) ? Read(path) : throw new FailedException(ExitCode.Client, $"there is no file '{path}'");

    static IEnumerable<string> Read(string path)
    {
        using var reader = path == "-" ? Console.In : new StreamReader(path);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }
}
