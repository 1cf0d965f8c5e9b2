using System.Security.Cryptography;
using System.Text;
using Moss.Protocol.Errors;
using Moss.Server.AccessControl;
using Moss.Server.AccessControl.Accounts;

namespace Moss.Server.Tests.AccessControl;

public sealed class AccessStoreTests : IAsyncDisposable
{
    const string Allow = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}""";
    const string Trust = """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000000000000001:root"]}}]}""";

    static readonly MasterKey Key = new(RandomNumberGenerator.GetBytes(MasterKey.Size));
    static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    readonly SettingsOnlyStore _metadata = new();
    readonly ManualTime _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    readonly AccessStore _store;
    readonly AccessDirectory _directory;

    public AccessStoreTests()
    {
        _store = new(_metadata, Key, _time);
        _directory = new(_store, _time);
    }

    [Fact]
    public async Task A_user_has_a_numeric_uid_and_a_key_whose_secret_is_nowhere_in_the_catalogue()
    {
        var (user, key) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);

        Assert.Matches("^2[0-9]{15}$", user.Uid);
        var found = (await _store.ReadAsync(Ct)).Keys[key.Record.Id];
        Assert.Equal(key.Secret, found.Key.Secret);
        Assert.False(found.Key.IsDisabled);
        Assert.Equal("alice", found.User!.Record.Name);
        Assert.All(_metadata.Values, row =>
        {
            var text = Encoding.UTF8.GetString(row);
            Assert.DoesNotContain(key.Secret.Reveal(), text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(key.Secret.Reveal())), text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_change_is_seen_at_once_here_and_within_half_a_second_elsewhere()
    {
        using var elsewhere = new AccessStore(_metadata, Key, _time);
        var (_, key) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        Assert.False((await elsewhere.ReadAsync(Ct)).Keys[key.Record.Id].Key.IsDisabled);

        await _directory.ChangeKeyAsync(key.Record.Id, isDisabled: true, Ct);

        Assert.True((await _store.ReadAsync(Ct)).Keys[key.Record.Id].Key.IsDisabled);
        _time.Advance(AccessStore.Staleness);
        Assert.True((await elsewhere.ReadAsync(Ct)).Keys[key.Record.Id].Key.IsDisabled);
    }

    [Fact]
    public async Task Requests_in_between_do_not_read_the_catalogue()
    {
        await _store.ReadAsync(Ct);
        var reads = _metadata.Reads;
        for (var request = 0; request < 100; request++)
        {
            await _store.ReadAsync(Ct);
        }

        Assert.Equal(reads, _metadata.Reads);
        _time.Advance(AccessStore.Staleness);
        await _store.ReadAsync(Ct);
        Assert.Equal(reads + 1, _metadata.Reads);
    }

    [Fact]
    public async Task Keys_rotate_and_are_limited()
    {
        var (_, first) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        var second = await _directory.AddKeyAsync(AccountRecord.RootUid, "alice", Ct);
        await _directory.RemoveKeyAsync(first.Record.Id, Ct);

        var keys = (await _store.ReadAsync(Ct)).Keys;
        Assert.False(keys.ContainsKey(first.Record.Id));
        Assert.False(keys[second.Record.Id].Key.IsDisabled);
        for (var more = 1; more < AccessDirectory.MaxKeysPerOwner; more++)
        {
            await _directory.AddKeyAsync(AccountRecord.RootUid, "alice", Ct);
        }

        await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddKeyAsync(AccountRecord.RootUid, "alice", Ct));
    }

    [Fact]
    public async Task A_disabled_user_or_account_disables_its_keys()
    {
        var (account, own) = await _directory.AddAccountAsync("second", Ct);
        var (_, key) = await _directory.AddUserAsync(account.Uid, "bob", Ct);

        await _directory.ChangeUserAsync(account.Uid, "bob", user => user with { IsDisabled = true }, Ct);
        Assert.True((await _store.ReadAsync(Ct)).Keys[key.Record.Id].Key.IsDisabled);
        Assert.False((await _store.ReadAsync(Ct)).Keys[own.Record.Id].Key.IsDisabled);

        await _directory.ChangeUserAsync(account.Uid, "bob", user => user with { IsDisabled = false }, Ct);
        await _directory.ChangeAccountAsync(account.Uid, isDisabled: true, Ct);
        Assert.True((await _store.ReadAsync(Ct)).Keys[key.Record.Id].Key.IsDisabled);
        Assert.True((await _store.ReadAsync(Ct)).Keys[own.Record.Id].Key.IsDisabled);
    }

    [Fact]
    public async Task A_removed_user_takes_its_keys_along_and_a_namesake_gets_another_uid()
    {
        var (user, key) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        await _directory.RemoveUserAsync(AccountRecord.RootUid, "alice", Ct);
        Assert.False((await _store.ReadAsync(Ct)).Keys.ContainsKey(key.Record.Id));

        var (again, _) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        Assert.NotEqual(user.Uid, again.Uid);
    }

    [Fact]
    public async Task Policies_are_checked_when_they_are_attached_and_parsed_in_the_snapshot()
    {
        await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        await _directory.ChangeUserAsync(
            AccountRecord.RootUid, "alice", user => user with { Policies = AccessDirectory.With(user.Policies, new("all", Allow)) }, Ct);
        Assert.Single((await _store.ReadAsync(Ct)).FindUser(AccountRecord.RootUid, "Alice")!.Policies);

        var refusal = await Assert.ThrowsAsync<OssException>(async () => await _directory.ChangeUserAsync(
            AccountRecord.RootUid, "alice", user => user with { Policies = AccessDirectory.With(user.Policies, new("bad", "{}")) }, Ct));
        Assert.Equal("InvalidPolicyDocument", refusal.Code);
        Assert.Single((await _store.ReadAsync(Ct)).FindUser(AccountRecord.RootUid, "Alice")!.Policies);
    }

    [Fact]
    public async Task Roles_are_found_without_case_and_have_a_new_id_when_made_anew()
    {
        var first = await _directory.AddRoleAsync(AccountRecord.RootUid, "Uploader", Trust, [new("p", Allow)], 3600, Ct);
        Assert.Equal(first.Id, (await _store.ReadAsync(Ct)).FindRole(AccountRecord.RootUid, "uploader")!.Record.Id);
        await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddRoleAsync(AccountRecord.RootUid, "UPLOADER", Trust, [], 3600, Ct));

        await _directory.RemoveRoleAsync(AccountRecord.RootUid, "uploader", Ct);
        var second = await _directory.AddRoleAsync(AccountRecord.RootUid, "uploader", Trust, [], 3600, Ct);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Of_two_users_that_an_older_build_named_alike_the_first_has_the_name_and_the_other_no_key()
    {
        var (first, key) = await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        _time.Advance(TimeSpan.FromSeconds(1));
        var (_, other) = await _directory.AddUserAsync(AccountRecord.RootUid, "bob", Ct);
        foreach (var (name, row) in (await _metadata.ListAsync("access/")).Where(row => Encoding.UTF8.GetString(row.Value).Contains("\"bob\"", StringComparison.Ordinal)).ToList())
        {
            await _metadata.PutAsync(name, null);
            var renamed = Encoding.UTF8.GetString(row).Replace("\"bob\"", "\"Alice\"", StringComparison.Ordinal);
            await _metadata.PutAsync(name.Replace("/bob", "/Alice", StringComparison.Ordinal), Encoding.UTF8.GetBytes(renamed));
        }

        using var again = new AccessStore(_metadata, Key, _time);
        var snapshot = await again.ReadAsync(Ct);

        Assert.Equal(first.Uid, snapshot.FindUser(AccountRecord.RootUid, "ALICE")!.Record.Uid);
        Assert.False(snapshot.Keys[key.Record.Id].Key.IsDisabled);
        Assert.True(snapshot.Keys[other.Record.Id].Key.IsDisabled);

        // Whatever is done is done to the one in force, however its name is written.
        Assert.Equal(first.Uid, (await _directory.ChangeUserAsync(AccountRecord.RootUid, "Alice", user => user with { IsDisabled = true }, Ct)).Uid);
        Assert.True((await _store.ReadAsync(Ct)).FindUser(AccountRecord.RootUid, "alice")!.Record.IsDisabled);
        Assert.Equal(first.Uid, (await _directory.ChangeUserAsync(AccountRecord.RootUid, "ALICE", user => user with { IsDisabled = false }, Ct)).Uid);
        var fresh = await _directory.AddKeyAsync(AccountRecord.RootUid, "Alice", Ct);
        Assert.False((await _store.ReadAsync(Ct)).Keys[fresh.Record.Id].Key.IsDisabled);

        // The other one can still be named, just so, to be removed; and must be before the first is, or it would be in force.
        foreach (var name in (string[])["alice", "ALICE"])
        {
            var refusal = await Assert.ThrowsAsync<AccessException>(async () => await _directory.RemoveUserAsync(AccountRecord.RootUid, name, Ct));
            Assert.Equal("DeleteConflict.User", refusal.Code);
        }

        await _directory.RemoveUserAsync(AccountRecord.RootUid, "Alice", Ct);
        snapshot = await _store.ReadAsync(Ct);
        Assert.False(snapshot.Keys.ContainsKey(other.Record.Id));
        Assert.False(snapshot.Keys[key.Record.Id].Key.IsDisabled);
        await _directory.RemoveUserAsync(AccountRecord.RootUid, "ALICE", Ct);
        Assert.Empty((await _store.ReadAsync(Ct)).Keys);
    }

    [Fact]
    public async Task An_account_is_never_called_like_anothers_uid_or_like_another_in_other_letters()
    {
        var (account, _) = await _directory.AddAccountAsync("acme", Ct);
        foreach (var name in (string[])[account.Uid, "123", "ACME", "Root"])
        {
            await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddAccountAsync(name, Ct));
        }

        var snapshot = await _store.ReadAsync(Ct);
        Assert.Equal(account.Uid, snapshot.FindAccount("Acme")!.Uid);

        // Older builds made such, and each is found by just its name.
        foreach (var (_, row) in (await _metadata.ListAsync("access/account/")).ToList())
        {
            var other = Encoding.UTF8.GetString(row).Replace("\"acme\"", "\"ACME\"", StringComparison.Ordinal).Replace(account.Uid, "1999999999999999", StringComparison.Ordinal);
            await _metadata.PutAsync("access/account/1999999999999999", Encoding.UTF8.GetBytes(other));
        }

        using var again = new AccessStore(_metadata, Key, _time);
        snapshot = await again.ReadAsync(Ct);
        Assert.Equal("1999999999999999", snapshot.FindAccount("ACME")!.Uid);
        Assert.Equal(account.Uid, snapshot.FindAccount("acme")!.Uid);
        Assert.Equal(account.Uid, snapshot.FindAccount(account.Uid)!.Uid);
        Assert.Null(snapshot.FindAccount("acm"));
    }

    [Fact]
    public async Task A_wrong_master_key_is_told_at_the_start()
    {
        await _directory.AddUserAsync(AccountRecord.RootUid, "alice", Ct);
        using var wrong = new AccessStore(_metadata, new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size)), _time);

        var fault = await Assert.ThrowsAsync<InvalidDataException>(async () => await wrong.StartAsync(Ct));
        Assert.Contains(MasterKey.Variable, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("\u00e9")]
    public async Task A_name_that_would_not_fit_an_arn_is_refused(string name)
    {
        await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddUserAsync(AccountRecord.RootUid, name, Ct));
        await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddAccountAsync(name, Ct));
        await Assert.ThrowsAsync<AccessException>(async () => await _directory.AddRoleAsync(AccountRecord.RootUid, name, Trust, [], 3600, Ct));
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _metadata.DisposeAsync();
    }
}
