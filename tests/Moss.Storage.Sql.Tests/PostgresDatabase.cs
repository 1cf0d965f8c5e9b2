using System.Globalization;
using Npgsql;

namespace Moss.Storage.Sql.Tests;

/// <summary>The PostgreSQL that <c>MOSS_TEST_POSTGRES</c> names, and schemas of a test's own in it.</summary>
static class PostgresDatabase
{
    static int _made;

    /// <summary>The server's URL. Without one the test is skipped, or fails where <c>MOSS_REQUIRE</c> lists <c>postgres</c>.</summary>
    public static string Server
    {
        get
        {
            var server = Environment.GetEnvironmentVariable("MOSS_TEST_POSTGRES") ?? "";
            if (server.Length == 0)
            {
                var required = (Environment.GetEnvironmentVariable("MOSS_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries);
                Assert.False(required.Contains("postgres"), "MOSS_REQUIRE lists postgres, but MOSS_TEST_POSTGRES names no server.");
                Assert.Skip("MOSS_TEST_POSTGRES names no server.");
            }

            return server;
        }
    }

    /// <summary>Makes an empty schema and answers the URL that stores there.</summary>
    public static async Task<string> CreateAsync()
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"moss_test_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}");
        await RunAsync($"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        return new UriBuilder(Server) { Query = $"search_path={name}&application_name={name}" }.Uri.ToString();
    }

    public static Task DropAsync(string url) => RunAsync($"DROP SCHEMA {Postgres.PostgresConnectionString.Parse(url).SearchPath} CASCADE");

    public static async Task RunAsync(string sql, string? url = null)
    {
        var settings = Postgres.PostgresConnectionString.Parse(url ?? Server);
        settings.Pooling = false;
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
