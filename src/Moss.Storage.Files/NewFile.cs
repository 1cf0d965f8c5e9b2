using Microsoft.Win32.SafeHandles;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>
/// The file of a blob that is not published: without a name where the file system can do that, else in the directory for
/// temporary files, locked so that no other process takes it for left over. All members wait for the device.
/// </summary>
sealed class NewFile : IDisposable
{
    // Room for a blob of unknown length is reserved in such steps.
    const long ReserveStep = BlobFormat.SegmentSize + BlobFormat.PageSize;

    readonly SafeFileHandle _file;
    readonly bool _isDirect;
    string? _temporaryPath;
    readonly long _reserveFirst;
    long _reserved;

    /// <param name="temporaryPath">The name while it is not published; not used when the file can be nameless.</param>
    /// <param name="expected">The size it will have, or 0.</param>
    internal NewFile(BlobDirectory directory, string temporaryPath, FileSystemAbilities abilities, long expected)
    {
        _reserveFirst = expected;
        _isDirect = abilities.Direct;
        if (abilities.Nameless)
        {
            _file = LibC.Open(directory.Path, LibC.Nameless | LibC.ReadWrite | (_isDirect ? LibC.Direct : 0));
        }
        else
        {
            _temporaryPath = temporaryPath;
            _file = File.OpenHandle(temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, Locked);
        }
    }

    /// <summary>How a temporary file is opened, so that only one can: by a lock on Unix; Windows must be let rename it.</summary>
    internal static FileShare Locked => OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    /// <summary>Writes buffers that follow each other.</summary>
    /// <param name="mayReserve">Whether more will follow, so that it pays to reserve room.</param>
    internal void Write(List<WriteBuffer> buffers, bool mayReserve)
    {
        if (mayReserve && _isDirect)
        {
            Reserve(buffers[^1].Position + buffers[^1].Count);
        }

        RandomAccess.Write(_file, buffers.ConvertAll(buffer => buffer.Sealed), buffers[0].Position);
    }

    /// <summary>
    /// Gives the file its name and, if so wanted, makes its bytes and its name durable. The name comes first: so one commit of
    /// the file system's journal covers both, and a file that a crash leaves behind incomplete is found damaged and swept.
    /// </summary>
    /// <param name="size">The size of the file; what is reserved beyond is given back.</param>
    internal void Publish(BlobDirectory directory, string path, long size, bool durable)
    {
        if (_reserved > size && _reserved != long.MaxValue)
        {
            RandomAccess.SetLength(_file, size);
        }

        if (_temporaryPath is null)
        {
            LibC.Link(_file, path);
        }
        else
        {
            File.Move(_temporaryPath, path, overwrite: false);
            _temporaryPath = null;
        }

        if (!durable)
        {
            return;
        }

        try
        {
            BlobDirectory.Sync(_file);
            directory.Sync();
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Removes the file unless it is published.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_temporaryPath is not null)
        {
            File.Delete(_temporaryPath);
        }
    }

    // Reserved room keeps the blob in one piece on the device, spares the writes the lengthening of the file, and finds a full
    // disk early.
    void Reserve(long end)
    {
        if (end > _reserved)
        {
            var upTo = Math.Max(end, Math.Max(_reserveFirst, _reserved + ReserveStep));
            _reserved = LibC.Allocate(_file, _reserved, upTo - _reserved) ? upTo : long.MaxValue;
        }
    }
}
