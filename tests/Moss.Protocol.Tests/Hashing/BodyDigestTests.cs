using System.Buffers;
using System.Security.Cryptography;
using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class BodyDigestTests
{
    [Fact]
    public async Task Both_checksums_are_those_of_the_whole_body()
    {
        var data = new byte[100_000];
        new Random(1).NextBytes(data);
        using var digest = new BodyDigest();

        await digest.AppendAsync(data.AsMemory(0, 10_001));
        await digest.AppendAsync(new ReadOnlySequence<byte>(data.AsMemory(10_001)));

        Assert.Equal(data.Length, digest.Length);
        AssertFinished(digest, data);
    }

    [Fact]
    public void An_empty_body_has_its_checksums()
    {
        using var digest = new BodyDigest();
        AssertFinished(digest, []);
    }

    [Fact]
    public async Task A_finished_digest_starts_anew()
    {
        using var digest = new BodyDigest();
        await digest.AppendAsync(new byte[77]);
        AssertFinished(digest, new byte[77]);
        Assert.Equal(0, digest.Length);
        AssertFinished(digest, []);
    }

    [Fact]
    public void Room_for_the_md5_must_be_exact()
    {
        using var digest = new BodyDigest();
        Assert.Throws<ArgumentException>(() => digest.Finish(new byte[15], out _));
    }

    static void AssertFinished(BodyDigest digest, byte[] data)
    {
        Span<byte> md5 = stackalloc byte[BodyDigest.Md5Length];
        digest.Finish(md5, out var crc64);
        Assert.Equal(MD5.HashData(data), md5.ToArray());
        Assert.Equal(Crc64.Compute(data), crc64);
    }
}
