using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Moss.Protocol.Hashing;

namespace Moss.Protocol.Tests.Hashing;

public sealed class ResumableMd5Tests
{
    [Fact]
    public void A_state_taken_up_again_anywhere_goes_on_to_the_same_md5() =>
        Prop.ForAll(
            (from length in Gen.Choose(0, 300)
             from first in Gen.Choose(0, length)
             from second in Gen.Choose(first, length)
             select (length, first, second)).ToArbitrary(),
            c =>
            {
                var data = Bytes(c.length);
                var md5 = new ResumableMd5();
                md5.Append(data.AsSpan(0, c.first));
                md5 = ResumableMd5.Resume(md5.Save());
                md5.Append(data.AsSpan(c.first, c.second - c.first));
                md5 = ResumableMd5.Resume(md5.Save());
                md5.Append(data.AsSpan(c.second));
                return md5.Length == c.length && md5.Digest().SequenceEqual(MD5.HashData(data));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void A_digest_leaves_the_state_as_it_is()
    {
        var md5 = new ResumableMd5();
        md5.Append("12345"u8);
        var state = md5.Save();
        Assert.Equal(MD5.HashData("12345"u8), md5.Digest());
        Assert.Equal(state, md5.Save());
        md5.Append("6789"u8);
        Assert.Equal(MD5.HashData("123456789"u8), md5.Digest());
    }

    [Fact]
    public void The_saved_state_has_one_form()
    {
        var once = new ResumableMd5();
        once.Append(Bytes(200));
        var twice = new ResumableMd5();
        twice.Append(Bytes(200).AsSpan(0, 63));
        twice.Append(Bytes(200).AsSpan(63));
        Assert.Equal(once.Save(), twice.Save());
    }

    [Fact]
    public void Only_a_state_is_taken_up() =>
        Assert.Throws<ArgumentException>(() => ResumableMd5.Resume(new byte[ResumableMd5.StateLength - 1]));

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public async Task A_digest_hashes_its_body_along_into_a_longer_whole(int length)
    {
        var before = Bytes(77);
        var body = Bytes(length);
        var running = new ResumableMd5();
        running.Append(before);
        using var digest = new BodyDigest(running);
        await digest.AppendAsync(body.AsMemory(0, length / 3));
        await digest.AppendAsync(new System.Buffers.ReadOnlySequence<byte>(body.AsMemory(length / 3)));

        var md5 = new byte[BodyDigest.Md5Length];
        digest.Finish(md5, out var crc64);

        Assert.Equal(MD5.HashData(body), md5);
        Assert.Equal(Crc64.Compute(body), crc64);
        Assert.Equal(MD5.HashData([.. before, .. body]), running.Digest());
    }

    static byte[] Bytes(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        return data;
    }
}
