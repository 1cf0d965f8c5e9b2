using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class Md5Tests
{
    [Fact]
    public void A_body_alone_agrees_with_the_platform_at_every_length_and_split()
    {
        Prop.ForAll(
            (from length in Gen.Choose(0, 300) from split in Gen.Choose(0, length) select (length, split)).ToArbitrary(),
            c =>
            {
                var data = Bytes(c.length, c.length);
                var stream = new Md5Stream(new Md5Scheduler(1, TimeProvider.System));
                stream.Append(data.AsSpan(0, c.split));
                stream.Append(data.AsSpan(c.split));
                return Finish(stream).SequenceEqual(MD5.HashData(data));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Lanes_agree_with_the_scalar_rounds(int lanes)
    {
        var (supported, update) = Kernel(lanes);
        Assert.SkipUnless(supported, $"this processor has no {lanes} lanes");

        for (var blocks = 0; blocks < 20; blocks++)
        {
            var bodies = Enumerable.Range(0, 16).Select(lane => Bytes((64 * blocks) + 1, (100 * blocks) + lane)).ToArray();
            var states = new uint[4 * lanes];
            new Random(blocks).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(states.AsSpan()));
            var before = states.ToArray();

            update(states, bodies, blocks);

            for (var lane = 0; lane < lanes; lane++)
            {
                var expected = StateOf(before, lanes, lane);
                Md5Scalar.Update(ref expected, bodies[lane].AsSpan(1));
                Assert.Equal(expected, StateOf(states, lanes, lane));
            }
        }
    }

    delegate void Update(uint[] states, byte[][] bodies, int blocks);

    static (bool Supported, Update Update) Kernel(int lanes) => lanes switch
    {
        4 => (Md5Lanes4.IsSupported, UpdateLanes<Vector128<uint>, Md5Lanes4>),
        8 => (Md5Lanes8.IsSupported, UpdateLanes<Vector256<uint>, Md5Lanes8>),
        _ => (Md5Lanes16.IsSupported, UpdateLanes<Vector512<uint>, Md5Lanes16>),
    };

    // From an odd offset, so that no load is aligned.
    static void UpdateLanes<TWord, TVector>(uint[] states, byte[][] bodies, int blocks)
        where TWord : struct
        where TVector : struct, IMd5Vector<TWord>
    {
        var bytes = bodies.Select(body => body.Append((byte)0).ToArray()).ToArray();
        var sources = new Md5Sources
        {
            Lane0 = ref bytes[0][1],
            Lane1 = ref bytes[1][1],
            Lane2 = ref bytes[2][1],
            Lane3 = ref bytes[3][1],
            Lane4 = ref bytes[4][1],
            Lane5 = ref bytes[5][1],
            Lane6 = ref bytes[6][1],
            Lane7 = ref bytes[7][1],
            Lane8 = ref bytes[8][1],
            Lane9 = ref bytes[9][1],
            Lane10 = ref bytes[10][1],
            Lane11 = ref bytes[11][1],
            Lane12 = ref bytes[12][1],
            Lane13 = ref bytes[13][1],
            Lane14 = ref bytes[14][1],
            Lane15 = ref bytes[15][1],
        };
        Md5Kernel<TWord, TVector>.Update(states, ref sources, blocks);
    }

    static Md5State StateOf(uint[] states, int lanes, int lane) =>
        new(states[lane], states[lanes + lane], states[(2 * lanes) + lane], states[(3 * lanes) + lane]);

    static byte[] Finish(Md5Stream stream)
    {
        var md5 = new byte[16];
        stream.Finish(md5);
        return md5;
    }

    static byte[] Bytes(int length, int seed)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }
}
