using System.Buffers.Binary;
using System.Security.Cryptography;
using Moss.Protocol.Names;
using Moss.Storage.Blobs;

namespace Moss.Storage;

/// <summary>Makes identifiers: unguessable where a client sees them, sorted by time where a table holds them.</summary>
public sealed class IdGenerator(TimeProvider time)
{
    /// <summary>A fresh blob id. See <see cref="BlobId"/>.</summary>
    public BlobId NewBlobId(bool inline, bool encrypted = false)
    {
        Span<byte> random = stackalloc byte[BlobId.Size];
        RandomNumberGenerator.Fill(random);
        return BlobId.Create(time.GetUtcNow(), inline, BinaryPrimitives.ReadUInt128BigEndian(random), encrypted);
    }

    /// <summary>32 upper-case hex digits, 128 random bits.</summary>
    public static UploadId NewUploadId() => new(RandomHex(16));

    /// <summary>24 upper-case hex digits, the form of the service's request ids: seconds first, so that logs sort.</summary>
    public string NewRequestId()
    {
        Span<byte> bytes = stackalloc byte[12];
        RandomNumberGenerator.Fill(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)time.GetUtcNow().ToUnixTimeSeconds());
        return Convert.ToHexString(bytes);
    }

    /// <summary>An opaque version id, unique and unguessable; letters, digits and dots only.</summary>
    public static VersionId NewVersionId() => new("CAEQ" + RandomHex(16));

    /// <summary>Upper-case hex of this many random bytes.</summary>
    public static string RandomHex(int bytes) => Convert.ToHexString(RandomNumberGenerator.GetBytes(bytes));
}
