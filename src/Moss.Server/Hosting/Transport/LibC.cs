using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// What of sockets the class library does not offer: sending without waiting, and waiting for room in between, on the thread that has the bytes in its cache.
/// </summary>
static partial class LibC
{
    const int DontWait = 0x40; // MSG_DONTWAIT
    const int NoSignal = 0x4000; // MSG_NOSIGNAL
    const short Writable = 4; // POLLOUT
    const int DescriptorLimit = 7; // RLIMIT_NOFILE

    /// <summary>Whether these calls may be made here.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Hands the kernel what it takes at once.</summary>
    /// <returns>How many bytes it took; not positive when it took none, whatever the reason.</returns>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes) =>
        (int)Send(socket, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, DontWait | NoSignal);

    /// <summary>Waits until a socket takes bytes again.</summary>
    /// <returns>Whether it does; not when the time is over or the connection is broken.</returns>
    public static bool WaitForRoom(SafeSocketHandle socket, int milliseconds)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            var asked = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = Writable };
            return Poll(ref asked, 1, milliseconds) == 1 && asked.Returned == Writable;
        }
        finally
        {
            if (held)
            {
                socket.DangerousRelease();
            }
        }
    }

    /// <summary>How many files and sockets the process may have open; null where that is not known.</summary>
    public static ulong? MaxDescriptors() => IsSupported && GetLimit(DescriptorLimit, out var limits) == 0 ? limits.Now : null;

    struct Limits
    {
        public ulong Now;
        public ulong AtMost;
    }

    struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(SafeSocketHandle socket, ref byte bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor asked, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limits limits);
}
