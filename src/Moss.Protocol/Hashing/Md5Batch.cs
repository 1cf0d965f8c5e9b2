using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Moss.Protocol.Hashing;

/// <summary>The bodies one thread hashes side by side: at most as many as the processor has lanes for.</summary>
sealed class Md5Batch
{
    /// <summary>
    /// Blocks of each body in one run. Between runs bodies join and leave, so this is how long a newcomer waits at most
    /// (16 KiB: about 25 microseconds); the way in and out of the lanes costs less than a hundredth of it.
    /// </summary>
    const int BlocksOfRun = 256;

    const int MaxLanes = 16;

    readonly Md5Stream[] _streams = new Md5Stream[MaxLanes];

    /// <summary>How many bodies fit side by side on this processor.</summary>
    internal static int Lanes { get; } =
        Md5Lanes16.IsSupported ? 16 : Md5Lanes8.IsSupported ? 8 : Md5Lanes4.IsSupported ? 4 : 1;

    internal int Count { get; private set; }

    internal bool IsFull => Count == Lanes;

    internal void Add(Md5Stream stream) => _streams[Count++] = stream;

    internal Md5Stream RemoveLast()
    {
        var last = _streams[--Count];
        _streams[Count] = null!;
        return last;
    }

    /// <summary>Hashes the next blocks of every body, then completes and lets go of those that are done.</summary>
    /// <returns>How many were done.</returns>
    internal int Run()
    {
        var before = Count;
        var blocks = BlocksOfRun;
        for (var lane = Count - 1; lane >= 0; lane--)
        {
            if (IsReadable(lane))
            {
                blocks = Math.Min(blocks, _streams[lane].PendingBlocks);
            }
        }

        if (Count > 0)
        {
            Hash(blocks);
            for (var lane = Count - 1; lane >= 0; lane--)
            {
                Advance(lane, blocks);
            }
        }

        return before - Count;
    }

    /// <summary>Completes every body with a failure, so that none waits for ever.</summary>
    /// <returns>How many there were.</returns>
    internal int Fail(Exception failure)
    {
        var before = Count;
        while (Count > 0)
        {
            RemoveLast().Complete(failure);
        }

        return before;
    }

    void Hash(int blocks)
    {
        if (Count == 1)
        {
            var stream = _streams[0];
            Md5Scalar.Update(ref stream.State, stream.Pending[..(blocks * Md5State.BlockLength)]);
        }
        else if (Count <= 4)
        {
            Hash<Vector128<uint>, Md5Lanes4>(4, blocks);
        }
        else if (Count <= 8)
        {
            Hash<Vector256<uint>, Md5Lanes8>(8, blocks);
        }
        else
        {
            Hash<Vector512<uint>, Md5Lanes16>(16, blocks);
        }
    }

    void Hash<TWord, TVector>(int lanes, int blocks)
        where TWord : struct
        where TVector : struct, IMd5Vector<TWord>
    {
        Span<uint> states = stackalloc uint[4 * MaxLanes];
        states = states[..(4 * lanes)];
        for (var lane = 0; lane < Count; lane++)
        {
            (states[lane], states[lanes + lane], states[(2 * lanes) + lane], states[(3 * lanes) + lane]) = _streams[lane].State;
        }

        var sources = new Md5Sources
        {
            Lane0 = ref Source(0),
            Lane1 = ref Source(1),
            Lane2 = ref Source(2),
            Lane3 = ref Source(3),
        };
        if (lanes > 4)
        {
            sources.Lane4 = ref Source(4);
            sources.Lane5 = ref Source(5);
            sources.Lane6 = ref Source(6);
            sources.Lane7 = ref Source(7);
        }

        if (lanes > 8)
        {
            sources.Lane8 = ref Source(8);
            sources.Lane9 = ref Source(9);
            sources.Lane10 = ref Source(10);
            sources.Lane11 = ref Source(11);
            sources.Lane12 = ref Source(12);
            sources.Lane13 = ref Source(13);
            sources.Lane14 = ref Source(14);
            sources.Lane15 = ref Source(15);
        }

        Md5Kernel<TWord, TVector>.Update(states, ref sources, blocks);
        for (var lane = 0; lane < Count; lane++)
        {
            _streams[lane].State =
                new Md5State(states[lane], states[lanes + lane], states[(2 * lanes) + lane], states[(3 * lanes) + lane]);
        }
    }

    // A lane without a body hashes the first body's blocks once more, for nothing.
    ref byte Source(int lane) => ref MemoryMarshal.GetReference(_streams[lane < Count ? lane : 0].Pending);

    // A body whose memory has gone away (its owner broke the rule of AppendAsync) fails alone; the others go on.
    bool IsReadable(int lane)
    {
        try
        {
            _ = _streams[lane].Pending;
            return true;
        }
        catch (ObjectDisposedException gone)
        {
            Remove(lane).Complete(gone);
            return false;
        }
    }

    void Advance(int lane, int blocks)
    {
        var stream = _streams[lane];
        try
        {
            stream.Advance(blocks);
            if (stream.PendingBlocks == 0)
            {
                Remove(lane).Complete(failure: null);
            }
        }
        catch (ObjectDisposedException gone)
        {
            Remove(lane).Complete(gone);
        }
    }

    Md5Stream Remove(int lane)
    {
        var stream = _streams[lane];
        var last = RemoveLast();
        if (lane < Count)
        {
            _streams[lane] = last;
        }

        return stream;
    }
}
