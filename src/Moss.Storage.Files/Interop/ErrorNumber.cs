namespace Moss.Storage.Files.Interop;

/// <summary>The error numbers that mean something here: of Linux where not said otherwise.</summary>
static class ErrorNumber
{
    internal const int NotPermitted = 1;
    internal const int NoSuchFile = 2;
    internal const int Interrupted = 4;
    internal const int InputOutput = 5;
    internal const int TryAgain = 11;
    internal const int IsDirectory = 21;
    internal const int Invalid = 22;
    internal const int FileTooBig = 27;
    internal const int NoSpace = 28;
    internal const int NoSuchCall = 38;
    internal const int NotSupported = 95;
    internal const int QuotaExceeded = 122;
    const int QuotaExceededOnMac = 69;
    const int DiskFullOnWindows = unchecked((int)0x80070070);
    const int HandleDiskFullOnWindows = unchecked((int)0x80070027);

    /// <summary>Whether there was no room. The class library reports a file that is too big as an argument out of its range.</summary>
    internal static bool MeansFull(Exception e) => e switch
    {
        ArgumentOutOfRangeException => true,
        IOException => e.HResult is NoSpace or FileTooBig or DiskFullOnWindows or HandleDiskFullOnWindows
            || e.HResult == (OperatingSystem.IsMacOS() ? QuotaExceededOnMac : QuotaExceeded),
        _ => false,
    };
}
