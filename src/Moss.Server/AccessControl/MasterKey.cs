using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Moss.Storage.Encryption;

namespace Moss.Server.AccessControl;

/// <summary>
/// The key behind every secret and all encrypted data at rest. It comes from the environment (<c>MOSS_MASTER_KEY</c>), or from a file of mode 0600 in the data
/// directory, made at first use. Each purpose has a key of its own, derived from this one. There may be several, separated by commas or lines: the first one seals,
/// the others open what they sealed.
/// </summary>
[DebuggerDisplay("***")]
sealed class MasterKey
{
    /// <summary>256 bits.</summary>
    public const int Size = 32;

    /// <summary>Where it comes from when it is given.</summary>
    public const string Variable = "MOSS_MASTER_KEY";

    /// <summary>Its file in the data directory when it is not.</summary>
    public const string FileName = "master.key";

    readonly byte[][] _keys;

    public MasterKey(params byte[][] keys)
    {
        if (keys.Length == 0 || keys.Any(key => key.Length != Size))
        {
            throw new ArgumentException($"A master key has {Size} bytes.", nameof(keys));
        }

        _keys = keys;
    }

    /// <summary>A key for one purpose; nothing can be learned from it of the others.</summary>
    public SecretBox ForPurpose(string purpose) => new(Derive(purpose));

    /// <summary>The keys under which the keys of encrypted data are wrapped.</summary>
    public DataKeys ForData() => new(Derive("data"));

    byte[][] Derive(string purpose) =>
        [.. _keys.Select(key => HKDF.DeriveKey(HashAlgorithmName.SHA256, key, Size, salt: [], Encoding.UTF8.GetBytes($"moss/{purpose}/1")))];

    /// <summary>The key of the environment, else the file's, else a fresh one that is written to the file.</summary>
    /// <param name="given">The value of <see cref="Variable"/>, or null.</param>
    /// <param name="directory">The data directory.</param>
    /// <exception cref="InvalidDataException">The key is malformed, or others may read its file.</exception>
    public static MasterKey Load(string? given, string directory)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            return Parse(given) ?? throw new InvalidDataException($"{Variable} must be 32 bytes as 64 hex digits or in base64; several are separated by commas.");
        }

        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            Create(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != UnixFileMode.None)
        {
            throw new InvalidDataException($"{path} may be read by others; make it mode 0600.");
        }

        return Parse(File.ReadAllText(path)) ?? throw new InvalidDataException($"{path} does not hold a key of 32 bytes.");
    }

    public override string ToString() => "***";

    // Whole and on disk before it has its name: half a key, or a key that a power failure takes back, would lose every secret.
    static void Create(string path)
    {
        var temporary = $"{path}.{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(temporary, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexString(RandomNumberGenerator.GetBytes(Size)) + "\n"));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary); // Another process was first; its key counts.
        }
    }

    static MasterKey? Parse(string text)
    {
        var keys = new List<byte[]>();
        foreach (var one in text.Split([',', '\n', '\r', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = new byte[Size];
            var isKey = one.Length == Size * 2
                ? Convert.FromHexString(one, bytes, out _, out var written) == System.Buffers.OperationStatus.Done && written == Size
                : Base64.IsValid(one, out var length) && length == Size && Convert.TryFromBase64String(one, bytes, out _);
            if (!isKey)
            {
                return null;
            }

            keys.Add(bytes);
        }

        return keys.Count == 0 ? null : new([.. keys]);
    }
}

/// <summary>Seals small secrets with AES-256-GCM. What is sealed for one name cannot be opened under another.</summary>
[DebuggerDisplay("***")]
sealed class SecretBox(byte[][] keys)
{
    const byte Version = 1;
    const int NonceSize = 12;
    const int TagSize = 16;
    const int HeaderSize = 1 + NonceSize + TagSize;

    /// <summary>Version, nonce, tag, ciphertext.</summary>
    public byte[] Seal(string name, ReadOnlySpan<byte> secret)
    {
        var box = new byte[HeaderSize + secret.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceSize));
        using var aes = new AesGcm(keys[0], TagSize);
        aes.Encrypt(
            box.AsSpan(1, NonceSize), secret, box.AsSpan(HeaderSize), box.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(name));
        return box;
    }

    /// <summary>What was sealed, or null when this is no box of these keys and this name.</summary>
    public byte[]? TryOpen(string name, ReadOnlySpan<byte> box)
    {
        if (box.Length < HeaderSize || box[0] != Version)
        {
            return null;
        }

        var secret = new byte[box.Length - HeaderSize];
        foreach (var key in keys)
        {
            using var aes = new AesGcm(key, TagSize);
            try
            {
                aes.Decrypt(box.Slice(1, NonceSize), box[HeaderSize..], box.Slice(1 + NonceSize, TagSize), secret, Encoding.UTF8.GetBytes(name));
                return secret;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Perhaps an older key sealed it.
            }
        }

        return null;
    }

    public override string ToString() => "***";
}
