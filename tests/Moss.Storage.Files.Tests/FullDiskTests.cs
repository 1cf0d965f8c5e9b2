using System.Collections.Concurrent;
using System.Diagnostics;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>No room: a clear error, nothing left behind, and everything as before once there is room again.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    bool _mounted;

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", _directory.Path);
        }

        _directory.Dispose();
    }

    [Theory]
    [InlineData("tmpfs", true)]
    [InlineData("tmpfs", false)]
    [InlineData("ext4", true)]
    [InlineData("ext4", false)]
    public async Task A_full_file_system_refuses_blobs_and_forgets_them(string type, bool durable)
    {
        Mount(type);
        await using var store = FileBlobStore.Open(_directory.Path, durable);
        await store.RecoverAsync("full", CancellationToken.None);
        var stored = new ConcurrentDictionary<BlobId, byte[]>();
        await FillAsync(store, stored, 1_500_000, expected: true);
        await FillAsync(store, stored, 1_500_000, expected: false);
        await FillAsync(store, stored, 40_000, expected: true);
        await AssertHoldsAsync(store, stored);

        var free = new DriveInfo(_directory.Path).AvailableFreeSpace;
        var writer = await store.CreateAsync(TestBytes.NewId(), 4_000_000, CancellationToken.None);
        await Assert.ThrowsAsync<StorageFullException>(async () =>
        {
            await writer.WriteAsync(new(new byte[4_000_000]), CancellationToken.None);
            await writer.CommitAsync(CancellationToken.None);
        });
        await Assert.ThrowsAnyAsync<InvalidOperationException>(
            async () => await writer.CommitAsync(CancellationToken.None));
        await writer.DisposeAsync();
        Assert.InRange(new DriveInfo(_directory.Path).AvailableFreeSpace, free, long.MaxValue);

        foreach (var id in stored.Keys.Take(3).ToArray())
        {
            await store.DeleteAsync(id, CancellationToken.None);
            stored.TryRemove(id, out _);
        }

        await AssertHoldsAsync(store, stored);
        await FillAsync(store, stored, 40_000, expected: true);
        await AssertHoldsAsync(store, stored);
    }

    [Fact]
    public async Task A_file_size_limit_is_a_full_disk()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ulimit is a matter of Unix");
        foreach (var kind in new[] { "durable", "plain", "ci" })
        {
            var directory = Path.Combine(_directory.Path, kind);
            using var child = ChildProcess.Start(ChildProcess.WritesLarge, directory, fileLimit: 4000);
            var outcome = await child.StandardOutput.ReadToEndAsync();
            await child.WaitForExitAsync();
            Assert.Equal($"{nameof(StorageFullException)}\n", outcome);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(directory, "blobs"), "*", SearchOption.AllDirectories));
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(directory, "tmp")));
        }
    }

    [Fact]
    public async Task The_reserve_is_kept_free()
    {
        var free = new DriveInfo(_directory.Path).AvailableFreeSpace;
        await using var store = FileBlobStore.Open(_directory.Path, durable: false, reservedBytes: free / 2);
        await store.RecoverAsync("reserve", CancellationToken.None);
        await (await store.CreateAsync(TestBytes.NewId(), 1000, CancellationToken.None)).DisposeAsync();
        await Assert.ThrowsAsync<StorageFullException>(
            async () => await store.CreateAsync(TestBytes.NewId(), free / 4 * 3, CancellationToken.None));
    }

    static async Task FillAsync(FileBlobStore store, ConcurrentDictionary<BlobId, byte[]> stored, int length, bool expected)
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async seed =>
        {
            for (var i = 0; ; i++)
            {
                var data = TestBytes.Make((seed * 1000) + i, length);
                var id = TestBytes.NewId();
                try
                {
                    using var digest = new BodyDigest();
                    await using var writer = await store.CreateAsync(id, expected ? length : null, CancellationToken.None, digest);
                    await writer.WriteAsync(TestBytes.Split(data, 100_000), CancellationToken.None);
                    await writer.CompleteAsync();
                    await writer.CommitAsync(CancellationToken.None);
                }
                catch (StorageFullException)
                {
                    return;
                }

                stored[id] = data;
            }
        }));
    }

    static async Task AssertHoldsAsync(FileBlobStore store, ConcurrentDictionary<BlobId, byte[]> stored)
    {
        var found = new List<BlobId>();
        await foreach (var id in store.ListAsync(CancellationToken.None))
        {
            found.Add(id);
        }

        Assert.Equal(stored.Keys.Order(), found.Order());
        foreach (var (id, data) in stored)
        {
            await using var reader = await store.OpenAsync(id, data.Length, CancellationToken.None);
            var read = new byte[data.Length];
            Assert.Equal(data.Length, await reader.ReadAsync(0, read, CancellationToken.None));
            Assert.True(data.AsSpan().SequenceEqual(read));
        }
    }

    void Mount(string type)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may mount");
        if (type == "tmpfs")
        {
            _mounted = Run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", _directory.Path) == 0;
        }
        else
        {
            var image = $"{_directory.Path}.image";
            using (var file = File.Create(image))
            {
                file.SetLength(32 << 20);
            }

            // The mount holds the image, which vanishes with it.
            _mounted = Run("mkfs.ext4", "-q", "-F", image) == 0 && Run("mount", "-o", "loop", image, _directory.Path) == 0;
            File.Delete(image);
        }

        Assert.SkipUnless(_mounted, $"no {type} can be mounted here");
    }

    static int Run(string name, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, arguments)
            {
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }
}
