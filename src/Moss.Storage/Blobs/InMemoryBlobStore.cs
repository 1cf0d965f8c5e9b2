using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Moss.Protocol.Hashing;

namespace Moss.Storage.Blobs;

/// <summary>Blobs in memory: the model that the other stores are compared with, and the store of tests. Nothing survives it.</summary>
public sealed class InMemoryBlobStore : IBlobStore
{
    readonly ConcurrentDictionary<BlobId, byte[]> _blobs = new();
    string? _storeId;

    public ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null)
    {
        ct.ThrowIfCancellationRequested();
        return new(new Writer(this, id, digest));
    }

    public ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!_blobs.TryGetValue(id, out var bytes))
        {
            throw new BlobDamagedException(id, "is missing");
        }

        return bytes.Length == length ? new(new Reader(bytes)) : throw new BlobDamagedException(id, "has another length");
    }

    public ValueTask DeleteAsync(BlobId id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _blobs.TryRemove(id, out _);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<BlobId> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var (id, _) in _blobs)
        {
            ct.ThrowIfCancellationRequested();
            yield return id;
        }

        await ValueTask.CompletedTask;
    }

    public ValueTask RecoverAsync(string storeId, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ArgumentException.ThrowIfNullOrEmpty(storeId);
        return Interlocked.CompareExchange(ref _storeId, storeId, null) is { } bound && bound != storeId
            ? throw new InvalidDataException("The blob store belongs to another catalogue.")
            : ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    sealed class Writer(InMemoryBlobStore store, BlobId id, BodyDigest? digest) : IBlobWriter
    {
        readonly ArrayBufferWriter<byte> _bytes = new();
        bool _isComplete;
        bool _closed;

        public ValueTask<Memory<byte>> NextRoomAsync(CancellationToken ct) => new(Memory<byte>.Empty);

        public ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_closed || _isComplete, this);
            foreach (var segment in data)
            {
                _bytes.Write(segment.Span);
            }

            return digest?.AppendAsync(data) ?? ValueTask.CompletedTask;
        }

        public ValueTask CompleteAsync()
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _isComplete = true;
            return ValueTask.CompletedTask;
        }

        public ValueTask CommitAsync(CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_closed, this);
            _closed = true;
            return store._blobs.TryAdd(id, _bytes.WrittenSpan.ToArray())
                ? ValueTask.CompletedTask
                : throw new IOException($"There is a blob {id} already.");
        }

        public ValueTask DisposeAsync()
        {
            _closed = true;
            return ValueTask.CompletedTask;
        }
    }

    sealed class Reader(byte[] bytes) : IBlobReader
    {
        public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            var count = (int)Math.Min(destination.Length, bytes.Length - offset);
            Range(offset, count).CopyTo(destination);
            return new(count);
        }

        public ValueTask<ulong> Crc64Async(long offset, long length, CancellationToken ct)
        {
            ct.ThrowIfCancellationRequested();
            return new(Crc64.Compute(Range(offset, length).Span));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        ReadOnlyMemory<byte> Range(long offset, long length)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, bytes.Length);
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, bytes.Length - offset);
            return bytes.AsMemory((int)offset, (int)length);
        }
    }
}
