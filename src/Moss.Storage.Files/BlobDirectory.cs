using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>A directory whose entries can be made durable, once for all that ask at the same time.</summary>
sealed class BlobDirectory : IDisposable
{
    readonly Lock _syncing = new();
    readonly SafeFileHandle? _handle;
    long _asked;
    long _synced;

    /// <param name="durable">Whether <see cref="Sync()"/> does anything. Windows neither can nor need sync a directory.</param>
    internal BlobDirectory(string path, bool durable)
    {
        Path = path;
        _handle = durable && !OperatingSystem.IsWindows() ? LibC.Open(path, LibC.ReadOnly) : null;
    }

    internal string Path { get; }

    /// <summary>Makes every entry that was made before this call durable. Waits for the device.</summary>
    /// <exception cref="IOException">It is not known whether the entries are durable.</exception>
    internal void Sync()
    {
        if (_handle is null)
        {
            return;
        }

        // Who waited here while another one synced may find that the next one synced for it, too.
        var mine = Interlocked.Increment(ref _asked);
        lock (_syncing)
        {
            if (_synced >= mine)
            {
                return;
            }

            var upTo = Volatile.Read(ref _asked);
            Sync(_handle);
            _synced = upTo;
        }
    }

    /// <summary>Makes a file or a directory durable. Waits for the device.</summary>
    internal static void Sync(SafeFileHandle handle)
    {
        var start = Stopwatch.GetTimestamp();
        RandomAccess.FlushToDisk(handle);
        BlobMetrics.FsyncDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    public void Dispose() => _handle?.Dispose();
}
