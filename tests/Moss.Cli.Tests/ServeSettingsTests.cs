using Moss.Cli.Commands;
using Moss.Server;
using Moss.Server.Hosting;

namespace Moss.Cli.Tests;

/// <summary>The settings of <c>moss serve</c>: the command line before the environment before the file.</summary>
public sealed class ServeSettingsTests : IDisposable
{
    readonly string _file = Path.GetTempFileName();
    readonly Dictionary<string, string[]> _flags = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);

    public void Dispose() => File.Delete(_file);

    OssServerOptions Read(string? json = null)
    {
        if (json is not null)
        {
            File.WriteAllText(_file, json);
        }

        return new ServeSettings(_flags.GetValueOrDefault, _environment.GetValueOrDefault, json is null ? null : _file).ToOptions();
    }

    [Fact]
    public void Nothing_said_gives_the_documented_defaults()
    {
        var options = Read();
        Assert.Equal("./moss-data", options.DataDirectory);
        Assert.Equal("127.0.0.1:9020", options.Listen.ToString());
        Assert.Equal(["localhost"], options.Domains);
        Assert.Equal(("", Durability.Durable, "sqlite", "files"), (options.Region, options.Durability, options.Metadata, options.Blobs));
        Assert.Null(options.Root);
    }

    [Fact]
    public void Each_source_gives_way_to_the_one_before_it()
    {
        const string json = """{ "data": "/file", "region": "oss-file", "domain": ["a.file", "b.file"], "log-requests": false, "listen": "[::1]:1" }""";
        _environment["MOSS_DATA"] = "/environment";
        _environment["MOSS_DOMAIN"] = "a.environment, b.environment";
        _flags["data"] = ["/flag"];
        var options = Read(json);
        Assert.Equal("/flag", options.DataDirectory);
        Assert.Equal(["a.environment", "b.environment"], options.Domains);
        Assert.Equal("file", options.Region);
        Assert.False(options.LogRequests);
        Assert.Equal("[::1]:1", options.Listen.ToString());
    }

    [Fact]
    public void The_certificate_comes_from_any_of_the_three_sources()
    {
        _environment["MOSS_TLS_KEY"] = "/environment.key";
        var options = Read("""{ "tls-cert": "/file.crt", "tls-key": "/file.key" }""");
        Assert.Equal(("/file.crt", "/environment.key"), (options.TlsCertificateFile, options.TlsKeyFile));
        _flags["tls-cert"] = ["/flag.crt"];
        Assert.Equal("/flag.crt", Read().TlsCertificateFile);
    }

    [Fact]
    public void The_root_credential_comes_from_the_environment_whole_or_not_at_all()
    {
        _environment["MOSS_ROOT_ACCESS_KEY_ID"] = "id";
        Assert.Contains("must be set together", Assert.Throws<StartException>(() => Read()).Message, StringComparison.Ordinal);
        _environment["MOSS_ROOT_ACCESS_KEY_SECRET"] = "secret";
        Assert.Equal("id", Read().Root!.AccessKeyId);
        _environment["MOSS_ROOT_ACCESS_KEY_ID"] = "i:d";
        Assert.DoesNotContain("secret", Assert.Throws<StartException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listen", "9020")]
    [InlineData("listen", "host.name:9020")]
    [InlineData("listen", "127.0.0.1:99999")]
    [InlineData("durability", "eventually")]
    [InlineData("region", "Mars")]
    [InlineData("drain", "soon")]
    [InlineData("log-requests", "some")]
    public void A_bad_value_is_one_line_that_names_its_setting(string name, string value)
    {
        _flags[name] = [value];
        var refused = Assert.Throws<StartException>(() => Read());
        Assert.Contains($"--{name} '{value}' is not valid", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        _flags[name] = [value, value];
        Assert.Contains("is given 2 times", Assert.Throws<StartException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_may_be_bound_come_from_any_source_and_are_checked()
    {
        Assert.Equal(["a.file", "*.b.file"], Read("""{ "cname-allow": ["a.file", "*.b.file"] }""").CnameAllow);
        _environment["MOSS_CNAME_ALLOW"] = "a.environment, *.b.environment";
        Assert.Equal(["a.environment", "*.b.environment"], Read().CnameAllow);
        _flags["cname-allow"] = ["www.example.com", "*.example.org"];
        Assert.Equal(["www.example.com", "*.example.org"], Read().CnameAllow);
        foreach (var name in new[] { "*", "a.*.com", "under score.com", "*.", "https://example.com" })
        {
            _flags["cname-allow"] = [name];
            Assert.Contains($"--cname-allow '{name}' is not valid", Assert.Throws<StartException>(() => Read()).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{ \"colour\": \"red\" }", "unknown setting 'colour'")]
    [InlineData("{", "cannot read the configuration")]
    [InlineData("[]", "cannot read the configuration")]
    public void A_bad_file_is_told(string json, string message) =>
        Assert.Contains(message, Assert.Throws<StartException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_told() =>
        Assert.Throws<StartException>(() => new ServeSettings(_ => null, _ => null, _file + ".none"));
}
