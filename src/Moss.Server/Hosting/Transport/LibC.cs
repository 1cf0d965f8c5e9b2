using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Moss.Server.Hosting.Transport;

/// <summary>
/// What of sockets the class library does not offer: sending and receiving without waiting, and waiting in between on the thread that has the bytes in its cache.
/// </summary>
static partial class LibC
{
    const int DontWait = 0x40; // MSG_DONTWAIT
    const int NoSignal = 0x4000; // MSG_NOSIGNAL
    const int DescriptorLimit = 7; // RLIMIT_NOFILE
    const int Interrupted = 4; // EINTR
    const int TryAgain = 11; // EAGAIN
    const int Reset = 104; // ECONNRESET

    /// <summary>What is received when there is nothing yet.</summary>
    public const int None = -1;

    /// <summary>There are bytes to take, or there will be no more.</summary>
    public const short Readable = 1; // POLLIN

    /// <summary>There is room for more bytes.</summary>
    public const short Writable = 4; // POLLOUT

    /// <summary>Whether these calls may be made here.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux();

    /// <summary>Hands the kernel what it takes at once.</summary>
    /// <returns>How many bytes it took; not positive when it took none, whatever the reason.</returns>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes) =>
        (int)Send(socket, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length, DontWait | NoSignal);

    /// <summary>Takes what the kernel has.</summary>
    /// <returns>How many bytes; 0 when the other side sends no more, <see cref="None"/> when there is nothing now.</returns>
    /// <exception cref="SocketException">The connection is broken. The kernel says so only once: whoever asks again is told of an end.</exception>
    public static int Receive(SafeSocketHandle socket, Span<byte> room)
    {
        var received = (int)Receive(socket, ref MemoryMarshal.GetReference(room), (nuint)room.Length, DontWait);
        return received >= 0 ? received
            : Marshal.GetLastPInvokeError() switch
            {
                TryAgain or Interrupted => None,
                Reset => throw new SocketException((int)SocketError.ConnectionReset),
                _ => throw new SocketException((int)SocketError.ConnectionAborted),
            };
    }

    /// <summary>Waits until a socket is <see cref="Readable"/> or <see cref="Writable"/>.</summary>
    /// <returns>Whether it is; not when the time is over or the connection is broken.</returns>
    public static bool WaitFor(SafeSocketHandle socket, short wanted, int milliseconds)
    {
        var held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            var asked = new PollDescriptor { Descriptor = (int)socket.DangerousGetHandle(), Events = wanted };
            return Poll(ref asked, 1, milliseconds) == 1 && asked.Returned == wanted;
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

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(SafeSocketHandle socket, ref byte bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor asked, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limits limits);
}
