using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Moss.Storage.Blobs;

namespace Moss.Storage.Encryption;

/// <summary>
/// The master keys under which the keys of data are wrapped. Everything that is encrypted has a fresh key of its own (AES-256), which stands beside it, wrapped with
/// AES-256-GCM and bound to the thing it belongs to. New data takes the first master key; what older ones wrapped can still be opened with them.
/// </summary>
[DebuggerDisplay("***")]
public sealed class DataKeys
{
    /// <summary>A master key, and a data key, in bytes.</summary>
    public const int KeySize = 32;

    /// <summary>What stands beside encrypted data: format, id of the master key, nonce, tag, wrapped key.</summary>
    public const int EnvelopeSize = 1 + KeyIdSize + NonceSize + TagSize + KeySize;

    /// <summary>No master key: nothing can be encrypted or opened.</summary>
    public static readonly DataKeys None = new([]);

    internal const int NonceSize = 12;
    internal const int TagSize = 16;
    const int KeyIdSize = 8;
    const byte Version = 1;

    readonly (byte[] Id, byte[] Key)[] _keys;

    /// <param name="keys">Each of <see cref="KeySize"/> bytes; the first one wraps what is new.</param>
    public DataKeys(IEnumerable<byte[]> keys) => _keys =
    [
        .. keys.Select(key => key.Length == KeySize
            ? (HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeyIdSize, salt: [], "moss/key-id"u8.ToArray()), key)
            : throw new ArgumentException($"A master key has {KeySize} bytes.", nameof(keys))),
    ];

    /// <summary>Whether anything can be encrypted.</summary>
    public bool CanEncrypt => _keys.Length > 0;

    /// <summary>The public names of the keys, 16 hex digits each, newest first. Nothing can be learned from them of the keys.</summary>
    public IReadOnlyList<string> Ids => [.. _keys.Select(key => Convert.ToHexStringLower(key.Id))];

    /// <summary>Encrypts a small secret (an inline body, the state of a hash): envelope, tag, ciphertext.</summary>
    /// <param name="context">What it belongs to; it opens in no other context.</param>
    internal byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> context)
    {
        var sealedBytes = new byte[EnvelopeSize + TagSize + plain.Length];
        using var aes = NewKey(context, sealedBytes);
        Span<byte> nonce = stackalloc byte[NonceSize];
        nonce.Clear();
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(EnvelopeSize + TagSize), sealedBytes.AsSpan(EnvelopeSize, TagSize));
        return sealedBytes;
    }

    /// <summary>What <see cref="Seal"/> was given; null when the bytes are damaged or belong elsewhere.</summary>
    /// <exception cref="MasterKeyMissingException">It was wrapped under a master key that is not here.</exception>
    internal byte[]? TryOpen(ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> context)
    {
        if (sealedBytes.Length < EnvelopeSize + TagSize)
        {
            return null;
        }

        using var aes = TryUnwrap(context, sealedBytes[..EnvelopeSize]);
        var plain = new byte[sealedBytes.Length - EnvelopeSize - TagSize];
        Span<byte> nonce = stackalloc byte[NonceSize];
        nonce.Clear();
        return aes is not null && TryDecrypt(aes, nonce, sealedBytes[(EnvelopeSize + TagSize)..], sealedBytes.Slice(EnvelopeSize, TagSize), plain) ? plain : null;
    }

    /// <summary>The inline bytes of a blob as they are stored.</summary>
    internal byte[] SealInline(BlobId id, byte[] plain) => id.IsEncrypted ? Seal(plain, id.ToByteArray()) : plain;

    /// <summary>The inline bytes of a blob as they were sent.</summary>
    /// <exception cref="BlobDamagedException">They are not what was stored for this blob.</exception>
    internal byte[] OpenInline(BlobId id, byte[] stored) => !id.IsEncrypted ? stored
        : TryOpen(stored, id.ToByteArray()) ?? throw new BlobDamagedException(id, "the encrypted inline bytes do not open");

    /// <summary>Makes a data key and writes its envelope.</summary>
    /// <exception cref="MasterKeyMissingException">There is no master key at all.</exception>
    internal AesGcm NewKey(ReadOnlySpan<byte> context, Span<byte> envelope)
    {
        if (!CanEncrypt)
        {
            throw new MasterKeyMissingException("nothing can be encrypted without a master key");
        }

        Span<byte> key = stackalloc byte[KeySize];
        RandomNumberGenerator.Fill(key);
        var (id, master) = _keys[0];
        envelope[0] = Version;
        id.CopyTo(envelope[1..]);
        var nonce = envelope.Slice(1 + KeyIdSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        var tag = envelope.Slice(1 + KeyIdSize + NonceSize, TagSize);
        using (var wrap = new AesGcm(master, TagSize))
        {
            wrap.Encrypt(nonce, key, envelope.Slice(EnvelopeSize - KeySize, KeySize), tag, Bound(context));
        }

        var aes = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    /// <summary>The data key of an envelope; null when the envelope is damaged or belongs elsewhere.</summary>
    /// <exception cref="MasterKeyMissingException">It was wrapped under a master key that is not here.</exception>
    internal AesGcm? TryUnwrap(ReadOnlySpan<byte> context, ReadOnlySpan<byte> envelope)
    {
        if (envelope[0] != Version)
        {
            return null;
        }

        var name = envelope.Slice(1, KeyIdSize);
        var master = Find(name) ?? throw new MasterKeyMissingException(
            $"the data is encrypted under the master key {Convert.ToHexStringLower(name)}, which this server was not given");
        Span<byte> key = stackalloc byte[KeySize];
        using var wrap = new AesGcm(master, TagSize);
        var nonce = envelope.Slice(1 + KeyIdSize, NonceSize);
        var tag = envelope.Slice(1 + KeyIdSize + NonceSize, TagSize);
        if (!TryDecrypt(wrap, nonce, envelope.Slice(EnvelopeSize - KeySize, KeySize), tag, key, Bound(context)))
        {
            return null;
        }

        var aes = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    internal static bool TryDecrypt(
        AesGcm aes, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain, ReadOnlySpan<byte> bound = default)
    {
        try
        {
            aes.Decrypt(nonce, cipher, tag, plain, bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public override string ToString() => "***";

    static byte[] Bound(ReadOnlySpan<byte> context) => [.. Encoding.ASCII.GetBytes("moss/data/1\0"), .. context];

    byte[]? Find(ReadOnlySpan<byte> id)
    {
        foreach (var (name, key) in _keys)
        {
            if (id.SequenceEqual(name))
            {
                return key;
            }
        }

        return null;
    }
}
