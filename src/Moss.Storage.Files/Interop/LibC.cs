using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Moss.Storage.Files.Interop;

/// <summary>The system calls of Linux that the class library does not offer. The constants are those of x64 and arm64.</summary>
static partial class LibC
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int CloseOnExec = 0x80000;

    /// <summary>What <see cref="ReadCached"/> says of bytes it would have to wait for.</summary>
    internal const int NotCached = -1;

    const int NoWait = 8; // RWF_NOWAIT
    const int NoAccessTime = 0x40000; // O_NOATIME
    const int CurrentDirectory = -100; // AT_FDCWD
    const int FollowLinks = 0x400; // AT_SYMLINK_FOLLOW

    static bool _hasReadVectors = true;

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

    /// <summary>Opens a file to read it; that it was read is not noted with it where that can be avoided.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static SafeFileHandle OpenToRead(string path)
    {
        try
        {
            return Open(path, ReadOnly | NoAccessTime);
        }
        // Only the owner of a file may ask for that.
        catch (IOException e) when (e.HResult == ErrorNumber.NotPermitted)
        {
            return Open(path, ReadOnly);
        }
    }

    /// <summary>Gives a file one more name, which must be free.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static void Link(string from, string to)
    {
        if (LinkAt(CurrentDirectory, from, CurrentDirectory, to, FollowLinks) != 0)
        {
            throw LastError(to);
        }
    }

    /// <summary>Gives a nameless file its name.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static void Link(SafeFileHandle file, string path)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            Link(string.Create(null, $"/proc/self/fd/{file.DangerousGetHandle()}"), path);
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

    /// <summary>
    /// Reads what is in the page cache, without waiting: at least one byte, 0 at the end of the file, or
    /// <see cref="NotCached"/>. Where the file system cannot tell, <see cref="NotCached"/>, too.
    /// </summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    internal static unsafe int ReadCached(SafeFileHandle file, Span<byte> destination, long position)
    {
        if (!_hasReadVectors)
        {
            return NotCached;
        }

        fixed (byte* start = destination)
        {
            var vector = new Vector { Start = start, Length = (nuint)destination.Length };
            try
            {
                var count = (int)ReadVectors(file, &vector, 1, position, NoWait);
                if (count >= 0)
                {
                    return count;
                }
            }
            // Of the C libraries musl has it since 2024.
            catch (EntryPointNotFoundException)
            {
                _hasReadVectors = false;
                return NotCached;
            }
        }

        return Marshal.GetLastPInvokeError() is ErrorNumber.TryAgain or ErrorNumber.NotSupported or ErrorNumber.NoSuchCall
            or ErrorNumber.Invalid or ErrorNumber.Interrupted
            ? NotCached
            : throw LastError(null);
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

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint ReadVectors(
        SafeFileHandle file, Vector* vectors, int count, long position, int flags);

    [StructLayout(LayoutKind.Sequential)]
    unsafe struct Vector
    {
        internal byte* Start;
        internal nuint Length;
    }
}
