using Moss.Storage.Metadata;
using Moss.Storage.Sql.Postgres;

namespace Moss.Storage.Sql.Tests;

/// <summary>What only the PostgreSQL store has: several processes, lost races, lost connections.</summary>
public sealed class PostgresStoreTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    string _url = "";
    PostgresMetadataStore? _store;

    PostgresMetadataStore Store => _store!;

    public async ValueTask InitializeAsync()
    {
        _url = await PostgresDatabase.CreateAsync();
        _store = PostgresMetadataStore.Open(_url, TimeProvider.System);
        await Store.InitializeAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
            await PostgresDatabase.DropAsync(_url);
        }
    }

    [Fact]
    public async Task Several_processes_make_the_schema_once_and_lose_no_update()
    {
        var url = await PostgresDatabase.CreateAsync();
        var stores = Enumerable.Range(0, 4).Select(_ => PostgresMetadataStore.Open(url, TimeProvider.System)).ToList();
        try
        {
            var identities = await Task.WhenAll(stores.Select(store => store.InitializeAsync(default).AsTask()));
            Assert.Single(identities.Distinct());
            await Task.WhenAll(stores.Select(store => Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++)
                {
                    await IncrementAsync(store, "counter");
                }
            })));
            Assert.Equal(200, await CountAsync(stores[0], "counter"));
        }
        finally
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync();
            }

            await PostgresDatabase.DropAsync(url);
        }
    }

    [Fact]
    public async Task Shared_locks_are_held_together_and_keep_an_exclusive_one_out()
    {
        var (one, two) = (new TaskCompletionSource(), new TaskCompletionSource());
        var release = new TaskCompletionSource();
        var shared = MetadataLock.Named("shared", shared: true);
        var first = HoldAsync(one, release);
        var second = HoldAsync(two, release);
        await Task.WhenAll(one.Task, two.Task).WaitAsync(Patience);
        var exclusive = PutAsync("exclusive", MetadataLock.Named("shared"));
        await PutAsync("other", MetadataLock.Named("other"));
        Assert.False(exclusive.IsCompleted);
        release.SetResult();
        await Task.WhenAll(first, second, exclusive).WaitAsync(Patience);

        Task<bool> HoldAsync(TaskCompletionSource entered, TaskCompletionSource leave) => Store.WriteAsync(
            [shared],
            async _ =>
            {
                entered.SetResult();
                await leave.Task;
                return true;
            },
            default).AsTask();
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task Transaction_that_lost_against_another_runs_again_and_counts_once(string code)
    {
        await MakeTriggerAsync($"IF nextval('bombs') <= 3 THEN RAISE EXCEPTION USING ERRCODE = '{code}'; END IF;");
        Assert.Equal(4, await BombAsync(readAfter: true));
        Assert.Equal(1, await CountAsync(Store, "bomb"));
    }

    [Fact]
    public async Task Lost_race_that_shows_at_the_commit_runs_again()
    {
        await MakeTriggerAsync("IF nextval('bombs') <= 3 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;");
        Assert.Equal(4, await BombAsync(readAfter: false));
        Assert.Equal(1, await CountAsync(Store, "bomb"));
    }

    [Fact]
    public async Task Connection_lost_before_the_commit_is_replaced()
    {
        await MakeTriggerAsync("IF nextval('bombs') <= 2 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;");
        Assert.Equal(3, await BombAsync(readAfter: true));
        Assert.Equal(1, await CountAsync(Store, "bomb"));
    }

    [Fact]
    public async Task Connection_lost_at_the_commit_is_not_called_a_failure()
    {
        await MakeTriggerAsync("IF nextval('bombs') <= 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;");
        await Assert.ThrowsAsync<CommitUnknownException>(() => BombAsync(readAfter: false));
        Assert.Equal(1, await BombAsync(readAfter: false));
    }

    [Fact]
    public async Task Idle_connections_that_died_are_replaced()
    {
        await PutAsync("before");
        await PostgresDatabase.RunAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{Application}'");
        await PutAsync("after");
        Assert.NotNull(await Store.ReadAsync(transaction => transaction.Settings.FindAsync("after"), default));
    }

    [Fact]
    public async Task Full_disk_is_told_apart()
    {
        await MakeTriggerAsync("RAISE EXCEPTION USING ERRCODE = '53100';");
        await Assert.ThrowsAsync<StorageFullException>(() => BombAsync(readAfter: false));
        await Assert.ThrowsAsync<StorageFullException>(() => BombAsync(readAfter: true));
        await PutAsync("other");
    }

    [Fact]
    public async Task Body_that_swallows_an_error_of_the_database_does_not_seem_to_succeed()
    {
        await MakeTriggerAsync("RAISE EXCEPTION 'refused';");
        await Assert.ThrowsAnyAsync<Exception>(() => Store.WriteAsync(
            [],
            async transaction =>
            {
                await transaction.Settings.PutAsync("lost", [1]);
                try
                {
                    await transaction.Settings.PutAsync("bomb", [1]);
                    await transaction.Settings.FindAsync("bomb");
                }
                catch (Npgsql.PostgresException)
                {
                    // As a careless body would.
                }

                return true;
            },
            default).AsTask());
        Assert.Null(await Store.ReadAsync(transaction => transaction.Settings.FindAsync("lost"), default));
    }

    [Fact]
    public async Task Server_that_is_not_there_is_an_io_error()
    {
        await using var store = PostgresMetadataStore.Open("postgres://moss@127.0.0.1:1/none", TimeProvider.System);
        await Assert.ThrowsAsync<IOException>(() => store.InitializeAsync(default).AsTask());
        await Assert.ThrowsAsync<IOException>(() => store.ReadAsync(transaction => transaction.Settings.FindAsync("x"), default).AsTask());
    }

    [Fact]
    public async Task More_callers_than_connections_wait_their_turn()
    {
        await using var store = PostgresMetadataStore.Open(_url + "&maximum_pool_size=2", TimeProvider.System);
        await store.InitializeAsync(default);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => IncrementAsync(store, "counter"))));
        Assert.Equal(100, await CountAsync(store, "counter"));
    }

    string Application => PostgresConnectionString.Parse(_url).ApplicationName!;

    /// <summary>Writes the setting on which the trigger waits; answers how often the body ran.</summary>
    async Task<int> BombAsync(bool readAfter)
    {
        var runs = 0;
        await Store.WriteAsync(
            [MetadataLock.Named("bomb")],
            async transaction =>
            {
                runs++;
                var before = await transaction.Settings.FindAsync("bomb");
                await transaction.Settings.PutAsync("bomb", BitConverter.GetBytes((before is null ? 0 : BitConverter.ToInt32(before)) + 1));
                return readAfter ? await transaction.Settings.FindAsync("bomb") : null;
            },
            default);
        return runs;
    }

    Task<bool> PutAsync(string name, params MetadataLock[] locks) => Store.WriteAsync(
        locks,
        async transaction =>
        {
            await transaction.Settings.PutAsync(name, [1]);
            return true;
        },
        default).AsTask();

    static Task<int> IncrementAsync(PostgresMetadataStore store, string name) => store.WriteAsync(
        [MetadataLock.Named(name)],
        async transaction =>
        {
            var count = await transaction.Settings.FindAsync(name) is { } bytes ? BitConverter.ToInt32(bytes) : 0;
            await transaction.Settings.PutAsync(name, BitConverter.GetBytes(count + 1));
            return count;
        },
        default).AsTask();

    static async Task<int> CountAsync(PostgresMetadataStore store, string name) =>
        await store.ReadAsync(transaction => transaction.Settings.FindAsync(name), default) is { } bytes ? BitConverter.ToInt32(bytes) : 0;

    // A sequence counts what a rolled back transaction forgets.
    Task MakeTriggerAsync(string body) => PostgresDatabase.RunAsync(
        $"""
        CREATE SEQUENCE bombs;
        CREATE FUNCTION explode() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$;
        CREATE TRIGGER explode BEFORE INSERT ON setting FOR EACH ROW WHEN (NEW.name = 'bomb') EXECUTE FUNCTION explode();
        """,
        _url);
}
