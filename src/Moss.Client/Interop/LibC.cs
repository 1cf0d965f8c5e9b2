using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Moss.Client.Interop;

/// <summary>
/// The two things about files that the framework cannot do on Linux: opening one without taking an advisory lock on it (a recorder that
/// wants its file exclusively must not be disturbed), and making a rename durable by flushing its directory. Elsewhere the framework's
/// own means are used.
/// </summary>
static partial class LibC
{
    const int ReadOnly = 0;
    const int CloseOnExec = 0x80000;
    const int ErrorNoEntry = 2;
    const int ErrorAccess = 13;

    /// <summary>Opens a file for reading, shared with everybody.</summary>
    public static SafeFileHandle OpenShared(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        }

        if (Directory.Exists(path))
        {
            throw new UnauthorizedAccessException($"'{path}' is a directory.");
        }

        var descriptor = Open(path, ReadOnly | CloseOnExec);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(path);
    }

    /// <summary>Returns when the entries of a directory are on disk; does nothing where that cannot be asked for.</summary>
    public static void FlushDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(directory, ReadOnly | CloseOnExec);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        // Some network file systems refuse to flush a directory (EINVAL); there is nothing better then.
        _ = Flush(handle);
    }

    static Exception Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        var reason = new Win32Exception(error).Message;
        return error switch
        {
            ErrorNoEntry => new FileNotFoundException($"'{path}': {reason}", path),
            ErrorAccess => new UnauthorizedAccessException($"'{path}': {reason}"),
            _ => new IOException($"'{path}': {reason}"),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode = 0);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(SafeFileHandle file);
}
