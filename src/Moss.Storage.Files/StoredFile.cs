using Microsoft.Win32.SafeHandles;
using Moss.Storage.Blobs;

namespace Moss.Storage.Files;

/// <summary>The file of a blob.</summary>
sealed class StoredFile(SafeFileHandle file) : IStoredBlob
{
    public ValueTask<int> ReadAsync(Memory<byte> destination, long position, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var read = 0;
        while (read < destination.Length)
        {
            var count = RandomAccess.Read(file, destination.Span[read..], position + read);
            if (count == 0)
            {
                break;
            }

            read += count;
        }

        return new(read);
    }

    public void Dispose() => file.Dispose();
}
