using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>What the file system of a store can do beyond the ordinary.</summary>
/// <param name="Nameless">Files without a name, which vanish with their process, can be made and named later.</param>
/// <param name="Direct">Files can be written past the page cache.</param>
readonly record struct FileSystemAbilities(bool Nameless, bool Direct)
{
    /// <summary>Finds out by trying, in a directory of the store.</summary>
    internal static FileSystemAbilities Probe(string directory)
    {
        if (!LibC.IsSupported)
        {
            return default;
        }

        var name = Path.Combine(directory, Path.GetRandomFileName());
        var nameless = Can(() =>
        {
            using var file = LibC.Open(directory, LibC.Nameless | LibC.ReadWrite);
            LibC.Link(file, name);
            File.Delete(name);
        });
        var direct = nameless && Can(() =>
        {
            var buffer = new WriteBuffer(BlobFormat.BlockSize);
            using var file = LibC.Open(directory, LibC.Nameless | LibC.ReadWrite | LibC.Direct);
            RandomAccess.Write(file, buffer.Bytes[..BlobFormat.PageSize], 0);
        });
        return new(nameless, direct);
    }

    static bool Can(Action attempt)
    {
        try
        {
            attempt();
            return true;
        }
        catch (IOException e) when (ErrorNumber.MeansFull(e))
        {
            return true;
        }
        // Old kernels take the flag of a nameless file for a directory; without /proc it cannot be named.
        catch (IOException e) when (e.HResult is ErrorNumber.Invalid or ErrorNumber.NotSupported or ErrorNumber.IsDirectory
            or ErrorNumber.NoSuchFile or ErrorNumber.NoSuchCall)
        {
            return false;
        }
    }
}
