using System.Globalization;
using System.Text;
using Moss.Protocol.Hashing;

namespace Moss.Client.Transfer;

/// <summary>What a checkpoint is bound to. It is of use only for exactly the same.</summary>
/// <param name="Kind"><c>upload</c>, <c>download</c> or <c>copy</c>.</param>
/// <param name="Name">The full path of the local file, or what else names the other end.</param>
sealed record CheckpointIdentity(string Kind, string Endpoint, string Bucket, string Key, string Name);

/// <summary>
/// A record of a transfer that survives a crash: a header, and one line for each thing that happened since.
/// </summary>
/// <remarks>
/// <para>Every line begins with the CRC-64 of the rest of it in hex. Reading ends at the first line that is torn or does not match; what
/// stands after it is cut off before anything is appended. The header comes to be whole or not at all: a new file is written, flushed to
/// disk, and renamed into place. Appended lines are flushed at most once a second, but for those that must not be lost.</para>
/// <para>The file is open exclusively as long as its transfer runs: a second one gets an <see cref="IOException"/>.</para>
/// <para>Losing a checkpoint, or any part of it, costs work and nothing else: the service knows the parts, and the local bytes are
/// always hashed anew.</para>
/// </remarks>
sealed class Checkpoint : IDisposable
{
    /// <summary>A longer line is no line of ours.</summary>
    const int MaxLine = 64 * 1024;

    const string Magic = "moss-checkpoint-1";

    static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);

    readonly FileStream _file;
    readonly string _path;
    readonly TimeProvider _time;
    readonly Lock _lock = new();
    long _flushedAt;

    Checkpoint(string path, FileStream file, TimeProvider time)
    {
        _path = path;
        _file = file;
        _time = time;
        _flushedAt = time.GetTimestamp();
    }

    // On Unix a lock that goes with the process; Windows needs the share to let the open file be renamed.
    static FileShare Exclusive => OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    /// <summary>The directory that is used when none is named.</summary>
    public static string DefaultDirectory
    {
        get
        {
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            return !string.IsNullOrEmpty(state) ? Path.Combine(state, "moss", "checkpoints")
                : OperatingSystem.IsWindows()
                    ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "moss", "checkpoints")
                    : Path.Combine(
                        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "moss", "checkpoints");
        }
    }

    public string FilePath => _path;

    public static string PathOf(string? directory, string id) => Path.Combine(directory ?? DefaultDirectory, id + ".checkpoint");

    /// <summary>
    /// Opens the checkpoint of this identity and gives its lines; null when there is none, or when it is another's or not readable.
    /// </summary>
    /// <exception cref="IOException">Another transfer has it open.</exception>
    public static (Checkpoint Checkpoint, IReadOnlyList<string[]> Lines)? Open(string path, CheckpointIdentity identity, TimeProvider time)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, Exclusive, bufferSize: 1);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e is not PathTooLongException)
        {
            throw new IOException($"Another transfer between the same two ends is running: its checkpoint '{path}' is in use.", e);
        }

        var lines = ReadLines(file, out var validLength);
        if (lines.Count == 0 || !lines[0].SequenceEqual(Header(identity)))
        {
            file.Dispose();
            return null;
        }

        file.SetLength(validLength);
        file.Position = validLength;
        return (new Checkpoint(path, file, time), lines.Skip(1).ToArray());
    }

    /// <summary>
    /// Makes a new checkpoint in the place of any other, with its first lines, all safe on disk when this returns.
    /// </summary>
    public static Checkpoint Create(string path, CheckpointIdentity identity, TimeProvider time, params IReadOnlyList<string[]> lines)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            // Paths and keys are nobody else's business.
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Share = Exclusive,
            BufferSize = 1,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(temporary, options);
        try
        {
            var checkpoint = new Checkpoint(path, file, time);
            file.Write(Line(Header(identity)));
            foreach (var line in lines)
            {
                file.Write(Line(line));
            }

            file.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
            Interop.LibC.FlushDirectory(directory);
            return checkpoint;
        }
        catch
        {
            file.Dispose();
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Adds a line. Safe on disk at once when <paramref name="now"/>, else within a second of the next line.</summary>
    public void Append(bool now, params string[] words)
    {
        lock (_lock)
        {
            _file.Write(Line(words));
            if (now || _time.GetElapsedTime(_flushedAt) >= FlushEvery)
            {
                _file.Flush(flushToDisk: true);
                _flushedAt = _time.GetTimestamp();
            }
        }
    }

    /// <summary>The transfer is done: its checkpoint goes.</summary>
    public void Delete()
    {
        File.Delete(_path);
        _file.Dispose();
    }

    /// <summary>Leaves the checkpoint for the next try.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_file.CanWrite)
            {
                _file.Flush(flushToDisk: true);
            }

            _file.Dispose();
        }
    }

    /// <summary>The lines of any checkpoint file, the header first, up to the first that is not whole. For those who list jobs.</summary>
    public static IReadOnlyList<string[]> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return ReadLines(file, out _);
    }

    static string[] Header(CheckpointIdentity identity) =>
        [Magic, identity.Kind, identity.Endpoint, identity.Bucket, identity.Key, identity.Name];

    static byte[] Line(string[] words)
    {
        var text = Encoding.UTF8.GetBytes(string.Join(' ', words.Select(Uri.EscapeDataString)));
        return [.. Encoding.ASCII.GetBytes(Crc64.Compute(text).ToString("x16", CultureInfo.InvariantCulture)), (byte)' ', .. text, (byte)'\n'];
    }

    static List<string[]> ReadLines(FileStream file, out long validLength)
    {
        var lines = new List<string[]>();
        validLength = 0;
        file.Position = 0;
        using var reader = new BinaryReader(file, Encoding.UTF8, leaveOpen: true);
        var buffer = new byte[Math.Min(file.Length, 256L * 1024 * 1024)];
        file.ReadExactly(buffer);
        for (var rest = buffer.AsSpan(); ;)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end is < 0 or > MaxLine || Parse(rest[..end]) is not { } words)
            {
                return lines;
            }

            lines.Add(words);
            validLength += end + 1;
            rest = rest[(end + 1)..];
        }
    }

    static string[]? Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length < 18 || line[16] != ' '
            || !ulong.TryParse(line[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            || crc != Crc64.Compute(line[17..]))
        {
            return null;
        }

        return [.. Encoding.UTF8.GetString(line[17..]).Split(' ').Select(Uri.UnescapeDataString)];
    }
}
