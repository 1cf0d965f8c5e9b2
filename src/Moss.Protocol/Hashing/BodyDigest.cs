using System.Buffers;

namespace Moss.Protocol.Hashing;

/// <summary>
/// The two checksums of one body as it streams by: MD5, which makes the ETag, and CRC-64/XZ.
/// Bodies that stream at the same time are hashed side by side in the lanes of vectors.
/// </summary>
/// <remarks>
/// One caller at a time: await each append before the next call. The memory handed to an append must stay valid and
/// unchanged until its task completes, also when the body is broken off. A body that is broken off just stops appending.
/// An append of some 100 KiB or more makes the most of the lanes; nothing is allocated for one.
/// </remarks>
public sealed class BodyDigest : IDisposable
{
    /// <summary>The size of an MD5 in bytes.</summary>
    public const int Md5Length = Md5State.Length;

    readonly Md5Stream _md5;
    readonly Md5Stream? _running;
    Crc64 _crc;

    public BodyDigest()
        : this(Md5Scheduler.Shared)
    {
    }

    /// <summary>
    /// A digest that also hashes its bytes along into <paramref name="running"/>, the MD5 of a longer whole: side by side, at the
    /// cost of one MD5. Until <see cref="Finish"/> nobody else may append to it.
    /// </summary>
    public BodyDigest(ResumableMd5? running)
        : this() => _running = running?.Stream;

    internal BodyDigest(Md5Scheduler scheduler) => _md5 = new Md5Stream(scheduler);

    /// <summary>Bytes appended so far.</summary>
    public long Length => _crc.Length;

    /// <summary>
    /// Takes in the next bytes. Completes on the spot when they are few or no other body is being hashed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The last append has not completed.</exception>
    /// <exception cref="ObjectDisposedException">The owner of the memory took it back before the task completed.</exception>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> data) => AppendAsync(data, Crc64.Compute(data.Span));

    /// <summary>As <see cref="AppendAsync(ReadOnlyMemory{byte})"/>, for bytes of which the CRC is known.</summary>
    /// <param name="data">The next bytes.</param>
    /// <param name="crc64">Their CRC-64/XZ.</param>
    public ValueTask AppendAsync(ReadOnlyMemory<byte> data, ulong crc64)
    {
        _crc.Append(crc64, data.Length);
        return _running is null
            ? _md5.AppendAsync(data)
            : _md5.AppendAsync(new ReadOnlySequence<byte>(data), _running);
    }

    /// <inheritdoc cref="AppendAsync(ReadOnlyMemory{byte})"/>
    public ValueTask AppendAsync(ReadOnlySequence<byte> data)
    {
        foreach (var segment in data)
        {
            _crc.Append(segment.Span);
        }

        return _running is null ? _md5.AppendAsync(data) : _md5.AppendAsync(data, _running);
    }

    /// <summary>Gives the MD5 and CRC of everything appended and starts anew.</summary>
    /// <exception cref="ArgumentException"><paramref name="md5"/> is not 16 bytes long.</exception>
    /// <exception cref="InvalidOperationException">The last append has not completed.</exception>
    public void Finish(Span<byte> md5, out ulong crc64)
    {
        if (md5.Length != Md5Length)
        {
            throw new ArgumentException("An MD5 takes 16 bytes.", nameof(md5));
        }

        _md5.Finish(md5);
        crc64 = _crc.Value;
        _crc.Reset();
    }

    /// <summary>Nothing to free; kept so that callers need not know.</summary>
    public void Dispose()
    {
    }
}
