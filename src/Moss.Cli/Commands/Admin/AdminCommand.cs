using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moss.Cli.Frame;
using Moss.Cli.Output;

namespace Moss.Cli.Commands.Admin;

/// <summary><c>moss admin</c>: accounts, users, keys, roles, policies, the audit and the lifecycle rules of a running Moss server.</summary>
static class AdminCommand
{
    static readonly Option<string?> Account = Options.Text("--account", "UID", "The account, by uid or name (the root account).");
    static readonly Option<string?> User = Options.Text("--user", "NAME", "The user.");
    static readonly Option<string?> Role = Options.Text("--role", "NAME", "The role.");
    static readonly Option<string?> Name = Options.Text("--name", "NAME", "The policy's name; without one a user or role has one policy, and attaching replaces it.");
    static readonly Option<string?> Document = Options.Text("--document", "FILE", "The policy as JSON; - reads standard input.");
    static readonly Option<string?> Trust = Options.Text("--trust", "FILE", "The trust policy as JSON: who may assume the role.");
    static readonly Option<string?> Policy = Options.Text("--policy", "FILE", "What the role may do, as JSON.");
    static readonly Option<long?> MaxSession = Options.Number("--max-session", "The longest session in seconds (3600).", 3600, 43_200);
    static readonly Argument<string> NameArgument = Options.Argument("NAME", "The name.");
    static readonly Argument<string> KeyArgument = Options.Argument("ACCESS-KEY-ID", "The access key's id.");
    static readonly Argument<string?> KeyOwnerArgument = Options.OptionalArgument("USER", "The user.");
    static readonly Argument<string?> UserArgument = Options.OptionalArgument("USER", "The user; without one --role names a role.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
    {
        Notes = "The verbs act on the server of OSS_ENDPOINT, with the root credential in OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET. Changes act on the next request.",
    }
        .With(Accounts(), Users(), Keys(), Roles(), PolicyCommands.Create(), InventoryCommand.Create(), AuditCommand.Create(), LifecycleCommand.Create())
        .Example("moss admin user add alice --output-format json", "a user with its uid and first key; the secret is shown this once")
        .Example("moss admin policy attach alice --document read.json", "what alice may do")
        .Example("moss admin role add uploader --trust trust.json --policy write.json", "a role for AssumeRole")
        .Example("moss admin policy simulate --user alice --action oss:GetObject oss://bucket/key", "would it be allowed, and why")
        .Example("moss admin policy simulate --user alice --action sts:AssumeRole acs:ram::1000000000000001:role/uploader", "may alice be that role");

    static MossCommand Accounts() => new MossCommand("account", "Accounts: each owns buckets, users and roles.")
        .With(
            Named("add", "Add an account; prints its uid and first key.", "account/add"),
            Listing("list", "List accounts.", "account/list", [], new("uid", "UID", -18), new("name", "NAME", -24), new("disabled", "DISABLED", 0)),
            Named("disable", "Let nobody of an account in.", "account/disable"),
            Named("enable", "Let an account in again.", "account/enable"),
            Named("rm", "Remove an account without buckets, users and roles, and its keys.", "account/remove"));

    static MossCommand Users() => new MossCommand("user", "Users: they may do what policies say.")
        .With(
            Named("add", "Add a user; prints its uid and first key.", "user/add", Account),
            Listing(
                "list", "List users.", "user/list", [Account],
                new("uid", "UID", -18), new("accountUid", "ACCOUNT", -18), new("name", "NAME", -24), new("policies", "POLICIES", 0)),
            Named("show", "Show a user.", "user/show", Account),
            Named("disable", "Let a user in no more.", "user/disable", Account),
            Named("enable", "Let a user in again.", "user/enable", Account),
            Named("rm", "Remove a user and its keys.", "user/remove", Account));

    static MossCommand Keys() => new MossCommand("key", "Access keys: add, try, then remove the old one.")
        .With(
            new MossCommand("add", "Add a key to a user, or with --account alone to the account itself; prints its secret this once.")
                .With(KeyOwnerArgument, Account)
                .Run(AddKeyAsync),
            Listing(
                "list", "List keys.", "key/list", [Account, User],
                new("accessKeyId", "ACCESS KEY ID", -26), new("accountUid", "ACCOUNT", -18), new("userName", "USER", -24), new("disabled", "DISABLED", 0)),
            OfKey("disable", "Let a key sign nothing for now.", "key/disable"),
            OfKey("enable", "Let a key sign again.", "key/enable"),
            OfKey("rm", "Remove a key.", "key/remove"));

    static MossCommand Roles() => new MossCommand("role", "Roles: what they may do, users may do for a time (AssumeRole).")
        .With(
            new MossCommand("add", "Add a role.")
                .With(NameArgument, Trust, Policy, MaxSession, Account)
                .Run(AddRoleAsync),
            Listing(
                "list", "List roles.", "role/list", [Account], new("arn", "ARN", -48), new("maxSessionSeconds", "SESSION", 8), new("policies", "POLICIES", 0)),
            Named("show", "Show a role.", "role/show", Account),
            new MossCommand("trust", "Replace a role's trust policy.").With(NameArgument, Trust, Account).Run(TrustAsync),
            Named("rm", "Remove a role; its sessions end at once.", "role/remove", Account));

    static async Task AddKeyAsync(Invocation invocation)
    {
        var (user, account) = (invocation.Get(KeyOwnerArgument), invocation.Get(Account));
        await (user is null && account is null
            ? throw new UsageException("whose key is it? Give a USER, or --account UID for a key of the account itself (--account root)")
            : ShowAsync(invocation, "key/add", new() { ["user"] = user, ["account"] = account }));
    }

    static async Task AddRoleAsync(Invocation invocation) => await ShowAsync(invocation, "role/add", new()
    {
        ["name"] = invocation.Get(NameArgument),
        ["account"] = invocation.Get(Account),
        ["trust"] = await ReadAsync(invocation, Trust) ?? throw new UsageException("a role needs --trust FILE: who may assume it"),
        ["document"] = await ReadAsync(invocation, Policy),
        ["maxSessionSeconds"] = (int?)invocation.Get(MaxSession),
    });

    static async Task TrustAsync(Invocation invocation) => await ShowAsync(invocation, "role/trust", new()
    {
        ["name"] = invocation.Get(NameArgument),
        ["account"] = invocation.Get(Account),
        ["trust"] = await ReadAsync(invocation, Trust) ?? throw new UsageException("give --trust FILE"),
    });

    /// <summary>The text of the file that an option names.</summary>
    public static async Task<string?> ReadAsync(Invocation invocation, Option<string?> option)
    {
        var path = invocation.Get(option);
        return path is null ? null
            : path == "-" ? await Console.In.ReadToEndAsync(invocation.Cancelled)
            : await File.ReadAllTextAsync(path, invocation.Cancelled);
    }

    /// <summary>Calls, and shows the object that is answered.</summary>
    public static async Task ShowAsync(Invocation invocation, string call, JsonObject body)
    {
        if (await AdminClient.CallAsync(invocation, call, body) is { } answer)
        {
            await invocation.WriteAsync(AdminClient.RowOf(answer));
            return;
        }

        await invocation.WriteAsync(new() { { "done", true } }, "");
    }

    /// <summary>Calls, and shows the list that is answered.</summary>
    public static async Task ListAsync(Invocation invocation, string call, JsonObject body, params Column[] columns)
    {
        var rows = invocation.Rows(columns);
        var answer = await AdminClient.CallAsync(invocation, call, body);
        foreach (var item in answer is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [])
        {
            await rows.WriteAsync(AdminClient.RowOf(item), invocation.Cancelled);
        }

        await rows.EndAsync(footer: null, invocation.Cancelled);
    }

    static MossCommand Named(string verb, string description, string call, params Option<string?>[] options) =>
        new MossCommand(verb, description)
            .With([NameArgument, .. options])
            .Run(invocation => ShowAsync(invocation, call, Body(invocation, options, ("name", invocation.Get(NameArgument)))));

    static MossCommand OfKey(string verb, string description, string call) =>
        new MossCommand(verb, description)
            .With(KeyArgument)
            .Run(invocation => ShowAsync(invocation, call, new() { ["accessKeyId"] = invocation.Get(KeyArgument) }));

    static MossCommand Listing(string verb, string description, string call, Option<string?>[] options, params Column[] columns) =>
        new MossCommand(verb, description, "ls")
            .With([.. options])
            .Run(invocation => ListAsync(invocation, call, Body(invocation, options), columns));

    // The options' names are those of the call's members.
    static JsonObject Body(Invocation invocation, Option<string?>[] options, params (string Name, string Value)[] more)
    {
        var body = new JsonObject();
        foreach (var option in options)
        {
            body[option.Name.TrimStart('-')] = invocation.Get(option);
        }

        foreach (var (name, value) in more)
        {
            body[name] = value;
        }

        return body;
    }

    /// <summary><c>moss admin policy</c></summary>
    static class PolicyCommands
    {
        static readonly Option<string?> Action = Options.Text("--action", "ACTION", "For example oss:GetObject.");
        static readonly Option<bool> Anonymous = Options.Flag("--anonymous", "As somebody who does not sign.");
        static readonly Option<string[]> Value = Options.Texts("--condition", "KEY=VALUE", "The value of a condition key, such as acs:SourceIp=10.0.0.1.");
        static readonly Option<string?> SessionPolicy = Options.Text("--session-policy", "FILE", "The policy of the role's session as JSON; - reads standard input.");
        static readonly Option<string?> VersionId = Options.Text("--version-id", "ID", "A version of the object.");
        static readonly Argument<string?> Target = Options.OptionalArgument(
            "oss://bucket[/key]", "What it is done to, or for sts:AssumeRole the role's ARN; nothing for the service.");

        public static MossCommand Create() => new MossCommand("policy", "Policies: what a user or a role may do.")
            .With(
                new MossCommand("attach", "Attach a policy to a user, or with --role to a role.").With(UserArgument, Document, Name, Role, Account).Run(AttachAsync),
                new MossCommand("detach", "Take a policy away.").With(UserArgument, Name, Role, Account).Run(
                    invocation => ShowAsync(invocation, "policy/detach", Holder(invocation))),
                new MossCommand("list", "List the policies of a user or a role.", "ls").With(UserArgument, Role, Account).Run(
                    invocation => ListAsync(invocation, "policy/list", Holder(invocation), new("name", "NAME", -24), new("document", "DOCUMENT", 0))),
                new MossCommand("simulate", "Say whether a request would be allowed, and why.")
                    .With(Target, Action, User, Role, Account, Anonymous, Document, SessionPolicy, VersionId, Value)
                    .Run(SimulateAsync));

        static async Task AttachAsync(Invocation invocation)
        {
            var body = Holder(invocation);
            body["document"] = await ReadAsync(invocation, Document) ?? throw new UsageException("give --document FILE");
            await ShowAsync(invocation, "policy/attach", body);
        }

        static async Task<int> SimulateAsync(Invocation invocation)
        {
            var body = new JsonObject
            {
                ["action"] = invocation.Get(Action) ?? throw new UsageException("give --action, such as --action oss:GetObject"),
                ["user"] = invocation.Get(User),
                ["role"] = invocation.Get(Role),
                ["account"] = invocation.Get(Account),
                ["anonymous"] = invocation.Get(Anonymous),
                ["document"] = await ReadAsync(invocation, Document),
                ["sessionPolicy"] = await ReadAsync(invocation, SessionPolicy),
                ["versionId"] = invocation.Get(VersionId),
                ["requestPayer"] = invocation.Get(GlobalOptions.RequestPayer),
            };
            if (invocation.Get(Target) is { } target && target.StartsWith("acs:", StringComparison.Ordinal))
            {
                body["resource"] = target;
            }
            else if (invocation.Get(Target) is { } place)
            {
                var uri = OssUri.Parse(place);
                body["bucket"] = uri.Bucket;
                body["key"] = uri.Key.Length == 0 ? null : uri.Key;
            }

            var values = new JsonObject();
            foreach (var pair in invocation.Get(Value) ?? [])
            {
                var equals = pair.IndexOf('=', StringComparison.Ordinal);
                var key = equals < 0 ? throw new UsageException($"--condition '{pair}' is not KEY=VALUE") : pair[..equals];
                if (!values.TryAdd(key, (JsonNode?)pair[(equals + 1)..]))
                {
                    throw new UsageException($"--condition {key} is given twice");
                }
            }

            body["values"] = values;
            var answer = await AdminClient.CallAsync(invocation, "policy/simulate", body);
            await invocation.WriteAsync(AdminClient.RowOf(answer!.Value));
            return answer.Value.GetProperty("allowed").GetBoolean() ? ExitCode.Ok : ExitCode.Server;
        }

        static JsonObject Holder(Invocation invocation) => new()
        {
            ["user"] = invocation.Get(UserArgument),
            ["role"] = invocation.Get(Role),
            ["account"] = invocation.Get(Account),
            ["name"] = invocation.Get(Name),
        };
    }
}
