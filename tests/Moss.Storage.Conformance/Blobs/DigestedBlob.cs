using System.Security.Cryptography;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Conformance.Blobs;

/// <summary>A blob that is written and hashed at the same time. Removed when it is disposed without a commit.</summary>
sealed class DigestedBlob(IBlobStore store, BlobId id, long? expectedLength) : IAsyncDisposable
{
    readonly BodyDigest _digest = new();
    IBlobWriter? _writer;

    public IBlobWriter Writer => _writer!;

    public async Task WriteAsync(ReadOnlyMemory<byte> data, int chunk)
    {
        _writer = await store.CreateAsync(id, expectedLength, CancellationToken.None, _digest);
        var memory = new byte[chunk];
        while (!data.IsEmpty)
        {
            // The memory is used again for the next bytes, as a connection's is.
            var count = Math.Min(chunk, data.Length);
            data[..count].CopyTo(memory);
            await _writer.WriteAsync(TestBytes.Split(memory.AsMemory(0, count), 40_000), CancellationToken.None);
            data = data[count..];
        }
    }

    public async Task AssertCompleteAsync(byte[] data)
    {
        await Writer.CompleteAsync();
        AssertDigest(data);
    }

    public void AssertDigest(byte[] data)
    {
        var md5 = new byte[BodyDigest.Md5Length];
        _digest.Finish(md5, out var crc64);
        Assert.Equal(MD5.HashData(data), md5);
        Assert.Equal(Crc64.Compute(data), crc64);
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        _digest.Dispose();
    }
}
