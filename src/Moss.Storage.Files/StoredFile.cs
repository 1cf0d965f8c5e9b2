using Microsoft.Win32.SafeHandles;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>
/// The file of a blob. What is in the page cache is copied on the spot; for what is not, an I/O thread waits.
/// </summary>
sealed class StoredFile(SafeFileHandle file, IoThreads threads) : IStoredBlob
{
    IoWork? _waiting;
    Memory<byte> _destination;
    long _position;
    int _read;

    public ValueTask<int> ReadAsync(Memory<byte> destination, long position, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!LibC.IsSupported)
        {
            return new(Fill(destination.Span, position));
        }

        var read = 0;
        while (read < destination.Length)
        {
            var count = LibC.ReadCached(file, destination.Span[read..], position + read);
            if (count == LibC.NotCached)
            {
                return WaitAsync(destination, position, read);
            }

            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return new(read);
    }

    public void Dispose() => file.Dispose();

    async ValueTask<int> WaitAsync(Memory<byte> destination, long position, int read)
    {
        _waiting ??= new(() => _read = Fill(_destination.Span, _position));
        (_destination, _position) = (destination[read..], position + read);
        await _waiting.RunAsync(threads);
        _destination = default;
        return read + _read;
    }

    int Fill(Span<byte> destination, long position)
    {
        var read = 0;
        while (read < destination.Length)
        {
            var count = RandomAccess.Read(file, destination[read..], position + read);
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return read;
    }
}
