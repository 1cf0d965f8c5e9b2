using Moss.Storage.Blobs;

namespace Moss.Storage;

/// <summary>There is no room on the device or in the quota of an engine. What was being written is not stored.</summary>
public sealed class StorageFullException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>A blob is missing, has the wrong length, or holds a block that does not match its checksum.</summary>
public sealed class BlobDamagedException(BlobId id, string what, Exception? inner = null)
    : IOException($"Blob {id}: {what}", inner)
{
    /// <summary>The damaged blob.</summary>
    public BlobId BlobId { get; } = id;
}

/// <summary>
/// The answer to a commit was lost: what was to be written is stored completely or not at all, but which is not known. Whoever asks
/// again with the same request must be ready to find it done.
/// </summary>
public sealed class CommitUnknownException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>What was asked for is encrypted, or is to be, and the master key for it is not here. Nothing of it is served.</summary>
public sealed class MasterKeyMissingException(string what) : IOException(what);
