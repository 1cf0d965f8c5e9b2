using Moss.Storage.Sql.Postgres;

namespace Moss.Storage.Sql.Tests;

public sealed class PostgresConnectionStringTests
{
    [Fact]
    public void Url_names_everything()
    {
        var settings = PostgresConnectionString.Parse(
            "postgres://us%40er:p%3Aw:x@db.example:6432/na%20me?sslmode=verify-full&maximum_pool_size=7&search_path=moss&options=-c%20work_mem%3D1MB");
        Assert.Equal("us@er", settings.Username);
        Assert.Equal("p:w:x", settings.Password);
        Assert.Equal("db.example", settings.Host);
        Assert.Equal(6432, settings.Port);
        Assert.Equal("na me", settings.Database);
        Assert.Equal(Npgsql.SslMode.VerifyFull, settings.SslMode);
        Assert.Equal(7, settings.MaxPoolSize);
        Assert.Equal("moss", settings.SearchPath);
        Assert.EndsWith(" -c work_mem=1MB", settings.Options, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql://moss@[::1]/moss")]
    [InlineData("Host=::1;Username=moss;Database=moss")]
    public void Defaults_stand_in_for_what_is_not_said(string connection)
    {
        var settings = PostgresConnectionString.Parse(connection);
        Assert.Equal("::1", settings.Host);
        Assert.Equal(5432, settings.Port);
        Assert.Equal("moss", settings.Username);
        Assert.Null(settings.Password);
        Assert.Equal("moss", settings.Database);
        Assert.Equal(32, settings.MaxPoolSize);
        Assert.Equal(0, settings.CommandTimeout);
        Assert.Equal("moss", settings.ApplicationName);
    }

    [Theory]
    [InlineData("postgres://moss@localhost/db?no_such_thing=1")]
    [InlineData("Host=localhost;No Such Thing=1")]
    public void Unknown_settings_are_refused(string connection) =>
        Assert.ThrowsAny<ArgumentException>(() => PostgresMetadataStore.Open(connection, TimeProvider.System));
}
