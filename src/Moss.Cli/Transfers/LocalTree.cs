using System.Text;

namespace Moss.Cli.Transfers;

/// <summary>A file below a directory.</summary>
/// <param name="Name">Relative to the directory, with <c>/</c>.</param>
/// <param name="Problem">Why it cannot be read, if so.</param>
readonly record struct LocalFile(string Path, string Name, long Size, DateTimeOffset Changed, Exception? Problem)
{
    public static LocalFile Of(FileInfo info, string path, string name) => new(path, name, info.Length, new(info.LastWriteTimeUtc), null);
}

/// <summary>
/// Walks a directory so that the relative names come in the order of their UTF-8 bytes, as keys do in a listing. In memory are the names of
/// the directories on the way, packed, and nothing else.
/// </summary>
static class LocalTree
{
    /// <summary>Links to files are followed, links to directories are not, so that no walk goes in circles.</summary>
    /// <param name="deep">Whether what is below the directories in it is found as well.</param>
    public static IEnumerable<LocalFile> Walk(string root, CancellationToken ct, bool deep = true)
    {
        var levels = new Stack<(string Path, string Name, IEnumerator<(string Name, bool IsDirectory)> Entries)>();
        levels.Push((root, "", Entries(root).GetEnumerator()));
        try
        {
            while (levels.Count > 0)
            {
                ct.ThrowIfCancellationRequested();
                var (path, prefix, entries) = levels.Peek();
                LocalFile? found = null;
                try
                {
                    if (!entries.MoveNext())
                    {
                        entries.Dispose();
                        levels.Pop();
                        continue;
                    }

                    var (name, isDirectory) = entries.Current;
                    var full = Path.Combine(path, name);
                    if (isDirectory && !deep)
                    {
                        continue;
                    }

                    if (isDirectory)
                    {
                        levels.Push((full, prefix + name + "/", Entries(full).GetEnumerator()));
                        continue;
                    }

                    found = Describe(full, prefix + name);
                }
                catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
                {
                    found = new(path, prefix, 0, default, problem);
                    entries.Dispose();
                    levels.Pop();
                }

                if (found is { } file)
                {
                    yield return file;
                }
            }
        }
        finally
        {
            foreach (var level in levels)
            {
                level.Entries.Dispose();
            }
        }
    }

    static LocalFile Describe(string path, string name)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            info = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo is { Exists: true } target ? target
                : throw Gone(path);
        }

        // A pipe or a device would never end.
        return !info.Exists ? new(path, name, 0, default, Gone(path))
            : FileKind.IsRegular(info) ? LocalFile.Of(info, path, name)
            : new(path, name, 0, default, new IOException($"'{path}' is neither a file nor a directory"));
    }

    static FileNotFoundException Gone(string path) => new($"'{path}' is a link that leads nowhere, or was removed");

    static IEnumerable<(string Name, bool IsDirectory)> Entries(string path)
    {
        var names = new NameTable();
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false }))
        {
            var isLink = entry.LinkTarget is not null;
            var isDirectory = (entry.Attributes & FileAttributes.Directory) != FileAttributes.None;
            if (!(isLink && isDirectory))
            {
                // What is below a directory sorts as if its name ended in a slash.
                names.Add(entry.Name, isDirectory);
            }
        }

        return names.Sorted();
    }

    /// <summary>Names as UTF-8 in one block of bytes: a directory of a million files costs some tens of bytes each.</summary>
    sealed class NameTable
    {
        byte[] _bytes = new byte[1024];
        int[] _starts = new int[32];
        int _count;
        int _used;

        public void Add(string name, bool isDirectory)
        {
            var most = Encoding.UTF8.GetMaxByteCount(name.Length) + 1;
            if (_used + most > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + most));
            }

            if (_count + 2 > _starts.Length)
            {
                Array.Resize(ref _starts, _starts.Length * 2);
            }

            _starts[_count++] = _used;
            _used += Encoding.UTF8.GetBytes(name, _bytes.AsSpan(_used));
            if (isDirectory)
            {
                _bytes[_used++] = (byte)'/';
            }

            _starts[_count] = _used;
        }

        public IEnumerable<(string Name, bool IsDirectory)> Sorted()
        {
            var order = new int[_count];
            for (var i = 0; i < order.Length; i++)
            {
                order[i] = i;
            }

            order.AsSpan().Sort((a, b) => Name(a).SequenceCompareTo(Name(b)));
            foreach (var index in order)
            {
                yield return Decode(index);
            }
        }

        ReadOnlySpan<byte> Name(int index) => _bytes.AsSpan(_starts[index].._starts[index + 1]);

        (string Name, bool IsDirectory) Decode(int index)
        {
            var name = Name(index);
            return name[^1] == '/' ? (Encoding.UTF8.GetString(name[..^1]), true) : (Encoding.UTF8.GetString(name), false);
        }
    }
}
