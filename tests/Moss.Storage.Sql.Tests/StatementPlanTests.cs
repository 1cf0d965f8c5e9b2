using System.Reflection;
using System.Text.RegularExpressions;
using Moss.Storage.Sql.Rows;
using Moss.Storage.Sql.Sessions;
using Moss.Storage.Sql.Sqlite;
using Npgsql;

namespace Moss.Storage.Sql.Tests;

/// <summary>No statement reads more than it answers: each finds its rows by an index, in the order in which it wants them.</summary>
public sealed partial class StatementPlanTests
{
    /// <summary>Those whose task it is to read everything, and those that bring the ends of two indexes into one order.</summary>
    static readonly HashSet<string> MayScan = ["ObjectRows.Totals", "UploadRows.CountUploads", "UploadRows.SumParts"];

    static readonly HashSet<string> MaySort = [.. MayScan, "ObjectRows.FindNewest", "ObjectRows.ScanVersions", "ObjectRows.ScanVersionsTo"];

    public static TheoryData<string> Names => [.. Statements.Keys];

    static Dictionary<string, SqlStatement> Statements { get; } = typeof(ObjectRows).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(ObjectRows).Namespace)
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
        .Where(field => field.FieldType == typeof(SqlStatement))
        .ToDictionary(field => $"{field.DeclaringType!.Name}.{field.Name}", field => (SqlStatement)field.GetValue(null)!);

    [Theory]
    [MemberData(nameof(Names))]
    public void Sqlite_plans_a_search(string name)
    {
        var plan = SqlitePlan(name);
        if (!MayScan.Contains(name))
        {
            Assert.DoesNotContain(plan, step => ScanOfTable().IsMatch(step));
        }

        if (!MaySort.Contains(name))
        {
            Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Sqlite_finds_a_version_without_reading_the_other_versions_of_its_key() =>
        Assert.Contains(SqlitePlan("ObjectRows.FindVersion"), step => step.Contains(
            "object_version USING INDEX object_version_id (bucket_id=? AND key=? AND version_id=?)", StringComparison.Ordinal));

    [Fact]
    public async Task Postgres_plans_searches_even_in_empty_tables()
    {
        var url = await PostgresDatabase.CreateAsync();
        try
        {
            await using (var store = PostgresMetadataStore.Open(url, TimeProvider.System))
            {
                await store.InitializeAsync(default);
            }

            await using var connection = new NpgsqlConnection(Postgres.PostgresConnectionString.Parse(url).ConnectionString);
            await connection.OpenAsync();
            await RunAsync(connection, "SET plan_cache_mode = force_generic_plan");
            foreach (var (name, statement) in Statements)
            {
                var plan = await PlanAsync(connection, name, statement);
                Assert.True(MayScan.Contains(name) || !plan.Contains("Seq Scan", StringComparison.Ordinal), $"{name}:\n{plan}");
                Assert.True(MaySort.Contains(name) || !plan.Contains("Sort", StringComparison.Ordinal), $"{name}:\n{plan}");
            }
        }
        finally
        {
            await PostgresDatabase.DropAsync(url);
        }
    }

    [GeneratedRegex("^SCAN (bucket|bucket_config|object|object_version|upload|part|completion|blob|inline_body|garbage|setting)\\b",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScanOfTable();

    static List<string> SqlitePlan(string name)
    {
        using var directory = new TemporaryDirectory();
        using (var writer = SqliteConnection.OpenWriter(directory.File("plan.db"), durable: false))
        {
            SqliteSchema.Migrate(writer);
        }

        using var connection = SqliteConnection.OpenReader(directory.File("plan.db"));
        using var command = new SqliteCommand(connection, "EXPLAIN QUERY PLAN " + Statements[name].Text, isWrite: false);
        return command.List(row => row.Text(3));
    }

    // As the server plans a prepared statement for any values; nulls stand for them here.
    static async Task<string> PlanAsync(NpgsqlConnection connection, string name, SqlStatement statement)
    {
        var prepared = name.Replace('.', '_');
        var values = Regex.Matches(statement.Text, "\\$[0-9]+", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(match => match.Value).Distinct().Count();

        // The store says of what type each value is; without that, only this one statement leaves it open.
        var types = name == "BlobRows.FindUnknown" ? $"({string.Join(", ", Enumerable.Repeat("bytea", values))})" : "";
        await RunAsync(connection, $"PREPARE {prepared}{types} AS {statement.Text}");
        await using var command = new NpgsqlCommand(
            $"EXPLAIN EXECUTE {prepared}{(values == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", values))})")}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }

    static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
