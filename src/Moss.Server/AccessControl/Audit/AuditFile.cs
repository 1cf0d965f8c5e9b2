using System.Text;

namespace Moss.Server.AccessControl.Audit;

/// <summary>Lines in a bounded series of files, the newest without a number; or as many in memory.</summary>
sealed class AuditFile : IDisposable
{
    /// <summary>A file holds about 50,000 records; the series a few hundred thousand.</summary>
    public const long DefaultMaxBytes = 16 * 1024 * 1024;

    const int MaxFiles = 8;
    const int MaxInMemory = 10_000;

    readonly string? _folder;
    readonly string _name;
    readonly long _maxBytes;
    readonly LinkedList<byte[]> _memory = [];
    FileStream? _open;

    /// <param name="folder">Where the files are, or null for memory.</param>
    /// <param name="name">The first part of their names.</param>
    /// <param name="maxBytes">Of one file.</param>
    public AuditFile(string? folder, string name, long maxBytes)
    {
        _maxBytes = maxBytes;
        _folder = folder;
        _name = name;
    }

    public void Append(byte[] line)
    {
        if (_folder is null)
        {
            lock (_memory)
            {
                _memory.AddFirst(line);
                if (_memory.Count > MaxInMemory)
                {
                    _memory.RemoveLast();
                }
            }

            return;
        }

        _open ??= Open();
        if (_open.Length + line.Length >= _maxBytes)
        {
            Rotate();
        }

        _open.Write([.. line, (byte)'\n']);
    }

    public void Flush() => _open?.Flush();

    /// <summary>The lines, newest first. A line that a crash cut short is left out.</summary>
    public IEnumerable<byte[]> ReadNewest()
    {
        if (_folder is null)
        {
            lock (_memory)
            {
                return [.. _memory];
            }
        }

        return Enumerable.Range(0, MaxFiles).Select(PathOf).Where(File.Exists).SelectMany(Lines);
    }

    public void Dispose() => _open?.Dispose();

    static IEnumerable<byte[]> Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n').Where(line => line.StartsWith('{') && line.EndsWith('}')).Reverse().Select(Encoding.UTF8.GetBytes).ToList();
    }

    FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder!);
        }
        else
        {
            Directory.CreateDirectory(_folder!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var opened = new FileStream(PathOf(0), options);
        if (opened.Length > 0)
        {
            opened.WriteByte((byte)'\n'); // A crash may have left half a line.
        }

        return opened;
    }

    void Rotate()
    {
        _open!.Dispose();
        _open = null;
        File.Delete(PathOf(MaxFiles - 1));
        for (var number = MaxFiles - 2; number >= 0; number--)
        {
            if (File.Exists(PathOf(number)))
            {
                File.Move(PathOf(number), PathOf(number + 1));
            }
        }

        _open = Open();
    }

    string PathOf(int number) => Path.Combine(_folder!, number == 0 ? $"{_name}.jsonl" : $"{_name}.{number}.jsonl");
}
