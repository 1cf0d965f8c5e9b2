using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Files.Interop;

namespace Moss.Storage.Files;

/// <summary>
/// Blobs as files: <c>blobs/xx/ID</c>, where xx are the last two digits of the id, in the format of <see cref="BlobFormat"/>. What
/// is not whole has no name where the file system allows it, else one in <c>tmp</c>. <c>catalogue</c> names the metadata
/// store that the blobs belong to. Several processes may use one directory.
/// </summary>
public sealed class FileBlobStore : IBlobStore
{
    const int FanOut = 256;

    // Processes that bind one new directory at the same time disturb each other once or twice at most.
    const int MaxBindings = 10;

    // So many commits are on their way to the device together; its journal takes them all at once.
    const int MaxThreads = 64;

    readonly BlobDirectory _root;
    readonly string _temporary;
    readonly BlobDirectory[] _directories;
    readonly FileSystemAbilities _abilities;
    readonly bool _durable;
    readonly long _reservedBytes;
    readonly DriveInfo _drive;

    FileBlobStore(string directory, bool durable, long reservedBytes, FileSystemAbilities? abilities)
    {
        _durable = durable;
        _reservedBytes = reservedBytes;
        _drive = new(directory);
        _root = new(directory, durable);
        _temporary = Path.Combine(directory, "tmp");
        var blobs = Path.Combine(directory, "blobs");
        Directory.CreateDirectory(_temporary);
        Directory.CreateDirectory(blobs);
        _directories = new BlobDirectory[FanOut];
        for (var i = 0; i < FanOut; i++)
        {
            var path = Path.Combine(blobs, i.ToString("x2", null));
            Directory.CreateDirectory(path);
            _directories[i] = new(path, durable);
        }

        using (var parent = new BlobDirectory(blobs, durable))
        {
            parent.Sync();
        }

        _root.Sync();
        _abilities = abilities ?? FileSystemAbilities.Probe(_temporary);
        // What is not durable is soon read or thrown away: the page cache is the place for it.
        _abilities = _abilities with { Direct = _abilities.Direct && durable };
    }

    internal WriteBufferPool Buffers { get; } = new();

    internal IoThreads Threads { get; } = new("blob I/O", MaxThreads);

    internal bool IsDurable => _durable;

    /// <summary>Whether a write waits for the device, not only for the page cache.</summary>
    internal bool WritesWait => _abilities.Direct;

    /// <summary>Opens a store, and makes it where there is none.</summary>
    /// <param name="durable">Whether a commit waits until the blob is on the device; without, a crash of the machine loses blobs.</param>
    /// <param name="reservedBytes">
    /// The room to be left free on the device: a blob for which there is less is refused when it is begun.
    /// </param>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be used.</exception>
    public static FileBlobStore Open(string directory, bool durable, long reservedBytes = 0) =>
        Open(directory, durable, reservedBytes, abilities: null);

