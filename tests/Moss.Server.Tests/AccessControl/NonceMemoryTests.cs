using Moss.Server.AccessControl.Sts;

namespace Moss.Server.Tests.AccessControl;

public sealed class NonceMemoryTests
{
    readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    readonly NonceMemory _nonces;

    public NonceMemoryTests() => _nonces = new(_time);

    [Fact]
    public void A_nonce_is_used_once_by_each_key_until_its_call_is_over()
    {
        Assert.True(Use("alice", "key1", "n"));
        Assert.False(Use("alice", "key1", "n"));
        Assert.True(Use("alice", "key2", "n"));
        Assert.True(Use("bob", "key3", "n"));

        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.False(Use("alice", "key1", "n"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(Use("alice", "key1", "n"));
    }

    [Fact]
    public void Whoever_uses_up_its_share_keeps_nobody_else_out_however_many_keys_it_has()
    {
        // All that are free, but for as many as it has itself.
        Assert.Equal(NonceMemory.Own + (NonceMemory.MaxPlaces / 2), UseUp("mallory"));
        Assert.True(Use("alice", "key", "n"));
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(NonceMemory.Own + (NonceMemory.MaxPlaces / 2), UseUp("mallory"));
    }

    [Fact]
    public void When_others_have_used_up_their_shares_everybody_still_has_one_and_some_places_of_its_own()
    {
        foreach (var number in Enumerable.Range(1, 16))
        {
            Assert.Equal(NonceMemory.Own + (NonceMemory.MaxPlaces >> number), UseUp($"sender{number}"));
        }

        // The last place of all is taken by whoever has none.
        Assert.Equal(NonceMemory.Own + 1, UseUp("last"));
        Assert.Equal(NonceMemory.Own + 1, UseUp("later"));
        Assert.Equal(NonceMemory.Own, UseUp("latest"));
    }

    int UseUp(string sender)
    {
        for (var used = 0; ; used++)
        {
            try
            {
                Assert.True(Use(sender, $"key{used % 10}", $"n{used}"));
            }
            catch (StsException refusal)
            {
                Assert.Equal("Throttling", refusal.Code);
                return used;
            }
        }
    }

    bool Use(string sender, string key, string nonce) => _nonces.TryUse(sender, key, nonce, _time.GetUtcNow().AddMinutes(15));
}
