using System.Text;

namespace Moss.Cli.Tests.Support;

/// <summary>A person's place: a home and a directory of their own, an environment, and a server to talk to.</summary>
public sealed class Shelf : IDisposable
{
    public Shelf(MossServer server)
    {
        Server = server;
        Root = Directory.CreateTempSubdirectory("moss-cli-").FullName;
        Directory.CreateDirectory(Home);
        Directory.CreateDirectory(Files);
        Environment = new()
        {
            ["HOME"] = Home,
            ["XDG_STATE_HOME"] = State,
            ["TMPDIR"] = Root,
            ["TERM"] = "dumb",
            // No test asks how fast this machine is.
            ["MOSS_COMPLETION_TIMEOUT"] = "2m",
            ["NO_COLOR"] = null,
            ["OSS_ENDPOINT"] = server.Endpoint,
            ["OSS_ACCESS_KEY_ID"] = MossServer.AccessKeyId,
            ["OSS_ACCESS_KEY_SECRET"] = MossServer.AccessKeySecret,
        };
    }

    public MossServer Server { get; }

    public string Root { get; }

    public string Home => Path.Combine(Root, "home");

    public string State => Path.Combine(Root, "state");

    /// <summary>The working directory.</summary>
    public string Files => Path.Combine(Root, "files");

    public string Config => Path.Combine(Home, ".ossutilconfig");

    /// <summary>A null value takes a variable away.</summary>
    public Dictionary<string, string?> Environment { get; }

    public Task<Outcome> RunAsync(params string[] words) => RunWithAsync([], words);

    public Task<Outcome> RunWithAsync(string input, params string[] words) => RunWithAsync(Encoding.UTF8.GetBytes(input), words);

    public Task<Outcome> RunWithAsync(byte[] input, params string[] words) =>
        MossProcess.RunAsync(MossProcess.Info(words, Environment, Files), input);

    /// <summary>Runs a verb that must succeed, and holds its JSON against a schema.</summary>
    public async Task<Json> JsonAsync(string schema, params string[] words) => (await CodeAndJsonAsync(0, schema, words)).Document;

    /// <summary>The same for a verb that ends with a code of its own.</summary>
    public async Task<(Outcome Outcome, Json Document)> CodeAndJsonAsync(int code, string schema, params string[] words)
    {
        var outcome = (await RunAsync([.. words, "--output-format", "json"])).Exits(code);
        return (outcome, new(Schemas.Check(schema, outcome)));
    }

    /// <summary>
    /// For a verb that only looks: its JSON keeps the schema, its YAML says the same, and its tab-separated lines have as many fields each.
    /// </summary>
    public async Task<Json> FormatsAsync(string schema, params string[] words)
    {
        var json = await JsonAsync(schema, words);
        Yaml.IsTheSame(json.Element, (await RunAsync([.. words, "--output-format", "yaml"])).Succeeds().Output);
        var raw = (await RunAsync([.. words, "--output-format", "raw"])).Succeeds();
        Assert.True(raw.Lines.Select(line => line.Count(c => c == '\t')).Distinct().Count() <= 1, raw.Output);
        if (json.Element.ValueKind == System.Text.Json.JsonValueKind.Array)
        {
            Assert.Equal(json.Element.GetArrayLength(), raw.Lines.Length);
        }

        return json;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Files, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return name;
    }

    /// <summary>Bytes that no compression and no luck makes equal to others.</summary>
    public static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public string Read(string name) => File.ReadAllText(Path.Combine(Files, name));

    public byte[] ReadBytes(string name) => File.ReadAllBytes(Path.Combine(Files, name));

    public bool Has(string name) => File.Exists(Path.Combine(Files, name));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
