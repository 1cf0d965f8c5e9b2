using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary>The configuration file of both generations, profiles, the environment, and who goes before whom.</summary>
public sealed class ConfigTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);

    public void Dispose() => _shelf.Dispose();

    void WithoutEnvironment()
    {
        foreach (var name in new[] { "OSS_ENDPOINT", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET" })
        {
            _shelf.Environment.Remove(name);
        }
    }

    static string Key => $"access-key-id={MossServer.AccessKeyId}\naccess-key-secret={MossServer.AccessKeySecret}\n";

    [Fact]
    public async Task Keys_are_set_shown_and_removed_and_the_file_is_its_owners_alone()
    {
        WithoutEnvironment();
        (await _shelf.RunAsync("ls")).Exits(1).Says("nothing says where the service is");
        (await _shelf.RunAsync("config", "set", "endpoint", server.Endpoint)).Succeeds();
        (await _shelf.RunAsync("ls")).Exits(1).Says("no credentials");
        (await _shelf.RunAsync("config", "set", "access-key-id", MossServer.AccessKeyId)).Succeeds();
        (await _shelf.RunAsync("ls")).Exits(1).Says("one of them is missing");
        (await _shelf.RunAsync("config", "set", "access-key-secret", "on-the-command-line")).Exits(1).Says("on stdin");
        (await _shelf.RunWithAsync(MossServer.AccessKeySecret + "\n", "config", "set", "access-key-secret")).Succeeds();
        (await _shelf.RunAsync("ls")).Succeeds();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_shelf.Config));
        }

        Assert.Equal(MossServer.AccessKeyId, (await _shelf.FormatsAsync("config-get", "config", "get", "accessKeyID"))["value"]);
        var secret = (await _shelf.RunAsync("config", "get", "access-key-secret")).Succeeds();
        Assert.Equal("***\n", secret.Output);
        (await _shelf.RunAsync("config", "set", "endpoint", "http://127.0.0.1:1", "--profile", "elsewhere")).Succeeds();
        Assert.Equal(["default", "elsewhere"], (await _shelf.FormatsAsync("config-profiles", "config", "list-profiles")).All("profile"));
        (await _shelf.RunAsync("config", "set", "endpoint")).Succeeds();
        (await _shelf.RunAsync("config", "get", "endpoint")).Exits(1);
        (await _shelf.RunAsync("config", "set", "endpoind", "x")).Exits(1).Says("did you mean 'endpoint'");
    }

    [Fact]
    public async Task Both_generations_are_read_for_real()
    {
        WithoutEnvironment();
        var bucket = await server.NewBucketAsync();
        foreach (var text in new[]
        {
            $"[Credentials]\nlanguage=EN\nendpoint={server.Endpoint}\naccessKeyID={MossServer.AccessKeyId}\naccessKeySecret={MossServer.AccessKeySecret}\n",
            $"[default]\n{Key}endpoint = {server.Endpoint}\nregion = cn-hangzhou\n",
            $"# a remark\n[default]\nACCESS_KEY_ID={MossServer.AccessKeyId}\naccessKeySecret={MossServer.AccessKeySecret}\nendPoint={server.Endpoint}\nretry-times=0\n",
            $"[Credentials]\naccessKeyID={MossServer.AccessKeyId}\naccessKeySecret={MossServer.AccessKeySecret}\nendpoint=http://127.0.0.1:1\n[Bucket-Endpoint]\n{bucket}={server.Endpoint}\n[Default]\nretryTimes=0\n",
            $"[default]\n{Key}endpoint=http://127.0.0.1:1\nbuckets=mine\n[buckets mine]\n{bucket} =\n  endpoint = {server.Endpoint}\n",
        })
        {
            File.WriteAllText(_shelf.Config, text);
            (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        }
    }

    [Fact]
    public async Task Flags_go_before_the_environment_and_the_environment_before_the_file()
    {
        var bucket = await server.NewBucketAsync();
        File.WriteAllText(_shelf.Config, $"[default]\nendpoint=http://127.0.0.1:1\naccess-key-id=nobody\naccess-key-secret=x\nretry-times=0\n[profile good]\nsource-profile=default\nendpoint={server.Endpoint}\n{Key}");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--ignore-env-var")).Exits(3);
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--ignore-env-var", "--profile", "good")).Succeeds();
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--endpoint", "http://127.0.0.1:1")).Exits(3);
        _shelf.Environment["OSS_ACCESS_KEY_SECRET"] = "wrong";
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(2).Says("SignatureDoesNotMatch");
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "-i", MossServer.AccessKeyId, "-k", MossServer.AccessKeySecret)).Succeeds();
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "--profile", "godd")).Exits(1);

        WithoutEnvironment();
        _shelf.Environment["OSSUTIL_PROFILE"] = "good";
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        File.Move(_shelf.Config, Path.Combine(_shelf.Files, "elsewhere"));
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(1).Says("there is no profile 'good'");
        _shelf.Environment["OSSUTIL_CONFIG_FILE"] = "elsewhere";
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        (await _shelf.RunAsync("ls", $"oss://{bucket}", "-c", "nowhere")).Exits(1).Says("there is no configuration 'nowhere'");
    }

    [Fact]
    public async Task Credentials_come_from_a_program_a_place_or_nowhere()
    {
        WithoutEnvironment();
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "open", "for all");
        (await _shelf.RunAsync("set-acl", $"oss://{bucket}/open", "public-read", "-e", server.Endpoint, "-i", MossServer.AccessKeyId, "-k", MossServer.AccessKeySecret)).Exits(0);
        var json = $$"""{"AccessKeyId":"{{MossServer.AccessKeyId}}","AccessKeySecret":"{{MossServer.AccessKeySecret}}","Expiration":"2099-01-01T00:00:00Z"}""";
        _shelf.Write("give.json", json);
        void Configure(string lines) => File.WriteAllText(_shelf.Config, $"[default]\nendpoint={server.Endpoint}\n{lines}\n");

        Configure("mode=Process\ncredential-process=cat give.json");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        Configure("mode=Process\ncredential-process=false");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(3).Says("exit code 1");

        using var metadata = new OneAnswer(json);
        Configure($"mode=URI\ncredential-uri={metadata.Address}");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        Configure($"mode=EcsRamRole\necs-role-name={metadata.Address}latest/meta-data/ram/security-credentials/role");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        File.WriteAllText(_shelf.Config, $"[Credentials]\nendpoint={server.Endpoint}\n[AkService]\necsAk={metadata.Address}role\n");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();

        Configure("mode=Anonymous");
        Assert.Equal("for all", (await _shelf.RunAsync("cat", $"oss://{bucket}/open")).Succeeds().Output);
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(2).Says("AccessDenied");
        Configure("mode=Nonsense");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(1).Says("'Nonsense'");
    }

    [Fact]
    public async Task An_instance_gives_the_keys_of_its_role_to_who_has_its_token_and_no_proxy_hears_of_it()
    {
        WithoutEnvironment();
        var bucket = await server.NewBucketAsync();
        var keys = $$"""{"AccessKeyId":"{{MossServer.AccessKeyId}}","AccessKeySecret":"{{MossServer.AccessKeySecret}}","Expiration":"2099-01-01T00:00:00Z","Code":"Success"}""";
        var heads = new List<string>();
        using var metadata = new OneAnswer(head =>
        {
            lock (heads)
            {
                heads.Add(head);
            }

            var hasToken = head.Contains("X-aliyun-ecs-metadata-token: the-token\n", StringComparison.OrdinalIgnoreCase);
            return head.Split(' ')[..2] switch
            {
                ["PUT", "/latest/api/token"] => head.Contains("token-ttl-seconds", StringComparison.Ordinal) ? "the-token" : null,
                ["GET", "/latest/meta-data/ram/security-credentials/"] when hasToken => "the-role\n",
                ["GET", "/latest/meta-data/ram/security-credentials/the-role"] when hasToken => keys,
                _ => null,
            };
        });
        _shelf.Environment["http_proxy"] = "http://127.0.0.1:1";
        _shelf.Environment["no_proxy"] = new Uri(server.Endpoint).Host;
        foreach (var role in new[] { "ecs-role-name=the-role\n", "" })
        {
            heads.Clear();
            File.WriteAllText(_shelf.Config, $"[default]\nendpoint={server.Endpoint}\nmode=EcsRamRole\necs-metadata-endpoint={metadata.Address}\n{role}");
            (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
            Assert.Equal(role.Length > 0 ? 2 : 3, heads.Count);
        }

        File.WriteAllText(_shelf.Config, $"[default]\nendpoint={server.Endpoint}\nmode=EcsRamRole\necs-metadata-endpoint={metadata.Address}\necs-role-name=another\n");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(3).Says("404");
    }

    [Fact]
    public async Task Oidc_gives_its_token_to_the_token_service_and_takes_what_comes()
    {
        WithoutEnvironment();
        using var service = new OneAnswer(
            $$"""{"RequestId":"1","Credentials":{"AccessKeyId":"{{MossServer.AccessKeyId}}","AccessKeySecret":"{{MossServer.AccessKeySecret}}","Expiration":"2099-01-01T00:00:00Z"} }""");
        var bucket = await server.NewBucketAsync();
        _shelf.Write("token", "the.oidc.token\n");
        File.WriteAllText(
            _shelf.Config,
            $"[default]\nendpoint={server.Endpoint}\nmode=OIDC\nrole-arn=acs:ram::1:role/r\noidc-provider-arn=acs:ram::1:oidc-provider/p\noidc-token-file=token\nsts-endpoint={service.Address}\n");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Succeeds();
        Assert.Contains("Action=AssumeRoleWithOIDC", service.LastBody, StringComparison.Ordinal);
        Assert.Contains("OIDCToken=the.oidc.token&", service.LastBody, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", service.LastBody, StringComparison.Ordinal);
        File.AppendAllText(_shelf.Config, "oidc-token-file=none\n");
        (await _shelf.RunAsync("ls", $"oss://{bucket}")).Exits(3).Says("none");
    }

    [Fact]
    public async Task A_configuration_that_makes_no_sense_is_told_with_its_line()
    {
        File.WriteAllText(_shelf.Config, "[default]\nendpoint\n");
        (await _shelf.RunAsync("ls")).Exits(1).Says("line 2");
        File.WriteAllText(_shelf.Config, "[default]\nsource-profile=default\n");
        (await _shelf.RunAsync("ls")).Exits(1).Says("its own source");
        File.WriteAllText(_shelf.Config, "[default]\nread-timeout=soon\n");
        (await _shelf.RunAsync("ls")).Exits(1).Says("'soon'");
        (await _shelf.RunAsync("config")).Exits(1).Says("nobody to ask");
    }
}
