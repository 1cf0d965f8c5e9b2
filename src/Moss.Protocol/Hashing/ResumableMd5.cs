namespace Moss.Protocol.Hashing;

/// <summary>
/// MD5 (RFC 1321) whose state can be put away and taken up again: the MD5 over all parts of a sequential upload goes on from part to part,
/// across requests and restarts. One caller at a time.
/// </summary>
public sealed class ResumableMd5
{
    /// <summary>The length of a saved state in bytes: four words, the length so far, and up to one open block.</summary>
    public const int StateLength = Md5Stream.SavedLength;

    /// <summary>Bytes so far.</summary>
    public long Length => Stream.Length;

    internal Md5Stream Stream { get; } = new(Md5Scheduler.Shared);

    /// <summary>Takes up a saved state.</summary>
    /// <exception cref="ArgumentException">It is not <see cref="StateLength"/> bytes long.</exception>
    public static ResumableMd5 Resume(ReadOnlySpan<byte> state)
    {
        if (state.Length != StateLength)
        {
            throw new ArgumentException("Not a saved MD5 state.", nameof(state));
        }

        var md5 = new ResumableMd5();
        md5.Stream.Load(state);
        return md5;
    }

    /// <summary>The state as it is now.</summary>
    public byte[] Save()
    {
        var state = new byte[StateLength];
        Stream.Save(state);
        return state;
    }

    /// <summary>Takes in the next bytes on the spot; beside the body's own digest, give this to <see cref="BodyDigest(ResumableMd5)"/>.</summary>
    public void Append(ReadOnlySpan<byte> data) => Stream.Append(data);

    /// <summary>The MD5 of everything so far. The state stays as it is.</summary>
    public byte[] Digest()
    {
        var digest = new byte[Md5State.Length];
        Resume(Save()).Stream.Finish(digest);
        return digest;
    }
}
