using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;

namespace Moss.Storage.Encryption;

/// <summary>
/// A blob store whose encrypted blobs (<see cref="BlobId.IsEncrypted"/>) are written and read through a key of their own. Every other blob goes straight to the store
/// below, as if this were not here.
/// </summary>
public sealed class EncryptingBlobStore(IBlobStore inner, DataKeys keys) : IBlobStore
{
    public ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null) =>
        id.IsEncrypted ? EncryptAsync(id, expectedLength, digest, ct) : inner.CreateAsync(id, expectedLength, ct, digest);

    public ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct) =>
        id.IsEncrypted ? DecryptAsync(id, length, ct) : inner.OpenAsync(id, length, ct);

    public ValueTask DeleteAsync(BlobId id, CancellationToken ct) => inner.DeleteAsync(id, ct);

    public IAsyncEnumerable<BlobId> ListAsync(CancellationToken ct) => inner.ListAsync(ct);

    public ValueTask RecoverAsync(string storeId, CancellationToken ct) => inner.RecoverAsync(storeId, ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    async ValueTask<IBlobWriter> EncryptAsync(BlobId id, long? expectedLength, BodyDigest? digest, CancellationToken ct)
    {
        var envelope = new byte[DataKeys.EnvelopeSize];
        var aes = keys.NewKey(id.ToByteArray(), envelope);
        try
        {
            var writer = await inner.CreateAsync(id, expectedLength is { } length ? EncryptedBlobFormat.StoredLength(length) : null, ct);
            return new EncryptingBlobWriter(writer, aes, envelope, digest);
        }
        catch
        {
            aes.Dispose();
            throw;
        }
    }

    async ValueTask<IBlobReader> DecryptAsync(BlobId id, long length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var reader = await inner.OpenAsync(id, EncryptedBlobFormat.StoredLength(length), ct);
        try
        {
            var envelope = new byte[DataKeys.EnvelopeSize];
            var read = await reader.ReadAsync(EncryptedBlobFormat.EnvelopePosition(length), envelope, ct);
            var aes = read == envelope.Length ? keys.TryUnwrap(id.ToByteArray(), envelope) : null;
            return aes is null
                ? throw new BlobDamagedException(id, "the envelope of its key does not open")
                : new DecryptingBlobReader(reader, aes, id, length);
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }
}
