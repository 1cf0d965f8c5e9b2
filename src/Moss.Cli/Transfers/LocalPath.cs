using System.Buffers;

namespace Moss.Cli.Transfers;

/// <summary>Where the object of a key may stand below a directory, and never outside of it.</summary>
static class LocalPath
{
    static readonly SearchValues<char> NotOnWindows = SearchValues.Create("\\:*?\"<>|");

    /// <exception cref="IOException">No file can have that name here.</exception>
    public static string Below(string directory, string name)
    {
        var segments = name.Split('/');
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = segments[i];
            var isEnd = i == segments.Length - 1;
            // An empty segment is one directory separator more to a file system: two keys would become one file.
            if (segment is "." or ".." || (segment.Length == 0 && !isEnd) || segment.Contains('\0')
                || (OperatingSystem.IsWindows() && segment.AsSpan().ContainsAny(NotOnWindows)))
            {
                throw new IOException($"the key '{name}' cannot be the name of a file here");
            }
        }

        return Path.Combine(directory, Path.Combine(segments));
    }
}
