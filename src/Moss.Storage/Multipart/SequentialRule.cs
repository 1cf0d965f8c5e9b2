using System.Text;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;
using Moss.Protocol.Names;
using Moss.Storage.Encryption;
using Moss.Storage.Metadata;

namespace Moss.Storage.Multipart;

/// <summary>
/// Sequential uploads (<c>sequential</c> at Initiate): parts come as 1, 2, 3..., and the completed object has the MD5 of its whole content. The
/// last part may come again, because a client whose answer was lost sends it again.
/// </summary>
/// <remarks>The state of an MD5 holds up to a block of the bytes it went over, so that of an encrypted upload is encrypted too.</remarks>
static class SequentialRule
{
    /// <summary>Refuses a part that is neither the next one nor the last one again.</summary>
    public static async ValueTask CheckAsync(IMetadataTransaction tx, UploadRecord upload, PartNumber number)
    {
        if (upload.IsSequential)
        {
            var last = (await tx.Parts.FindLastAsync(upload))?.Number.Value ?? 0;
            if (number.Value != last + 1 && (number.Value != last || last == 0))
            {
                throw new OssException(OssErrors.PartNotSequential);
            }
        }
    }

    /// <summary>The MD5 over everything before this part, to go on with; null in an upload that is not sequential.</summary>
    public static async ValueTask<RunningPart?> BeginAsync(
        IMetadataTransaction tx, UploadRecord upload, PartNumber number, DataKeys keys) =>
        upload.IsSequential ? new(await BasisAsync(tx, upload, number, keys)) : null;

    /// <summary>Refuses a part whose predecessor was sent again while it was under way.</summary>
    public static async ValueTask CheckBasisAsync(
        IMetadataTransaction tx, UploadRecord upload, PartNumber number, RunningPart? running, DataKeys keys)
    {
        if (running is null)
        {
            return;
        }

        var basis = await BasisAsync(tx, upload, number, keys);
        if (!running.Basis.AsSpan().SequenceEqual(basis))
        {
            throw new OssException(OssErrors.PartNotSequential);
        }
    }

    /// <summary>The MD5 of the whole, when the list that was completed is the whole sequence; else null.</summary>
    public static byte[]? Md5Of(UploadRecord upload, IReadOnlyList<PartRecord> parts, DataKeys keys) =>
        upload.IsSequential && parts is [.., { RunningMd5: { } state } last] && last.Number.Value == parts.Count
            ? ResumableMd5.Resume(Open(upload, last.Number, state, keys)).Digest()
            : null;

    /// <summary>The state after a part, as it is stored with it.</summary>
    public static byte[]? Save(UploadRecord upload, PartNumber number, RunningPart? running, DataKeys keys) =>
        running is null ? null
        : upload.Attributes.IsEncrypted ? keys.Seal(running.Md5.Save(), Context(upload, number))
        : running.Md5.Save();

    static byte[] Open(UploadRecord upload, PartNumber number, byte[] state, DataKeys keys) =>
        state.Length == ResumableMd5.StateLength ? state
        : keys.TryOpen(state, Context(upload, number)) ?? throw new InvalidDataException($"The state of part {number} of upload {upload.Id} does not open.");

    static byte[] Context(UploadRecord upload, PartNumber number) => Encoding.ASCII.GetBytes($"md5/{upload.Id.Value}/{number.Value}");

    static async ValueTask<byte[]> BasisAsync(IMetadataTransaction tx, UploadRecord upload, PartNumber number, DataKeys keys) =>
        number.Value > 1 && await tx.Parts.FindAsync(upload, PartNumber.Of(number.Value - 1)) is { RunningMd5: { } state } before
            ? Open(upload, before.Number, state, keys)
            : new ResumableMd5().Save();
}

/// <summary>A part of a sequential upload on its way: the MD5 over the whole so far, and the state it began with.</summary>
sealed record RunningPart(byte[] Basis)
{
    public ResumableMd5 Md5 { get; } = ResumableMd5.Resume(Basis);
}
