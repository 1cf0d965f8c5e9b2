using System.IO.Pipelines;

namespace Moss.Storage.Blobs;

/// <summary>The way of a blob's bytes into a pipe: read straight into its memory, checked there.</summary>
static class BlobCopying
{
    /// <summary>
    /// What is asked of the pipe's memory at a time: large enough for few calls, small enough that a thousand downloads fit in memory.
    /// </summary>
    public const int ChunkLength = 2 * BlobFormat.BlockSize;

    /// <summary>
    /// What is sent at a time: a send costs the changes of threads around it, so that twice the memory is a quarter less of CPU. No more than the response may
    /// hold back anyway.
    /// </summary>
    const int SendLength = 2 * ChunkLength;

    /// <summary>Copies a range. Every byte was checked before it is handed on.</summary>
    /// <param name="destination">Is flushed as it fills; its back-pressure is the reader's pace.</param>
    /// <exception cref="BlobDamagedException">A check failed; the damaged block was not handed on.</exception>
    /// <exception cref="OperationCanceledException">Whoever reads the pipe has ended.</exception>
    public static async ValueTask CopyToAsync(this IBlobReader reader, PipeWriter destination, long offset, long length, CancellationToken ct)
    {
        var unsent = 0;
        for (long done = 0; done < length;)
        {
            var memory = destination.GetMemory((int)Math.Min(ChunkLength, length - done));
            memory = memory[..(int)Math.Min(memory.Length, length - done)];
            var read = await reader.ReadAsync(offset + done, memory, ct);
            destination.Advance(read);
            done += read;
            unsent += read;
            if (unsent < SendLength && done < length)
            {
                continue;
            }

            unsent = 0;
            var flushed = await destination.FlushAsync(ct);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                throw new OperationCanceledException("The reader of the response is gone.");
            }
        }
    }
}
