using System.Security.Cryptography;
using System.Text;
using Moss.Server.AccessControl;
using Moss.Server.AccessControl.Tokens;

namespace Moss.Server.Tests.AccessControl;

public sealed class MasterKeyTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("moss-key-").FullName;

    [Fact]
    public void A_key_is_made_once_for_its_owner_alone()
    {
        var box = MasterKey.Load(given: null, _directory).ForPurpose("test").Seal("name", "secret"u8);

        var path = Path.Combine(_directory, MasterKey.FileName);
        Assert.Equal("secret"u8, MasterKey.Load(given: null, _directory).ForPurpose("test").TryOpen("name", box)!);
        Assert.Equal([path], Directory.GetFiles(_directory));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            Assert.Throws<InvalidDataException>(() => MasterKey.Load(given: null, _directory));
        }
    }

    [Fact]
    public void A_given_key_is_read_in_both_spellings_and_leaves_no_file()
    {
        var key = RandomNumberGenerator.GetBytes(MasterKey.Size);
        var box = MasterKey.Load(Convert.ToHexString(key), _directory).ForPurpose("test").Seal("n", "secret"u8);

        Assert.Equal("secret"u8, MasterKey.Load(Convert.ToBase64String(key), _directory).ForPurpose("test").TryOpen("n", box)!);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void Of_several_keys_the_first_seals_and_each_opens_what_it_sealed()
    {
        string[] keys = [.. Enumerable.Range(0, 2).Select(_ => Convert.ToHexString(RandomNumberGenerator.GetBytes(MasterKey.Size)))];
        var old = MasterKey.Load(keys[0], _directory).ForPurpose("test").Seal("n", "secret"u8);
        var both = MasterKey.Load($"{keys[1]}, {keys[0]}", _directory).ForPurpose("test");
        Assert.Equal("secret"u8, both.TryOpen("n", old)!);
        var young = both.Seal("n", "secret"u8);
        Assert.Equal("secret"u8, MasterKey.Load(keys[1], _directory).ForPurpose("test").TryOpen("n", young)!);
        Assert.Null(MasterKey.Load(keys[0], _directory).ForPurpose("test").TryOpen("n", young));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    [InlineData("AAAA")]
    public void A_malformed_key_stops_the_start(string given) =>
        Assert.Throws<InvalidDataException>(() => MasterKey.Load(given, _directory));

    [Fact]
    public void A_box_opens_for_its_name_and_purpose_alone_and_not_when_any_bit_was_changed()
    {
        var master = new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size));
        var box = master.ForPurpose("a").Seal("one", "secret"u8);

        Assert.Null(master.ForPurpose("a").TryOpen("two", box));
        Assert.Null(master.ForPurpose("b").TryOpen("one", box));
        for (var bit = 0; bit < box.Length * 8; bit++)
        {
            var changed = box.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(master.ForPurpose("a").TryOpen("one", changed));
        }

        for (var length = 0; length < box.Length; length++)
        {
            Assert.Null(master.ForPurpose("a").TryOpen("one", box.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_token_opens_as_it_was_made_and_nothing_else_does()
    {
        var tokens = new SecurityTokens(new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size)));
        var token = new SecurityToken
        {
            AccessKeyId = "STS.abc",
            Secret = "s",
            AccountUid = "1",
            RoleId = "3",
            RoleName = "r",
            SessionName = "s",
            Expires = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
            Policy = "{}",
        };
        var text = tokens.Make(token);

        Assert.Equal(token, tokens.TryOpen(text));
        Assert.Null(new SecurityTokens(new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size))).TryOpen(text));
        var random = new Random(7);
        for (var round = 0; round < 5000; round++)
        {
            var changed = Mutation.Of(Encoding.ASCII.GetBytes(text), [Encoding.ASCII.GetBytes(text)], random);
            var mutated = Encoding.Latin1.GetString(changed);
            Assert.True(mutated == text || tokens.TryOpen(mutated) is null, mutated);
        }

        Assert.Null(tokens.TryOpen(new string('A', 1 << 20)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
