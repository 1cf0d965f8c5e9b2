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
        for (var used = 0; used < NonceMemory.MaxShare; used++)
        {
            Assert.True(Use("mallory", $"key{used % 10}", $"n{used}"));
        }

        Assert.Equal("Throttling", Assert.Throws<StsException>(() => { Use("mallory", "key0", "more"); }).Code);
        Assert.True(Use("alice", "key", "n"));
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(Use("mallory", "key0", "again"));
    }

    [Fact]
    public void When_all_places_are_taken_everybody_still_has_some_of_its_own()
    {
        for (var number = 0; number < NonceMemory.MaxPlaces; number++)
        {
            Assert.True(Use($"sender{number % 8}", "key", $"n{number}"));
        }

        Assert.Throws<StsException>(() => { Use("sender0", "key", "more"); });
        for (var number = 0; number < NonceMemory.Own; number++)
        {
            Assert.True(Use("alice", "key", $"n{number}"));
        }

        Assert.Throws<StsException>(() => { Use("alice", "key", "more"); });
    }

    bool Use(string sender, string key, string nonce) => _nonces.TryUse(sender, key, nonce, _time.GetUtcNow().AddMinutes(15));
}
