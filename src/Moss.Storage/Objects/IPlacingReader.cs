namespace Moss.Storage.Objects;

/// <summary>A pipe reader that can receive its bytes where its reader wants them, which saves a copy.</summary>
public interface IPlacingReader
{
    /// <summary>
    /// Offers memory to the next read. Bytes that it receives anew may be there, from the start of the memory on; bytes that were received before are where they
    /// were. The memory is the reader's own until the bytes are advanced over, or until another is offered before the read.
    /// </summary>
    /// <param name="room">Where to put them; empty: anywhere.</param>
    void Place(Memory<byte> room);
}
