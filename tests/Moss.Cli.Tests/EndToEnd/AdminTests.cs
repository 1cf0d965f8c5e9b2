using Moss.Cli.Tests.Support;

namespace Moss.Cli.Tests.EndToEnd;

/// <summary><c>admin</c>: what it says it did, the server does from the next request on.</summary>
public sealed class AdminTests(MossServer server) : IDisposable
{
    readonly Shelf _shelf = new(server);
    readonly string _tag = server.NewBucketName();

    public void Dispose() => _shelf.Dispose();

    string Policy(string bucket, string action) => _shelf.Write($"{action}.json", $$"""
        {"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:{{action}}","Resource":["acs:oss:*:*:{{bucket}}","acs:oss:*:*:{{bucket}}/*"]}]}
        """);

    // The shelf of somebody who has this key.
    Shelf As(Json made)
    {
        var shelf = new Shelf(server);
        shelf.Environment["OSS_ACCESS_KEY_ID"] = made["accessKeyId"];
        shelf.Environment["OSS_ACCESS_KEY_SECRET"] = made["accessKeySecret"];
        return shelf;
    }

    [Fact]
    public async Task A_user_may_do_what_its_policies_say_and_no_more()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "x");
        var name = "user-" + _tag;
        var made = await _shelf.JsonAsync("admin-user-add", "admin", "user", "add", name);
        Assert.Contains(name, (await _shelf.JsonAsync("admin-users", "admin", "user", "list")).All("name"));
        Assert.Equal(made["uid"], (await _shelf.FormatsAsync("admin-user", "admin", "user", "show", name))["uid"]);
        using var own = As(made);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("AccessDenied");
        await _shelf.JsonAsync("admin-user", "admin", "policy", "attach", name, "--document", Policy(bucket, "GetObject"));
        await _shelf.JsonAsync("admin-user", "admin", "policy", "attach", name, "--document", Policy(bucket, "DeleteObject"), "--name", "second");
        Assert.Equal(["inline", "second"], (await _shelf.FormatsAsync("admin-policies", "admin", "policy", "list", name)).All("name"));
        Assert.Equal("x", (await own.RunAsync("cat", $"oss://{bucket}/k")).Succeeds().Output);
        (await own.RunWithAsync("y", "cp", "-", $"oss://{bucket}/k")).Exits(2).Says("AccessDenied");

        string[] ask = ["admin", "policy", "simulate", "--user", name, $"oss://{bucket}/k", "--action"];
        Assert.Equal("True", (await _shelf.JsonAsync("admin-simulate", [.. ask, "oss:DeleteObject"]))["allowed"]);
        await _shelf.JsonAsync("admin-user", "admin", "policy", "detach", name, "--name", "second");
        Assert.Equal("False", (await _shelf.CodeAndJsonAsync(2, "admin-simulate", [.. ask, "oss:DeleteObject"])).Document["allowed"]);
        Assert.Equal("True", (await _shelf.JsonAsync("admin-user", "admin", "user", "disable", name))["disabled"]);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2);
        await _shelf.JsonAsync("admin-user", "admin", "user", "enable", name);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Succeeds();
        Assert.Contains("GetObject", (await _shelf.JsonAsync("admin-audit", "admin", "audit", "--code", "AccessDenied", "--since", "1h")).All("operation"));
        await _shelf.JsonAsync("admin-done", "admin", "user", "rm", name);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("InvalidAccessKeyId");
        (await _shelf.RunAsync("admin", "user", "show", name)).Exits(2).Says("EntityNotExist.User");
    }

    [Fact]
    public async Task Lifecycle_rules_are_carried_out_when_asked_for()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "old/k", "12345");
        await server.PutAsync(bucket, "kept", "x");
        await server.Client.PutBucketLifecycleAsync(bucket, [new() { Prefix = "old/", Expiration = new() { Days = 1 } }]);
        Assert.Equal("0", (await _shelf.JsonAsync("admin-lifecycle-run", "admin", "lifecycle", "run"))["expired"]);
        var later = TimeProvider.System.GetUtcNow().AddDays(3).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var done = await _shelf.JsonAsync("admin-lifecycle-run", "admin", "lifecycle", "run", "--at", later);
        Assert.Equal(("1", "5", "0"), (done["expired"], done["bytes"], done["bucketsFailed"]));
        Assert.Equal(["kept"], await server.KeysAsync(bucket));
        (await _shelf.RunAsync("admin", "lifecycle", "run", "--at", "tomorrow")).Exits(1).Says("--at 'tomorrow'");
        await server.Client.DeleteBucketLifecycleAsync(bucket);
    }

    [Fact]
    public async Task Inventories_are_made_when_asked_for()
    {
        var (bucket, lists) = (await server.NewBucketAsync(), await server.NewBucketAsync());
        var ct = TestContext.Current.CancellationToken;
        await server.PutAsync(bucket, "a", "1");
        foreach (var (id, to) in new[] { ("good", lists), ("bad", lists + "-gone") })
        {
            await server.Client.PutBucketAsync(to, ct: ct);
            await server.Client.PutBucketInventoryAsync(bucket, new()
            {
                Id = id,
                IsEnabled = false,
                Destination = new() { Format = "CSV", Bucket = $"acs:oss:::{to}", Prefix = "lists" },
                Frequency = "Daily",
                IncludedObjectVersions = "Current",
                OptionalFields = ["Size"],
            }, ct);
        }

        await server.Client.DeleteBucketAsync(lists + "-gone", ct);
        var runs = await _shelf.JsonAsync("admin-inventory-run", "admin", "inventory", "run", "--bucket", bucket);
        Assert.Equal(["bad", "good"], runs.All("id").Order(StringComparer.Ordinal));
        var good = runs.Items.Single(run => run["id"] == "good");
        Assert.Equal((bucket, 1, null), (good["bucket"], good.Number("files"), good["error"]));
        Assert.Contains(good["manifest"]!, await server.KeysAsync(lists));
        Assert.Equal("NoSuchBucket", runs.Items.Single(run => run["id"] == "bad")["error"]);
        Assert.Equal(1, (await _shelf.FormatsAsync("admin-inventory-run", "admin", "inventory", "run", "--bucket", bucket, "--id", "good")).Count);
        Assert.Empty((await _shelf.JsonAsync("admin-inventory-run", "admin", "inventory", "run", "--bucket", lists)).Items);
        (await _shelf.RunAsync("admin", "inventory", "run", "--bucket", bucket, "--id", "none")).Exits(2).Says("NoSuchInventory");
        (await _shelf.RunAsync("admin", "inventory", "run", "--id", "good")).Exits(2).Says("whose inventory is it?");
    }

    [Fact]
    public async Task Names_that_the_operator_allows_can_be_bound_by_anybody_and_no_others()
    {
        using var own = As(await _shelf.JsonAsync("admin-account-add", "admin", "account", "add", "names-" + _tag));
        var (bucket, domain) = (server.NewBucketName(), $"{_tag}.{MossServer.BindableDomain}");
        (await own.RunAsync("mb", $"oss://{bucket}", "--acl", "public-read")).Exits(0);
        (await own.RunWithAsync("under its own name", "cp", "-", $"oss://{bucket}/k", "-q")).Exits(0);
        Task<Outcome> Bind(string name) => own.RunAsync(
            "api", "put-cname", "--bucket", bucket, "--body", $"<BucketCnameConfiguration><Cname><Domain>{name}</Domain></Cname></BucketCnameConfiguration>");
        (await Bind("www.elsewhere.example")).Exits(2).Says("AccessDenied");
        (await Bind(MossServer.BindableDomain)).Exits(2).Says("AccessDenied");
        (await Bind(domain)).Exits(0);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Endpoint + "/k") { Headers = { Host = domain } };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("under its own name", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Keys_are_rotated_without_a_gap()
    {
        var name = "keys-" + _tag;
        var first = await _shelf.JsonAsync("admin-user-add", "admin", "user", "add", name);
        var second = await _shelf.JsonAsync("admin-key-add", "admin", "key", "add", name);
        Assert.Equal(2, (await _shelf.FormatsAsync("admin-keys", "admin", "key", "list", "--user", name)).Count);
        using var old = As(first);
        using var fresh = As(second);
        await _shelf.JsonAsync("admin-key", "admin", "key", "disable", first["accessKeyId"]!);
        (await old.RunAsync("ls")).Exits(2).Says("InvalidAccessKeyId");
        (await fresh.RunAsync("ls")).Exits(2).Says("AccessDenied");
        await _shelf.JsonAsync("admin-key", "admin", "key", "enable", first["accessKeyId"]!);
        await _shelf.JsonAsync("admin-done", "admin", "key", "rm", first["accessKeyId"]!);
        Assert.Equal([second["accessKeyId"]!], (await _shelf.JsonAsync("admin-keys", "admin", "key", "ls", "--user", name)).All("accessKeyId"));
        await _shelf.JsonAsync("admin-done", "admin", "user", "rm", name);
    }

    [Fact]
    public async Task An_account_owns_what_it_makes_and_can_be_shut_out()
    {
        var name = "account-" + _tag;
        var made = await _shelf.JsonAsync("admin-account-add", "admin", "account", "add", name);
        using var own = As(made);
        var bucket = server.NewBucketName();
        (await own.RunAsync("mb", $"oss://{bucket}")).Exits(0);
        Assert.Equal(made["uid"], (await own.JsonAsync("stat-bucket", "stat", $"oss://{bucket}"))["owner"]);
        Assert.Contains(name, (await _shelf.JsonAsync("admin-accounts", "admin", "account", "list")).All("name"));
        await _shelf.JsonAsync("admin-account", "admin", "account", "disable", name);
        (await own.RunAsync("ls")).Exits(2);
        await _shelf.JsonAsync("admin-account", "admin", "account", "enable", name);
        (await _shelf.RunAsync("admin", "account", "rm", name)).Exits(2).Says("DeleteConflict.Account").Says($"owns 1 bucket: {bucket}");
        (await own.RunAsync("rb", $"oss://{bucket}")).Exits(0);
        var user = await _shelf.JsonAsync("admin-user-add", "admin", "user", "add", "inner", "--account", name);
        Assert.Equal(made["uid"], user["accountUid"]);
        (await _shelf.RunAsync("admin", "account", "rm", name)).Exits(2);
        await _shelf.JsonAsync("admin-done", "admin", "user", "rm", "inner", "--account", name);
        await _shelf.JsonAsync("admin-done", "admin", "account", "rm", name);
        (await own.RunAsync("admin", "user", "list")).Exits(2);
    }

    [Fact]
    public async Task Whoever_says_so_pays_and_is_served()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "paid for");
        await server.Client.PutBucketAclAsync(bucket, Moss.Protocol.Names.Acl.PublicReadWrite, TestContext.Current.CancellationToken);
        await server.Client.PutBucketRequestPaymentAsync(bucket, "Requester", TestContext.Current.CancellationToken);
        var name = "payer-" + _tag;
        using var own = As(await _shelf.JsonAsync("admin-account-add", "admin", "account", "add", name));
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("AccessDenied");
        Assert.Equal("paid for", (await own.RunAsync("cat", $"oss://{bucket}/k", "--request-payer", "requester")).Succeeds().Output);
        own.Write("d/new", Shelf.Noise(300_000, 1));
        await own.JsonAsync("transfer", "cp", "-r", "d", $"oss://{bucket}/", "--payer", "Requester", "--bigfile-threshold", "100Ki", "--part-size", "100Ki");
        Assert.Equal(["k", "new"], await server.KeysAsync(bucket));
        using var http = new HttpClient();
        var url = (await own.RunAsync("presign", $"oss://{bucket}/k", "--request-payer", "requester")).Succeeds().Output.Trim();
        Assert.Equal("paid for", await http.GetStringAsync(url, TestContext.Current.CancellationToken));
        (await own.RunAsync("ls", $"oss://{bucket}", "--request-payer", "owner")).Exits(1).Says("it takes requester");
    }

    [Fact]
    public async Task A_profile_with_a_role_works_with_what_the_token_service_gives()
    {
        var bucket = await server.NewBucketAsync();
        await server.PutAsync(bucket, "k", "through a role");
        var (user, role) = ("assumer-" + _tag, "reader-" + _tag);
        var made = await _shelf.JsonAsync("admin-user-add", "admin", "user", "add", user);
        _shelf.Write("trust.json", """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["*"]}}]}""");
        _shelf.Write("assume.json", """{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}""");
        await _shelf.JsonAsync("admin-user", "admin", "policy", "attach", user, "--document", "assume.json");
        var added = await _shelf.JsonAsync("admin-role", "admin", "role", "add", role, "--trust", "trust.json", "--policy", Policy(bucket, "GetObject"), "--max-session", "7200");
        Assert.Contains(role, (await _shelf.JsonAsync("admin-roles", "admin", "role", "list")).All("name"));
        Assert.Equal(added["arn"], (await _shelf.FormatsAsync("admin-role", "admin", "role", "show", role))["arn"]);

        using var own = As(made);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("AccessDenied");
        // Both generations' spellings of the same settings.
        foreach (var lines in new[] { $"[default]\nmode=RamRoleArn\nrole-arn={added["arn"]}\nrole-session-name=me", $"[Credentials]\nmode=RamRoleArn\nramRoleArn={added["arn"]}\ntokenTimeout=900" })
        {
            File.WriteAllText(own.Config, $"{lines}\naccessKeyID={made["accessKeyId"]}\naccessKeySecret={made["accessKeySecret"]}\nendpoint={server.Endpoint}\n");
            Assert.Equal("through a role", (await own.RunAsync("cat", $"oss://{bucket}/k", "--ignore-env-var")).Succeeds().Output);
        }

        var may = await _shelf.JsonAsync("admin-simulate", "admin", "policy", "simulate", "--user", user, "--action", "sts:AssumeRole", added["arn"]!);
        Assert.Equal(("True", "TrustPolicyAllows", "trust policy, statement 1"), (may["allowed"], may["reason"], may["statement"]));
        string[] asRole = ["admin", "policy", "simulate", "--role", role, "--action", "oss:GetObject", $"oss://{bucket}/k"];
        Assert.Equal("True", (await _shelf.JsonAsync("admin-simulate", asRole))["allowed"]);
        var cut = await _shelf.CodeAndJsonAsync(2, "admin-simulate", [.. asRole, "--session-policy", Policy(bucket, "PutObject")]);
        Assert.Equal("SessionPolicyDenies", cut.Document["reason"]);
        Assert.Equal("oss:GetObjectVersion", (await _shelf.CodeAndJsonAsync(2, "admin-simulate", [.. asRole, "--version-id", "v"])).Document["action"]);

        own.Environment["OSS_ROLE_ARN"] = added["arn"];
        own.Environment["OSS_ROLE_SESSION_NAME"] = "from-environment";
        Assert.Equal("through a role", (await own.RunAsync("cat", $"oss://{bucket}/k")).Succeeds().Output);
        (await own.RunAsync("rm", $"oss://{bucket}/k")).Exits(2).Says("AccessDenied");
        own.Environment["OSS_ROLE_ARN"] = "acs:ram::1:role/none";
        Assert.Equal("through a role", (await own.RunAsync("cat", $"oss://{bucket}/k", "--role-arn", added["arn"]!, "--role-session-name", "me")).Succeeds().Output);
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("token service at " + server.Endpoint);

        _shelf.Write("nobody.json", """{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":["*"]}}]}""");
        await _shelf.JsonAsync("admin-role", "admin", "role", "trust", role, "--trust", "nobody.json");
        own.Environment["OSS_ROLE_ARN"] = added["arn"];
        (await own.RunAsync("cat", $"oss://{bucket}/k")).Exits(2).Says("NoPermission");
        await _shelf.JsonAsync("admin-done", "admin", "role", "rm", role);
        await _shelf.JsonAsync("admin-done", "admin", "user", "rm", user);
    }

    [Fact]
    public async Task Nobody_but_the_root_is_served_and_what_is_missing_is_said()
    {
        _shelf.Write("broken.json", "{");
        (await _shelf.RunAsync("admin", "policy", "attach", "nobody", "--document", "none.json")).Exits(3).Says("none.json");
        (await _shelf.RunAsync("admin", "policy", "attach", "nobody")).Exits(1).Says("--document FILE");
        (await _shelf.RunAsync("admin", "role", "add", "r")).Exits(1).Says("--trust FILE");
        (await _shelf.RunAsync("admin", "key", "add")).Exits(1).Says("whose key is it?");
        (await _shelf.RunAsync("admin", "policy", "simulate", "oss://some-bucket")).Exits(1).Says("--action");
        (await _shelf.RunAsync("admin", "policy", "simulate", "--action", "oss:Nonsense", "oss://some-bucket")).Exits(2).Says("No call of this server asks for oss:Nonsense");
        (await _shelf.RunAsync("admin", "policy", "simulate", "--action", "oss:ListObjects", "oss://some-bucket", "--condition", "oss:prefix=a", "--condition", "oss:Prefix=b"))
            .Exits(2).Says("oss:Prefix is given twice");
        (await _shelf.RunAsync("admin", "user")).Exits(1).Says("moss admin user: say which: add, list, show");
        (await _shelf.RunAsync("admin", "user", "lisd")).Exits(1).Says("did you mean 'list'");
        _shelf.Environment["OSS_ACCESS_KEY_SECRET"] = "wrong";
        (await _shelf.RunAsync("admin", "user", "list")).Exits(2).Says("SignatureDoesNotMatch");
    }
}
