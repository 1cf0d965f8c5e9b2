using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Moss.Storage.Files.Interop;

/// <summary>The system calls of Linux that the class library does not offer. The constants are those of x64 and arm64.</summary>
static partial class LibC
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int CloseOnExec = 0x80000;

    const int CurrentDirectory = -100; // AT_FDCWD
    const int FollowLinks = 0x400; // AT_SYMLINK_FOLLOW
    const int SetFlags = 4; // F_SETFL

    static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Whether these calls may be made here.</summary>
    internal static bool IsSupported { get; } = OperatingSystem.IsLinux()
        && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    internal static int Direct { get; } = IsArm64 ? 0x10000 : 0x4000;

    internal static int Directory { get; } = IsArm64 ? 0x4000 : 0x10000;

    /// <summary>A file without a name, in the directory that is opened.</summary>
    internal static int Nameless { get; } = 0x400000 | Directory;

    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static SafeFileHandle Open(string path, int flags)
    {
        int descriptor;
        do
        {
            descriptor = OpenFile(path, flags | CloseOnExec, 0x180 /* 0600 */);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == ErrorNumber.Interrupted);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw LastError(path);
    }

    /// <summary>Gives a nameless file its name.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static void Link(SafeFileHandle file, string path)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            var source = string.Create(null, $"/proc/self/fd/{file.DangerousGetHandle()}");
            if (LinkAt(CurrentDirectory, source, CurrentDirectory, path, FollowLinks) != 0)
            {
                throw LastError(path);
            }
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Reserves room from the position on; the file grows to hold it. False where the file system cannot.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static bool Allocate(SafeFileHandle file, long position, long length)
    {
        while (FileAllocate(file, 0, position, length) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case ErrorNumber.Interrupted:
                    continue;
                case ErrorNumber.NotSupported or ErrorNumber.NoSuchCall:
                    return false;
                default:
                    throw LastError(null);
            }
        }

        return true;
    }

    /// <summary>Takes direct I/O off a file.</summary>
    internal static void ClearDirect(SafeFileHandle file)
    {
        if (FileControl(file, SetFlags, ReadWrite) != 0)
        {
            throw LastError(null);
        }
    }

    static IOException LastError(string? path)
    {
        var number = Marshal.GetLastPInvokeError();
        var message = Marshal.GetPInvokeErrorMessage(number);
        return new(path is null ? message : $"{message}: {path}", number);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkAt(int fromDirectory, string from, int toDirectory, string to, int flags);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FileAllocate(SafeFileHandle file, int mode, long position, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, int argument);
}
