using System.CommandLine;
using Moss.Cli.Frame;
using Moss.Protocol.Hashing;

namespace Moss.Cli.Transfers;

/// <summary>What is known of one side of a transfer.</summary>
/// <param name="Crc64Async">The checksum; null where it cannot be had.</param>
sealed record Side(long Size, DateTimeOffset Changed, Func<CancellationToken, Task<ulong?>> Crc64Async)
{
    public static Side Of(string path, long size, DateTimeOffset changed) => new(size, changed, ct => FileCrcAsync(path, ct));

    public static Side Of(Moss.Client.ObjectInfo info) => new(info.Size, info.LastModified, _ => Task.FromResult(info.Crc64));

    static async Task<ulong?> FileCrcAsync(string path, CancellationToken ct)
    {
        var crc = new Crc64();
        var buffer = new byte[1024 * 1024];
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1, useAsync: true);
        while (await file.ReadAsync(buffer, ct) is var read and > 0)
        {
            crc.Append(buffer.AsSpan(0, read));
        }

        return crc.Value;
    }
}

/// <summary>When an item need not be done because the other side has it.</summary>
sealed record SkipRule(bool Update, bool SizeOnly, bool Checksum, bool IgnoreExisting)
{
    public static readonly Option<bool> UpdateOption = Options.Flag("--update", "Only what is newer than what stands there.", "-u");
    public static readonly Option<bool> SizeOnlyOption = Options.Flag("--size-only", "Leave out what has the same size there.");
    public static readonly Option<bool> ChecksumOption = Options.Flag("--checksum", "Leave out what has the same size and CRC-64 there, whatever the times.");
    public static readonly Option<bool> IgnoreExistingOption = Options.Flag("--ignore-existing", "Leave out what stands there already, whatever it is.");

    public static readonly Option[] All = [UpdateOption, SizeOnlyOption, ChecksumOption, IgnoreExistingOption];

    public bool IsAny => Update || SizeOnly || Checksum || IgnoreExisting;

    public static SkipRule Read(Invocation invocation) => new(
        invocation.Get(UpdateOption), invocation.Get(SizeOnlyOption), invocation.Get(ChecksumOption), invocation.Get(IgnoreExistingOption));

    /// <summary>Each rule that was given may say that nothing needs to be done.</summary>
    public async Task<bool> IsNeededAsync(Side source, Side? there, CancellationToken ct)
    {
        if (there is null)
        {
            return true;
        }

        if (IgnoreExisting || (SizeOnly && source.Size == there.Size) || (Update && source.Changed <= there.Changed))
        {
            return false;
        }

        if (!Checksum || source.Size != there.Size)
        {
            return true;
        }

        // The remote one is asked first: when it is not known, no file is read for nothing.
        var (first, second) = (await there.Crc64Async(ct), await source.Crc64Async(ct));
        return first is null || first != second;
    }
}
