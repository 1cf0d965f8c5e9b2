using System.Security.Cryptography;
using System.Text.Json;
using Moss.Protocol.Signing;

namespace Moss.Server.Hosting;

/// <summary>
/// The directory that holds everything: the catalogue, the blobs, the root credential, and a lock that keeps a second server out.
/// </summary>
sealed class DataDirectory : IDisposable
{
    const string LockFile = "moss.lock";
    const string CredentialFile = "root-credential.json";
    const string IdCharacters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    const string SecretCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    readonly FileStream? _lock;

    DataDirectory(string path, FileStream? held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Opens the directory, or makes it, readable by its owner alone.</summary>
    /// <param name="path">Relative to the working directory, or absolute.</param>
    /// <param name="exclusive">Keeps every other server out; false where several may share the blobs.</param>
    /// <exception cref="StartException">It cannot be written, or another server uses it.</exception>
    public static DataDirectory Open(string path, bool exclusive)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            if (!Directory.Exists(full))
            {
                CreatePrivate(full);
            }

            return new(full, exclusive ? Lock(full) : null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new StartException($"cannot use the data directory {full}: {exception.Message}", exception);
        }
    }

    /// <summary>The root credential of an earlier start, or a new one, which is written before it is handed out.</summary>
    /// <param name="made">Whether it is new.</param>
    /// <exception cref="StartException">The file cannot be read or written.</exception>
    public RootCredential ReadOrMakeCredential(out bool made)
    {
        var path = System.IO.Path.Combine(Path, CredentialFile);
        made = false;
        try
        {
            if (File.Exists(path))
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(path));
                return new(
                    document.RootElement.GetProperty("accessKeyId").GetString()!,
                    new AccessKeySecret(document.RootElement.GetProperty("accessKeySecret").GetString()!));
            }

            made = true;
            return MakeCredential(path);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new StartException($"cannot use the root credential in {path}: {exception.Message}", exception);
        }
    }

    public void Dispose() => _lock?.Dispose();

    static FileStream Lock(string directory)
    {
        try
        {
            return new(System.IO.Path.Combine(directory, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException))
        {
            throw new StartException($"the data directory {directory} is in use by another server", exception);
        }
    }

    static RootCredential MakeCredential(string path)
    {
        var credential = new RootCredential(
            "MOSS" + RandomNumberGenerator.GetString(IdCharacters, 16),
            new AccessKeySecret(RandomNumberGenerator.GetString(SecretCharacters, 32)));

        // Under another name first: a crash must not leave half a credential.
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, PrivateFile()))
        {
            using (var writer = new Utf8JsonWriter(file))
            {
                writer.WriteStartObject();
                writer.WriteString("accessKeyId", credential.AccessKeyId);
                writer.WriteString("accessKeySecret", credential.Secret.Reveal());
                writer.WriteEndObject();
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path);
        return credential;
    }

    static FileStreamOptions PrivateFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
