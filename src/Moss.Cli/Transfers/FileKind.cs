using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Moss.Cli.Transfers;

/// <summary>What stands under a path. The base library does not say whether it is a pipe, a socket or a device; Linux does.</summary>
static class FileKind
{
    const int AtCurrentDirectory = -100;
    const uint TypeWanted = 1;
    const int ModeOffset = 28;
    const int TypeMask = 0xF000, Regular = 0x8000;

    /// <summary>Whether it can be read by position and has an end; links are followed.</summary>
    public static bool IsRegular(FileInfo file)
    {
        // Whatever is no file has no length.
        if (!OperatingSystem.IsLinux() || file.Length > 0)
        {
            return true;
        }

        // struct statx has one layout on every processor, unlike struct stat.
        var answer = new byte[256];
        byte[] path = [.. Encoding.UTF8.GetBytes(file.FullName), 0];
        return StatX(AtCurrentDirectory, path, 0, TypeWanted, answer) != 0
            || (BinaryPrimitives.ReadUInt16LittleEndian(answer.AsSpan(ModeOffset)) & TypeMask) == Regular;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int StatX(int directory, byte[] path, int flags, uint mask, byte[] answer);
}
