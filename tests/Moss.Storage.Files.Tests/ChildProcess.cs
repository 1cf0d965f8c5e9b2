using System.Diagnostics;
using Moss.Protocol.Hashing;
using Moss.Storage.Blobs;
using Moss.Storage.Conformance.Blobs;

namespace Moss.Storage.Files.Tests;

/// <summary>What a child process of these tests does, and how it is started.</summary>
static class ChildProcess
{
    /// <summary>Writes blobs until it is killed, and prints the id of each that was acknowledged.</summary>
    internal const string Writes = "writes";

    /// <summary>Writes one blob of 8 MiB and prints what became of it.</summary>
    internal const string WritesLarge = "writes-large";

    internal static async Task<int> RunAsync(string work, string directory)
    {
        // A child does not outlive its test: its input ends with it.
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            Environment.Exit(3);
        });
        await using var store = OpenStore(directory);
        await store.RecoverAsync("child", CancellationToken.None);
        switch (work)
        {
            case Writes:
                await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => WriteForeverAsync(store)));
                return 0;
            case WritesLarge:
                Console.WriteLine((await Record.ExceptionAsync(() => WriteAsync(store, TestBytes.NewId(), new byte[8 << 20])))?.GetType().Name ?? "written");
                return 0;
            default:
                return 2;
        }
    }

    /// <summary>Starts a child, perhaps with the longest file it may write, in KiB.</summary>
    internal static Process Start(string work, string directory, int? fileLimit = null)
    {
        string[] command = [Environment.ProcessPath!, "child", work, directory];
        // The signal that comes with a write beyond the limit would end the child.
        var start = fileLimit is null
            ? new ProcessStartInfo(command[0], command[1..])
            : new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {fileLimit}; exec \"$@\"", "bash", .. command]);
        // The runtime keeps generated code in a file longer than the limit, unless told not to.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }

    /// <summary>The store of a child: its name says of which kind.</summary>
    internal static FileBlobStore OpenStore(string directory) => Path.GetFileName(directory) switch
    {
        "ci" => FileBlobStore.Open(directory, durable: false),
        "plain" => FileBlobStore.Open(directory, durable: true, reservedBytes: 0, default(FileSystemAbilities)),
        _ => FileBlobStore.Open(directory, durable: true),
    };

    /// <summary>The bytes of a child's blob follow from its id: from nothing to some MiB, small ones mostly.</summary>
    internal static byte[] BytesOf(BlobId id)
    {
        var seed = BitConverter.ToInt32(id.ToByteArray(), BlobId.Size - sizeof(int));
        var random = new Random(seed);
        return TestBytes.Make(seed, random.Next(4) == 0 ? random.Next(4 << 20) : random.Next(100_000));
    }

    static async Task WriteForeverAsync(FileBlobStore store)
    {
        while (true)
        {
            var id = TestBytes.NewId();
            await WriteAsync(store, id, BytesOf(id));
            Console.WriteLine(id);
        }
    }

    static async Task WriteAsync(FileBlobStore store, BlobId id, byte[] data)
    {
        using var digest = new BodyDigest();
        await using var writer = await store.CreateAsync(id, data.Length, CancellationToken.None, digest);
        await writer.WriteAsync(TestBytes.Split(data, 100_000), CancellationToken.None);
        await writer.CompleteAsync();
        await writer.CommitAsync(CancellationToken.None);
    }
}
