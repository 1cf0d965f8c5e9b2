using System.Buffers;
using System.Security.Cryptography;

namespace Moss.Protocol.Hashing;

/// <summary>
/// The two checksums of one body as it streams by: MD5, which makes the ETag, and CRC-64/XZ.
/// One caller at a time: await each append before the next call.
/// </summary>
/// <remarks>
/// The memory handed to an append must stay valid and unchanged until its task completes.
/// A body that is broken off disposes its digest after its last append has completed.
/// </remarks>
public sealed class BodyDigest : IDisposable
{
    /// <summary>The size of an MD5 in bytes.</summary>
    public const int Md5Length = 16;

    readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    Crc64 _crc;

    /// <summary>Bytes appended so far.</summary>
    public long Length => _crc.Length;

    public ValueTask AppendAsync(ReadOnlyMemory<byte> data)
    {
        Append(data.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask AppendAsync(ReadOnlySequence<byte> data)
    {
        foreach (var segment in data)
        {
            Append(segment.Span);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Gives the MD5 and CRC of everything appended and starts anew.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="md5"/> is not 16 bytes long.</exception>
    public void Finish(Span<byte> md5, out ulong crc64)
    {
        if (md5.Length != Md5Length)
        {
            throw new ArgumentException("An MD5 takes 16 bytes.", nameof(md5));
        }

        _md5.GetHashAndReset(md5);
        crc64 = _crc.Value;
        _crc.Reset();
    }

    public void Dispose() => _md5.Dispose();

    void Append(ReadOnlySpan<byte> data)
    {
        _crc.Append(data);
        _md5.AppendData(data);
    }
}
