using Moss.Storage.Sql.Sessions;

namespace Moss.Storage.Sql.Sqlite;

/// <summary>Makes or brings forward the schema.</summary>
static class SqliteSchema
{
    /// <summary>"Moss" in ASCII: what <c>file</c> shows of a database, and what tells ours from another's.</summary>
    const int ApplicationId = 0x4d6f7373;

    static readonly SqlStatement FindIdentity = new("SELECT identity FROM store");

    static readonly SqlStatement InsertIdentity = new("INSERT INTO store (identity) VALUES ($1)");

    /// <summary>Takes the missing steps inside the open transaction, and answers the store's identity.</summary>
    /// <exception cref="InvalidDataException">The file was made by a newer program, or is not ours.</exception>
    public static string Migrate(SqliteConnection connection)
    {
        var application = connection.QueryTexts("PRAGMA application_id")[0];
        if (application != $"{ApplicationId}" && connection.QueryTexts("SELECT name FROM sqlite_schema").Count > 0)
        {
            throw new InvalidDataException("The metadata file is a database of another program.");
        }

        connection.HasWritten = true;
        connection.RunScript($"PRAGMA application_id = {ApplicationId}; {Migrations.CreateTable}");
        var newest = connection.QueryTexts("SELECT number FROM migration ORDER BY number DESC LIMIT 1");
        foreach (var step in Migrations.After("sqlite", newest is [var number] ? long.Parse(number) : null))
        {
            connection.RunScript(step.Sql);
            connection.RunScript(Migrations.Record(step));
        }

        return connection.QueryTexts(FindIdentity.Text) is [var identity] ? identity : MakeIdentity(connection);
    }

    static string MakeIdentity(SqliteConnection connection)
    {
        var identity = IdGenerator.RandomHex(16);
        ((SqliteCommand)connection.Command(InsertIdentity).AddText(identity)).Execute();
        return identity;
    }
}