    internal static FileBlobStore Open(string directory, bool durable, long reservedBytes, FileSystemAbilities? abilities)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reservedBytes);
        directory = Path.GetFullPath(directory);
        Create(directory, durable);
        return new(directory, durable, reservedBytes, abilities);
    }

    public ValueTask<IBlobWriter> CreateAsync(BlobId id, long? expectedLength, CancellationToken ct, BodyDigest? digest = null)
    {
        ct.ThrowIfCancellationRequested();
        if (_reservedBytes > 0 && _drive.AvailableFreeSpace - (expectedLength ?? 0) < _reservedBytes)
        {
            throw Full(null);
        }

        return new(new FileBlobWriter(this, id, expectedLength, digest));
    }

    public async ValueTask<IBlobReader> OpenAsync(BlobId id, long length, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        SafeFileHandle file;
        try
        {
            file = LibC.IsSupported
                ? LibC.OpenToRead(PathOf(id))
                : File.OpenHandle(PathOf(id), share: FileShare.ReadWrite | FileShare.Delete);
        }
        // Any other failure, such as too many open files, says nothing about the blob.
        catch (IOException e) when (e is FileNotFoundException || e.HResult is ErrorNumber.NoSuchFile or ErrorNumber.InputOutput)
        {
            BlobMetrics.Damaged.Add(1);
            throw new BlobDamagedException(id, "cannot be opened", e);
        }

        return await CheckedBlobReader.OpenAsync(id, length, new StoredFile(file, Threads), ct);
    }

    public ValueTask DeleteAsync(BlobId id, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new IoWork(() => File.Delete(PathOf(id))).RunAsync(Threads);
    }

    public async IAsyncEnumerable<BlobId> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var directory in _directories)
        {
            var names = new FileSystemEnumerable<BlobId>(directory.Path, Parse) { ShouldIncludePredicate = IsBlob };
            foreach (var id in names)
            {
                ct.ThrowIfCancellationRequested();
                yield return id;
            }
        }

        await ValueTask.CompletedTask;

        static BlobId Parse(ref FileSystemEntry entry) => BlobId.TryParse(entry.FileName, out var id) ? id : default;

        static bool IsBlob(ref FileSystemEntry entry) => BlobId.TryParse(entry.FileName, out _);
    }

    public ValueTask RecoverAsync(string storeId, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        ArgumentException.ThrowIfNullOrEmpty(storeId);
        return new IoWork(() =>
        {
            Bind(storeId);
            RemoveLeftovers();
        }).RunAsync(Threads);
    }

    public async ValueTask DisposeAsync()
    {
        Threads.Dispose();
        foreach (var directory in _directories)
        {
            directory.Dispose();
        }

        _root.Dispose();
        await ValueTask.CompletedTask;
    }

    /// <summary>Runs what waits for the device: on a thread of its own, or at once where it does not wait long.</summary>
    internal ValueTask RunAsync(Action action) => new IoWork(action).RunAsync(_durable ? Threads : null);

    // Makes a directory, and what leads to it, as durable as what will stand in it.
    static void Create(string directory, bool durable)
    {
        if (Directory.Exists(directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(directory)!;
        Create(parent, durable);
        Directory.CreateDirectory(directory);
        using var made = new BlobDirectory(parent, durable);
        made.Sync();
    }

    internal NewFile CreateFile(BlobId id, long? expectedLength) => new(
        DirectoryOf(id),
        Path.Combine(_temporary, id.ToString()),
        _abilities,
        expectedLength is { } length ? BlobFormat.StoredLength(length) : 0);

    internal void Publish(NewFile file, BlobId id, long size) => file.Publish(DirectoryOf(id), PathOf(id), size, _durable);

    internal StorageFullException Full(Exception? inner) => new($"There is no room on the device of {_root.Path}.", inner);

    BlobDirectory DirectoryOf(BlobId id)
    {
        Span<byte> bytes = stackalloc byte[BlobId.Size];
        id.Write(bytes);
        return _directories[bytes[^1]];
    }

    string PathOf(BlobId id) => Path.Combine(DirectoryOf(id).Path, id.ToString());

    // The first catalogue that comes writes its name; of two that come together one finds the name taken.
    void Bind(string storeId)
    {
        var path = Path.Combine(_root.Path, "catalogue");
        for (var attempt = 1; !File.Exists(path); attempt++)
        {
            try
            {
                WriteCatalogue(path, storeId);
            }
            catch (IOException) when (File.Exists(path) || attempt < MaxBindings)
            {
                // Another process was first, or its clean-up took the new file before it was locked.
            }
        }

        if (ReadCatalogue(path) is var bound && bound != storeId)
        {
            throw new InvalidDataException($"The blobs in {_root.Path} belong to the catalogue {bound}, not to {storeId}.");
        }
    }

    // Opened without a lock: the process that wrote the name may still hold its own for a moment, and what is linked is whole.
    static string ReadCatalogue(string path)
    {
        using var file = LibC.IsSupported
            ? LibC.OpenToRead(path)
            : File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[RandomAccess.GetLength(file)];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }

    void WriteCatalogue(string path, string storeId)
    {
        var temporary = Path.Combine(_temporary, Path.GetRandomFileName());
        using var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, NewFile.Locked);
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(storeId), 0);
        BlobDirectory.Sync(file);
        try
        {
            if (LibC.IsSupported)
            {
                LibC.Link(temporary, path);
            }
            else
            {
                File.Move(temporary, path, overwrite: false);
            }
        }
        finally
        {
            File.Delete(temporary);
        }

        _root.Sync();
    }

    // A file that a living writer has is locked by it.
    void RemoveLeftovers()
    {
        foreach (var path in Directory.EnumerateFiles(_temporary))
        {
            try
            {
                using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, NewFile.Locked);
                File.Delete(path);
            }
            catch (IOException)
            {
                // In use, or gone meanwhile; anything else keeps a file that nobody reads, until the next start.
            }
        }
    }
}
