using System.Net;
using Moss.Server.Pipeline;

namespace Moss.Server.Tests.Pipeline;

public sealed class FairShareTests
{
    [Fact]
    public void One_alone_gets_half_and_whoever_comes_later_still_finds_something()
    {
        var share = new FairShare(512);
        Assert.Equal(256, TakeAll(share, "a"));
        Assert.Equal(128, TakeAll(share, "b"));
        Assert.Equal(64, TakeAll(share, "c"));
        Assert.False(share.TryTake("a"));
        share.Return("a");
        Assert.False(share.TryTake("a"));
        Assert.True(share.TryTake("d"));
    }

    [Fact]
    public void There_is_an_end_and_everything_comes_back()
    {
        var share = new FairShare(10);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(share.TryTake($"holder {i}"));
        }

        Assert.False(share.TryTake("one more"));
        for (var i = 0; i < 10; i++)
        {
            share.Return($"holder {i}");
        }

        Assert.Equal(5, TakeAll(share, "a"));
    }

    [Fact]
    public void Large_amounts_keep_to_it_as_well()
    {
        var share = new FairShare(1000);
        Assert.False(share.TryTake("a", 501));
        Assert.True(share.TryTake("a", 500));
        Assert.False(share.TryTake("a"));
        Assert.False(share.TryTake("b", 251));
        Assert.True(share.TryTake("b", 250));
        share.Return("a", 500);
        Assert.True(share.TryTake("b", 125));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3::1", "20010DB800010002")]
    [InlineData("2001:db8:1:2::", "20010DB800010002")]
    public void A_client_is_its_address_or_its_network(string address, string holder) =>
        Assert.Equal(holder, FairShare.HolderOf(IPAddress.Parse(address)));

    static int TakeAll(FairShare share, string holder)
    {
        var taken = 0;
        while (share.TryTake(holder))
        {
            taken++;
        }

        return taken;
    }
}
