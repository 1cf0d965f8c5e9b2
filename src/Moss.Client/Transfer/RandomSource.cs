using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Moss.Protocol.Hashing;

namespace Moss.Client.Transfer;

/// <summary>What a source says of itself without being read. Equal stamps prove nothing; different ones prove a change.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedTicks">Last write, UTC, in ticks of 100 ns; 0 where there is none.</param>
readonly record struct SourceStamp(long Size, long ModifiedTicks);

/// <summary>A source that is read by position.</summary>
abstract class RandomSource : IRangeReader, IDisposable
{
    const int HashBlock = 1024 * 1024;

    /// <summary>The full path; null for a source that cannot be found again.</summary>
    public abstract string? Name { get; }

    public abstract SourceStamp Stamp();

    /// <summary>Turns to what stands under the name now. Nobody may be reading.</summary>
    /// <exception cref="SourceChangedException">Nothing stands there.</exception>
    public abstract void Reopen();

    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct);

    public abstract void Dispose();

    /// <summary>CRC-64 of a range, and its MD5 on demand; null when the source ends within it.</summary>
    public async Task<(ulong Crc, byte[]? Md5)?> HashAsync(long offset, long length, bool withMd5, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(HashBlock, Math.Max(length, 1)));
        using var digest = withMd5 ? new BodyDigest() : null;
        var crc = default(Crc64);
        try
        {
            while (crc.Length < length)
            {
                var want = buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - crc.Length));
                var read = await ReadAsync(want, offset + crc.Length, ct).ConfigureAwait(false);
                if (read == 0)
                {
                    return null;
                }

                crc.Append(want.Span[..read]);
                if (digest is not null)
                {
                    await digest.AppendAsync(want[..read]).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (digest is null)
        {
            return (crc.Value, null);
        }

        var md5 = new byte[BodyDigest.Md5Length];
        digest.Finish(md5, out _);
        return (crc.Value, md5);
    }
}

/// <summary>A file. It is shared with everyone: a recorder must be able to write, and anyone to rename.</summary>
sealed class FileSource : RandomSource
{
    readonly string _path;
    SafeFileHandle _file;
    bool _pinned;

    public FileSource(string path)
    {
        _path = path;
        _file = Open(path);
    }

    public override string Name => _path;

    public override SourceStamp Stamp() => new(RandomAccess.GetLength(_file), File.GetLastWriteTimeUtc(_file).Ticks);

    /// <summary>From now on this very file counts, whatever stands under its name: it was renamed, and is finished.</summary>
    public void Pin() => _pinned = true;

    /// <summary>Whether the name still leads to the open file, as far as can be told.</summary>
    public bool IsUnderItsName()
    {
        var info = new FileInfo(_path);
        return info.Exists && info.CreationTimeUtc == File.GetCreationTimeUtc(_file);
    }

    public override void Reopen()
    {
        if (_pinned)
        {
            return;
        }

        SafeFileHandle file;
        try
        {
            file = Open(_path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new SourceChangedException($"'{_path}' can no longer be opened: {e.Message}", e);
        }

        _file.Dispose();
        _file = file;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct) =>
        RandomAccess.ReadAsync(_file, buffer, offset, ct);

    public override void Dispose() => _file.Dispose();

    static SafeFileHandle Open(string path) => Interop.LibC.OpenShared(path);
}

/// <summary>A seekable stream from where it stands; one read at a time.</summary>
sealed class SeekableSource(Stream stream) : RandomSource
{
    readonly long _start = stream.Position;
    readonly SemaphoreSlim _turn = new(1, 1);

    public override string? Name => null;

    public override SourceStamp Stamp() => new(stream.Length - _start, 0);

    public override void Reopen()
    {
        // A stream has no name: it is what it is.
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            stream.Position = _start + offset;
            return await stream.ReadAsync(buffer, ct).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose() => _turn.Dispose();
}
