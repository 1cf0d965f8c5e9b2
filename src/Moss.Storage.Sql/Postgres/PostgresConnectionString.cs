using Npgsql;

namespace Moss.Storage.Sql.Postgres;

/// <summary>Reads what the operator wrote, and adds what this store needs.</summary>
static class PostgresConnectionString
{
    /// <summary>How many connections one process opens when the operator does not say; each is a process of the server.</summary>
    const int DefaultConnections = 32;

    // Every statement is a search or a range of an index, and the statistics of a young table make the planner think otherwise, in a plan that stays.
    // A process that died in the middle of a transaction must not hold its locks for ever.
    const string SessionOptions = "-c enable_seqscan=off -c enable_bitmapscan=off -c jit=off -c idle_in_transaction_session_timeout=60000";

    /// <summary>
    /// Takes a <c>postgres://user:password@host:port/database?name=value</c> URL, whose names are Npgsql's with underscores for
    /// spaces, or Npgsql's own form of a connection string.
    /// </summary>
    public static NpgsqlConnectionStringBuilder Parse(string connection)
    {
        var builder = connection.StartsWith("postgres://", StringComparison.Ordinal) || connection.StartsWith("postgresql://", StringComparison.Ordinal)
            ? ParseUrl(new(connection))
            : new(connection);
        var given = new HashSet<string>(builder.Keys, StringComparer.OrdinalIgnoreCase);
        Default("Maximum Pool Size", DefaultConnections);
        Default("Max Auto Prepare", 200);
        Default("Auto Prepare Min Usages", 2);

        // Waiting in line is no failure. A server that went away is found by the keepalives.
        Default("Command Timeout", 0);
        Default("TCP Keepalive", true);
        Default("TCP Keepalive Time", 30);
        Default("TCP Keepalive Interval", 10);

        // Nothing is ever set for a session, so that there is nothing to reset.
        Default("No Reset On Close", true);
        Default("Application Name", "moss");
        builder.Options = $"{SessionOptions} {builder.Options}".TrimEnd();
        return builder;

        void Default(string name, object value)
        {
            if (!given.Contains(name))
            {
                builder[name] = value;
            }
        }
    }

    static NpgsqlConnectionStringBuilder ParseUrl(Uri url)
    {
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.DnsSafeHost,
            Port = url.Port > 0 ? url.Port : 5432,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            Username = Uri.UnescapeDataString(user[0]),
        };
        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]).Replace('_', ' ');
            var value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";

            // libpq writes verify-full what Npgsql writes VerifyFull.
            builder[name] = name.Equals("sslmode", StringComparison.OrdinalIgnoreCase) ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }
}
