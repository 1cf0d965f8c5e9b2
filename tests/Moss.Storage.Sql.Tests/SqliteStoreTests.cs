using Moss.Storage.Conformance.Metadata;
using Moss.Storage.Metadata;
using Moss.Storage.Sql.Sqlite;

namespace Moss.Storage.Sql.Tests;

/// <summary>What only the SQLite store has: its file, its writer's thread, its batches.</summary>
public sealed class SqliteStoreTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly TemporaryDirectory _directory = new();

    string Path => _directory.File("meta.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task File_of_a_newer_program_is_refused_and_left_alone()
    {
        await (await OpenAsync()).DisposeAsync();
        Change("INSERT INTO migration (number, name) VALUES (9999, 'from the future')");
        await using (var store = Open())
        {
            var error = await Assert.ThrowsAsync<InvalidDataException>(() => store.InitializeAsync(default).AsTask());
            Assert.Contains("9999", error.Message, StringComparison.Ordinal);
        }

        Change("DELETE FROM migration WHERE number = 9999");
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Database_of_another_program_is_refused_and_left_alone()
    {
        Change("CREATE TABLE bucket (name TEXT)");
        await using (var store = Open())
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => store.InitializeAsync(default).AsTask());
        }

        Change("INSERT INTO bucket (name) VALUES ('theirs')");
    }

    [Fact]
    public void File_that_is_no_database_is_refused()
    {
        File.WriteAllText(Path, new string('x', 10_000));
        Assert.Throws<InvalidDataException>(() => Open());
        Assert.Equal(new string('x', 10_000), File.ReadAllText(Path));
    }

    [Fact]
    public void Directory_that_is_not_there_is_an_io_error() =>
        Assert.ThrowsAny<IOException>(() => SqliteMetadataStore.Open(_directory.File("no/meta.db"), durable: true, TimeProvider.System));

    [Fact]
    public async Task Files_are_for_their_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are a matter of Unix");
        await using var store = await OpenAsync();
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixModeOf(Path + suffix));
        }

        static UnixFileMode UnixModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
    }

    [Theory]
    [InlineData(true, "2")]
    [InlineData(false, "0")]
    public void Durable_connections_sync_every_commit(bool durable, string synchronous)
    {
        using var connection = SqliteConnection.OpenWriter(Path, durable);
        Assert.Equal("wal", connection.QueryTexts("PRAGMA journal_mode")[0]);
        Assert.Equal(synchronous, connection.QueryTexts("PRAGMA synchronous")[0]);
        Assert.Equal("4096", connection.QueryTexts("PRAGMA page_size")[0]);
    }

    [Fact]
    public async Task Damage_is_found_on_request()
    {
        await using (var store = await OpenAsync())
        {
            for (var i = 0; i < 50; i++)
            {
                var (key, number) = (MetadataSamples.Key($"key {i}"), i);
                await store.WriteAsync(
                    [],
                    async transaction =>
                    {
                        await transaction.Objects.PutAsync(MetadataSamples.FullObject(1, key));
                        return number;
                    },
                    default);
            }

            Assert.Empty(await store.CheckAsync(default));
        }

        long root;
        using (var connection = SqliteConnection.OpenReader(Path))
        {
            root = long.Parse(connection.QueryTexts("SELECT rootpage FROM sqlite_schema WHERE name = 'object'")[0]);
        }

        using (var file = File.Open(Path, FileMode.Open))
        {
            file.Position = (root - 1) * 4096;
            var page = new byte[4096];
            new Random(1).NextBytes(page);
            file.Write(page);
        }

        await using var damaged = Open();
        Assert.NotEmpty(await damaged.CheckAsync(default));
    }

    [Fact]
    public async Task Body_that_awaits_something_else_fails_clearly_and_leaves_nothing()
    {
        await using var store = await OpenAsync();
        var never = new TaskCompletionSource();
        IMetadataTransaction? kept = null;
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => store.WriteAsync(
            [],
            async transaction =>
            {
                kept = transaction;
                await transaction.Settings.PutAsync("left", [1]);
                await never.Task;
                return true;
            },
            default).AsTask());
        Assert.Contains("awaited", error.Message, StringComparison.Ordinal);
        Assert.Null(await store.ReadAsync(transaction => transaction.Settings.FindAsync("left"), default));
        Assert.Throws<InvalidOperationException>(() => kept!.Settings);
        never.SetResult();
    }

    [Fact]
    public async Task Callers_do_not_go_on_on_the_writers_thread()
    {
        await using var store = await OpenAsync();
        var (inside, after) = (0, 0);
        await Task.Run(async () =>
        {
            inside = await store.WriteAsync([], _ => new ValueTask<int>(Environment.CurrentManagedThreadId), default).ConfigureAwait(false);
            after = Environment.CurrentManagedThreadId;
        });
        Assert.NotEqual(inside, after);
    }

    [Fact]
    public async Task Disposing_runs_what_is_queued_and_refuses_what_comes()
    {
        var store = await OpenAsync();
        using var gate = new ManualResetEventSlim();
        var first = Task.Run(() => PutAsync(store, "first", () => gate.Wait(Patience)));
        var second = Task.Run(() => PutAsync(store, "second", () => { }));
        var disposing = Task.Run(async () => await store.DisposeAsync());
        gate.Set();
        await disposing;
        var (one, two) = (await Record.ExceptionAsync(() => first), await Record.ExceptionAsync(() => second));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => PutAsync(store, "late", () => { }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.ReadAsync(tx => tx.Settings.FindAsync("late"), default).AsTask());
        Assert.False(File.Exists(Path + "-wal"), "the WAL is left");
        await using var again = await OpenAsync();
        var names = (await again.ReadAsync(tx => tx.Settings.ListAsync(""), default)).Select(pair => pair.Key).ToHashSet();
        Assert.Equal(one is null, names.Contains("first"));
        Assert.Equal(two is null, names.Contains("second"));
        Assert.All([one, two], error => Assert.True(error is null or ObjectDisposedException, $"{error}"));
    }

    [Fact]
    public async Task Failed_commit_fails_every_body_that_shared_it_and_the_next_one_goes_on()
    {
        await (await OpenAsync()).DisposeAsync();
        Change("CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
        var connection = SqliteConnection.OpenWriter(Path, durable: true);
        connection.RunScript("PRAGMA foreign_keys = ON");
        using var writer = new SqliteWriter(connection, SqliteConnection.OpenWriter(Path, durable: true), TimeProvider.System);
        using var gate = new ManualResetEventSlim();

        // While this one runs, those after it gather: a batch of their own, or one together with it.
        _ = Queue("holder", () => gate.Wait(Patience));
        var first = Queue("first", () => { });
        var orphan = Queue("orphan", () => connection.RunScript("INSERT INTO child (id) VALUES (1)"));
        var failing = Queue("failing", () => throw new InvalidTimeZoneException());
        gate.Set();
        var errors = new List<Exception?>();
        foreach (var task in new[] { first, orphan, failing })
        {
            errors.Add(await Record.ExceptionAsync(() => task));
        }

        Assert.All(errors, error => Assert.Contains("FOREIGN KEY", error?.Message ?? "", StringComparison.Ordinal));
        Assert.True(await Queue("next", () => { }));
        using var reader = SqliteConnection.OpenReader(Path);
        Assert.Equal(["next"], reader.QueryTexts("SELECT CAST(name AS TEXT) FROM setting WHERE name <> CAST('holder' AS BLOB)"));

        Task<bool> Queue(string name, Action then)
        {
            var write = new PendingWrite<bool>(transaction => PutAsync(transaction, name, then));
            writer.Enqueue(write);
            return write.Task;
        }
    }

    [Fact]
    public async Task Full_database_refuses_one_body_and_takes_those_that_fit()
    {
        await (await OpenAsync()).DisposeAsync();
        var connection = SqliteConnection.OpenWriter(Path, durable: true);
        connection.RunScript("PRAGMA max_page_count = 60");
        using var writer = new SqliteWriter(connection, SqliteConnection.OpenWriter(Path, durable: true), TimeProvider.System);
        var small = Enumerable.Range(0, 3).Select(i => Queue($"small {i}", 100)).ToList();
        var large = Queue("large", 1_000_000);
        var later = Enumerable.Range(3, 3).Select(i => Queue($"small {i}", 100)).ToList();
        await Assert.ThrowsAsync<StorageFullException>(() => large);
        await Task.WhenAll([.. small, .. later]);
        using var reader = SqliteConnection.OpenReader(Path);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"small {i}"), reader.QueryTexts("SELECT CAST(name AS TEXT) FROM setting ORDER BY 1"));

        Task<bool> Queue(string name, int length)
        {
            var write = new PendingWrite<bool>(async transaction =>
            {
                await transaction.Settings.PutAsync(name, new byte[length]);
                return true;
            });
            writer.Enqueue(write);
            return write.Task;
        }
    }

    [Fact]
    public async Task Wal_is_moved_to_the_file_beside_the_writer_and_does_not_grow_for_ever()
    {
        await using var store = SqliteMetadataStore.Open(Path, durable: false, TimeProvider.System);
        await store.InitializeAsync(default);
        var body = new byte[1 << 20];
        for (var i = 0; i < 400; i++)
        {
            // Pages that stay as they are would not be written.
            Array.Fill(body, (byte)i);
            await store.WriteAsync(
                [],
                async transaction =>
                {
                    await transaction.Settings.PutAsync("same", body);
                    return true;
                },
                default);
        }

        // 400 MiB were written; a WAL is moved from 64 MiB on, while the next MiBs come.
        Assert.InRange(new FileInfo(Path + "-wal").Length, 64 << 20, 300 << 20);
        Assert.Empty(await store.CheckAsync(default));
    }

    static Task<bool> PutAsync(SqliteMetadataStore store, string name, Action then) =>
        store.WriteAsync([], transaction => PutAsync(transaction, name, then), default).AsTask();

    static async ValueTask<bool> PutAsync(IMetadataTransaction transaction, string name, Action then)
    {
        await transaction.Settings.PutAsync(name, [1]);
        then();
        return true;
    }

    SqliteMetadataStore Open() => SqliteMetadataStore.Open(Path, durable: true, TimeProvider.System);

    async Task<SqliteMetadataStore> OpenAsync()
    {
        var store = Open();
        await store.InitializeAsync(default);
        return store;
    }

    void Change(string sql)
    {
        using var connection = SqliteConnection.OpenWriter(Path, durable: false);
        connection.RunScript(sql);
    }
}
