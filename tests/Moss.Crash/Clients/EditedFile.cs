using Moss.Protocol.Hashing;

namespace Moss.Crash.Clients;

/// <summary>A file that changes by single writes, each of which leads from one version to the next; every version is remembered.</summary>
sealed class EditedFile : IDisposable
{
    const int Block = 1024 * 1024;

    // No write crosses a page, so that no reader sees half of one.
    const int Page = 4096;

    readonly FileStream _file;
    readonly Random _random;
    readonly DateTime _time;
    readonly HashSet<ulong> _all = [];
    readonly HashSet<ulong> _recent = [];
    readonly List<(long From, long To)> _touched = [];
    readonly byte[] _buffer = new byte[Block];

    public EditedFile(string path, long size, Random random)
    {
        Location = path;
        _random = random;
        _file = new(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite, 1);
        Fill(0, size);
        _time = File.GetLastWriteTimeUtc(path);
        Remember();
    }

    public string Location { get; }

    public long Size => _file.Length;

    public ulong Crc { get; private set; }

    /// <summary>Whether the file ever was so.</summary>
    public bool WasEver(ulong crc) => _all.Contains(crc);

    /// <summary>Whether the file was so since the last <see cref="Begin"/>.</summary>
    public bool WasRecently(ulong crc) => _recent.Contains(crc);

    /// <summary>From here on changes and versions are recent.</summary>
    public void Begin()
    {
        _recent.Clear();
        _recent.Add(Crc);
        _touched.Clear();
        RecentCuts = 0;
    }

    /// <summary>How often the file was cut since then.</summary>
    public int RecentCuts { get; private set; }

    /// <summary>Whether a byte of this range changed recently, came to be, or went.</summary>
    public bool IsTouched(long offset, long length) => _touched.Any(range => range.From < offset + length && offset < range.To);

    /// <summary>CRC-64 of a range; null when the file ends within it.</summary>
    public ulong? CrcOf(long offset, long length)
    {
        if (offset + length > Size)
        {
            return null;
        }

        var crc = default(Crc64);
        while (crc.Length < length)
        {
            var read = RandomAccess.Read(
                _file.SafeFileHandle, _buffer.AsSpan(0, (int)Math.Min(Block, length - crc.Length)), offset + crc.Length);
            crc.Append(_buffer.AsSpan(0, read));
        }

        return crc.Value;
    }

    /// <summary>Some bytes become others; size and time stamp stay what they were.</summary>
    public void EditInPlace()
    {
        var at = _random.NextInt64(Size / Page) * Page;
        var bytes = new byte[_random.Next(1, 64)];
        _random.NextBytes(bytes);
        _touched.Add((at, at + bytes.Length));
        RandomAccess.Write(_file.SafeFileHandle, bytes, at);
        File.SetLastWriteTimeUtc(Location, _time);
        Remember();
    }

    /// <summary>Up to a quarter goes.</summary>
    public void Truncate()
    {
        var size = Size - _random.NextInt64(1, Size / 4);
        _touched.Add((size, long.MaxValue));
        _file.SetLength(size);
        RecentCuts++;
        Remember();
    }

    /// <summary>A few megabytes come.</summary>
    public void Extend()
    {
        var from = Size;
        // The part that was the last one is another now.
        _touched.Add((from - 1, long.MaxValue));
        Fill(from, from + _random.Next(1, 3 * Block));
        Remember();
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(Location);
    }

    // What the bytes are does not matter, as long as no two parts are the same; a generator with a seed would take longer than the upload.
    void Fill(long from, long to)
    {
        for (var at = from; at < to; at += Block)
        {
            var bytes = _buffer.AsSpan(0, (int)Math.Min(Block, to - at));
            Random.Shared.NextBytes(bytes);
            RandomAccess.Write(_file.SafeFileHandle, bytes, at);
        }
    }

    void Remember()
    {
        Crc = CrcOf(0, Size)!.Value;
        _all.Add(Crc);
        _recent.Add(Crc);
    }
}
