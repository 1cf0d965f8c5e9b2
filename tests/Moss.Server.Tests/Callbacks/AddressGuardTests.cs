using System.Net;
using Moss.Server.AccessControl;
using Moss.Server.Callbacks;

namespace Moss.Server.Tests.Callbacks;

public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("192.0.0.192", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b:1::1", false)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("100::1", false)]
    public void Only_public_addresses_may_be_called(string address, bool isCallable) =>
        Assert.Equal(isCallable, new AddressGuard([]).MayCall(IPAddress.Parse(address)));

    [Fact]
    public void What_the_operator_allows_is_allowed_in_either_dress_and_nothing_else()
    {
        var guard = new AddressGuard([CidrRange.Parse("10.1.0.0/16"), CidrRange.Parse("fd00::/8")]);

        Assert.True(guard.MayCall(IPAddress.Parse("10.1.2.3")));
        Assert.True(guard.MayCall(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(guard.MayCall(IPAddress.Parse("fd00::1")));
        Assert.False(guard.MayCall(IPAddress.Parse("10.2.0.1")));
        Assert.False(guard.MayCall(IPAddress.Parse("127.0.0.1")));
    }

    [Theory]
    [InlineData("10.0.0.0", "10.0.0.0/32")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10.0.0/8", null)]
    [InlineData("10.0.0.0/-1", null)]
    [InlineData("host", null)]
    public void A_range_is_read_or_refused(string text, string? expected) =>
        Assert.Equal(expected, CidrRange.TryParse(text, out var range) ? range.ToString() : null);
}
