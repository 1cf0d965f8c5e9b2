using System.Buffers;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Moss.Protocol.Hashing;

namespace Moss.Client;

/// <summary>The body of a request. Its CRC-64 is taken of the bytes as they are handed to the connection.</summary>
public abstract class RequestBody
{
    /// <summary>Blocks of this size are read and sent; nothing else of a body is held in memory.</summary>
    internal const int BlockSize = 128 * 1024;

    Crc64 _crc;
    bool _atConnection;

    private protected RequestBody()
    {
    }

    /// <summary>
    /// When set, the last block is held back unless the CRC-64 of the whole is this: the service then has an incomplete body and stores
    /// nothing, and <see cref="SourceChangedException"/> is thrown.
    /// </summary>
    internal ulong? ExpectedCrc { get; init; }

    /// <summary>No body.</summary>
    public static RequestBody Empty => FromBytes(ReadOnlyMemory<byte>.Empty);

    /// <summary>The length in bytes; null when it is not known, and the body goes out chunked.</summary>
    public abstract long? Length { get; }

    /// <summary>Whether the body can be sent a second time.</summary>
    public abstract bool CanReplay { get; }

    /// <summary>CRC-64/XZ of the bytes of the last (or running) try.</summary>
    internal ulong Crc64 => _crc.Value;

    /// <summary>Bytes of the last (or running) try that were handed to the connection.</summary>
    internal long Sent => _crc.Length;

    /// <summary>Bytes from memory, which must stay unchanged until the request is done.</summary>
    public static RequestBody FromBytes(ReadOnlyMemory<byte> bytes) => new MemoryBody(bytes);

    /// <summary>
    /// The rest of a stream, which the caller disposes. A seekable one can be sent again and has a length; any other is sent once, chunked
    /// unless <paramref name="length"/> says how much there is.
    /// </summary>
    public static RequestBody FromStream(Stream stream, long? length = null) => new StreamBody(stream, length);

    /// <summary>A range of an open file, read by position, so that many bodies may share the handle.</summary>
    public static RequestBody FromFile(SafeFileHandle file, long offset, long length) =>
        new RangeBody(new FileReader(file), offset, length);

    internal static RequestBody FromRange(IRangeReader reader, long offset, long length, ulong? expectedCrc = null) =>
        new RangeBody(reader, offset, length) { ExpectedCrc = expectedCrc };

    /// <summary>Writes the whole body. A body shorter than it says is an <see cref="EndOfStreamException"/>.</summary>
    internal async Task WriteAsync(Stream connection, IBodyObserver observer, CancellationToken ct)
    {
        _crc.Reset();
        _atConnection = false;
        SourceError = null;
        try
        {
            await WriteBlocksAsync(connection, observer, ct).ConfigureAwait(false);
            if (Length is { } length && _crc.Length != length)
            {
                throw new EndOfStreamException($"The source ended after {_crc.Length} of {length} bytes.");
            }
        }
        catch (Exception e) when (!_atConnection && e is not OperationCanceledException)
        {
            // HttpClient wraps every IOException as if the connection had failed; whose fault it was is known only here.
            SourceError = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }

    /// <summary>What went wrong on the side of the source in the last try, if it was the source.</summary>
    internal ExceptionDispatchInfo? SourceError { get; private set; }

    private protected abstract Task WriteBlocksAsync(Stream connection, IBodyObserver observer, CancellationToken ct);

    private protected async ValueTask WriteBlockAsync(
        Stream connection, ReadOnlyMemory<byte> block, IBodyObserver observer, CancellationToken ct)
    {
        await observer.BeforeAsync(block.Length, ct).ConfigureAwait(false);
        _crc.Append(block.Span);
        if (ExpectedCrc is { } expected && _crc.Length == Length && _crc.Value != expected)
        {
            throw new SourceChangedException("The source changed between two readings.");
        }

        _atConnection = true;
        await connection.WriteAsync(block, ct).ConfigureAwait(false);
        _atConnection = false;
        observer.Moved(block.Length);
    }

    sealed class MemoryBody(ReadOnlyMemory<byte> bytes) : RequestBody
    {
        public override long? Length => bytes.Length;

        public override bool CanReplay => true;

        private protected override async Task WriteBlocksAsync(Stream connection, IBodyObserver observer, CancellationToken ct)
        {
            for (var rest = bytes; !rest.IsEmpty;)
            {
                var block = rest[..Math.Min(rest.Length, BlockSize)];
                await WriteBlockAsync(connection, block, observer, ct).ConfigureAwait(false);
                rest = rest[block.Length..];
            }
        }
    }

    sealed class StreamBody : RequestBody
    {
        readonly Stream _stream;
        readonly long _start;

        public StreamBody(Stream stream, long? length)
        {
            _stream = stream;
            _start = stream.CanSeek ? stream.Position : 0;
            Length = length ?? (stream.CanSeek ? stream.Length - _start : null);
        }

        public override long? Length { get; }

        public override bool CanReplay => _stream.CanSeek;

        private protected override async Task WriteBlocksAsync(Stream connection, IBodyObserver observer, CancellationToken ct)
        {
            if (_stream.CanSeek)
            {
                _stream.Position = _start;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
            try
            {
                for (var rest = Length ?? long.MaxValue; rest > 0;)
                {
                    var want = buffer.AsMemory(0, (int)Math.Min(rest, BlockSize));
                    var read = await _stream.ReadAsync(want, ct).ConfigureAwait(false);
                    if (read == 0)
                    {
                        return;
                    }

                    await WriteBlockAsync(connection, want[..read], observer, ct).ConfigureAwait(false);
                    rest -= read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    sealed class RangeBody(IRangeReader reader, long offset, long length) : RequestBody
    {
        public override long? Length => length;

        public override bool CanReplay => true;

        private protected override async Task WriteBlocksAsync(Stream connection, IBodyObserver observer, CancellationToken ct)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
            try
            {
                for (long done = 0; done < length;)
                {
                    var want = buffer.AsMemory(0, (int)Math.Min(length - done, BlockSize));
                    var read = await reader.ReadAsync(want, offset + done, ct).ConfigureAwait(false);
                    if (read == 0)
                    {
                        return;
                    }

                    await WriteBlockAsync(connection, want[..read], observer, ct).ConfigureAwait(false);
                    done += read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    sealed class FileReader(SafeFileHandle file) : IRangeReader
    {
        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct) =>
            RandomAccess.ReadAsync(file, buffer, offset, ct);
    }
}

/// <summary>Reads by position; any number of reads at once.</summary>
interface IRangeReader
{
    /// <summary>Fewer bytes than asked for, or 0 only at the end.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken ct);
}

/// <summary>Watches the bytes of a body as they pass: keeps time-outs away, counts, slows down.</summary>
interface IBodyObserver
{
    /// <summary>Before a block: waits while there is no bandwidth for it.</summary>
    ValueTask BeforeAsync(int bytes, CancellationToken ct);

    /// <summary>After a block.</summary>
    void Moved(int bytes);
}
