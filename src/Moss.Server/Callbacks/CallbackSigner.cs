using System.Security.Cryptography;
using System.Text;
using Moss.Server.AccessControl;
using Moss.Storage.Metadata;

namespace Moss.Server.Callbacks;

/// <summary>
/// Signs callbacks as the public documentation has applications verify them: RSA PKCS#1 v1.5 over the MD5 of <c>url_decode(path) query LF body</c>. The key
/// is the operator's own, given or made at first use; its public half is served by this server.
/// </summary>
sealed class CallbackSigner : IDisposable
{
    /// <summary>Where the public half is to be had, on any host of the server.</summary>
    public const string PublicKeyPath = "/-/callback-key.pem";

    const string SettingName = "callback-key";
    const int KeyBits = 2048;

    readonly RSA _rsa;

    CallbackSigner(RSA rsa)
    {
        _rsa = rsa;
        PublicKeyPem = rsa.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    /// <summary>The public half, as <c>BEGIN PUBLIC KEY</c>.</summary>
    public string PublicKeyPem { get; }

    /// <summary>A signer with a key given in PEM.</summary>
    /// <exception cref="ArgumentException">It is no RSA private key.</exception>
    public static CallbackSigner OfPem(string pem)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            rsa.ExportParameters(includePrivateParameters: true);
            return new(rsa);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            throw new ArgumentException("the callback key must be an RSA private key in PEM", nameof(pem), exception);
        }
    }

    /// <summary>
    /// A signer with the catalogue's key, which is made when there is none. It is sealed there, and the same for all servers of the catalogue.
    /// </summary>
    public static async ValueTask<CallbackSigner> OpenAsync(IMetadataStore metadata, MasterKey masterKey, CancellationToken ct)
    {
        var box = masterKey.ForPurpose("callback-key");
        var sealedKey = await metadata.ReadAsync(tx => tx.Settings.FindAsync(SettingName), ct) ?? await MakeAsync(metadata, box, ct);
        var key = box.TryOpen(SettingName, sealedKey)
            ?? throw new InvalidDataException($"The callback key was sealed with another master key. Give the right one in {MasterKey.Variable}.");
        var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(key, out _);
        return new(rsa);
    }

    /// <summary>The signature of a callback, in base64.</summary>
    public string Sign(string path, string query, ReadOnlySpan<byte> body)
    {
        byte[] text = [.. DecodedPath(path), .. Encoding.UTF8.GetBytes(query), (byte)'\n', .. body];
        return Convert.ToBase64String(_rsa.SignHash(MD5.HashData(text), HashAlgorithmName.MD5, RSASignaturePadding.Pkcs1));
    }

    public void Dispose() => _rsa.Dispose();

    static async ValueTask<byte[]> MakeAsync(IMetadataStore metadata, SecretBox box, CancellationToken ct)
    {
        using var rsa = RSA.Create(KeyBits);
        var made = box.Seal(SettingName, rsa.ExportPkcs8PrivateKey());
        return await metadata.WriteAsync(
            [MetadataLock.Named(SettingName)],
            async tx =>
            {
                // Of several servers that start at once one makes the key.
                if (await tx.Settings.FindAsync(SettingName) is { } first)
                {
                    return first;
                }

                await tx.Settings.PutAsync(SettingName, made);
                return made;
            },
            ct);
    }

    // Bytes, not text: a path may decode to what is no UTF-8.
    static byte[] DecodedPath(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        var length = 0;
        for (var at = 0; at < bytes.Length; at++)
        {
            var isEscape = bytes[at] == '%' && at + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[at + 1]) && char.IsAsciiHexDigit((char)bytes[at + 2]);
            bytes[length++] = isEscape ? Convert.FromHexString([(char)bytes[at + 1], (char)bytes[at + 2]])[0] : bytes[at];
            at += isEscape ? 2 : 0;
        }

        return bytes[..length];
    }
}
