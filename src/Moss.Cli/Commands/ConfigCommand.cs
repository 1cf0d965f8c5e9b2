using System.CommandLine;
using System.Text;
using Moss.Cli.Frame;

namespace Moss.Cli.Commands;

/// <summary><c>moss config</c>: the configuration file, by questions or key by key. Secrets are read without being shown, never from the command line.</summary>
static class ConfigCommand
{
    static readonly Argument<string> Name = Options.Argument("key", "endpoint, region, access-key-id, access-key-secret, addressing-style, ...");
    static readonly Argument<string?> Value = Options.OptionalArgument("value", "The value; nothing removes the key. Secrets are asked for, or read from stdin.");

    static readonly string[] SecretKeys = ["accesskeysecret", "accesskey", "ststoken", "securitytoken"];

    static readonly string[] KnownKeys =
    [
        "endpoint", "region", "access-key-id", "access-key-secret", "sts-token", "mode", "sign-version", "addressing-style", "retry-times", "connect-timeout",
        "read-timeout", "proxy", "user-agent", "source-profile", "buckets", "credential-process", "credential-uri", "ecs-role-name", "role-arn", "role-session-name", "token-timeout", "sts-endpoint", "sts-region",
        "oidc-provider-arn", "oidc-token-file",
    ];

    public static Command Create(string name, string description)
    {
        Name.CompletionSources.Add(KnownKeys);
        return new MossCommand(name, description)
            .With(
                new MossCommand("set", "Set a key, or remove it.").With(Name, Value).Run(SetAsync),
                new MossCommand("get", "Show what a key is set to; secrets are masked.").With(Name).Run(GetAsync),
                new MossCommand("list-profiles", "List the profiles.").Run(ProfilesAsync),
                new MossCommand("credential", "Ask for an access key and its secret.").Run(CredentialAsync))
            .Example("moss config", "answer some questions")
            .Example("moss config set endpoint http://127.0.0.1:9020", "set one key")
            .Example("moss config set access-key-secret < secret.txt", "a secret, without a trace in the shell's history")
            .Example("moss config set endpoint https://oss-cn-hangzhou.aliyuncs.com --profile cloud", "of another profile")
            .Run(AskAsync);
    }

    static string PathOf(Invocation invocation) => invocation.Settings.ConfigFilePath ?? ConfigFile.DefaultPath;

    static string ProfileOf(Invocation invocation) => invocation.Get(GlobalOptions.Profile) ?? "default";

    static Task AskAsync(Invocation invocation)
    {
        if (Console.IsInputRedirected)
        {
            throw new UsageException("there is nobody to ask: use 'moss config set'");
        }

        var path = PathOf(invocation);
        Console.Error.WriteLine($"The configuration is {path}; an empty answer keeps what there is.");
        var file = IniFile.Read(path);
        var profile = ConfigFile.Parse(File.Exists(path) ? File.ReadAllText(path) : "").Profile(null);
        var section = ConfigFile.SectionOf(ProfileOf(invocation));
        Ask(file, section, "endpoint", "Address of the service (http://127.0.0.1:9020, or empty for Alibaba Cloud)", profile.Get("endpoint"), isSecret: false);
        Ask(file, section, "region", "Region (cn-hangzhou)", profile.Get("region"), isSecret: false);
        AskForKey(file, section, profile);
        file.Write(path);
        Console.Error.WriteLine($"written, readable by you alone. Try: moss ls");
        return Task.CompletedTask;
    }

    static Task CredentialAsync(Invocation invocation)
    {
        var path = PathOf(invocation);
        var file = IniFile.Read(path);
        AskForKey(file, ConfigFile.SectionOf(ProfileOf(invocation)), null);
        file.Write(path);
        return Task.CompletedTask;
    }

    static Task SetAsync(Invocation invocation)
    {
        var key = invocation.Get(Name);
        var plain = IniSection.Plain(key);
        var value = invocation.Get(Value);
        if (SecretKeys.Contains(plain, StringComparer.Ordinal))
        {
            if (value is not null)
            {
                throw new UsageException($"arguments can be read by everybody on this machine: give {key} on stdin, or leave it out to be asked");
            }

            value = Console.IsInputRedirected ? Console.In.ReadLine() : ReadSecret(key);
        }
        else if (!KnownKeys.Any(known => IniSection.Plain(known) == plain))
        {
            throw new UsageException($"there is no key '{key}'{Suggestions.DidYouMean(key, KnownKeys)}");
        }

        var path = PathOf(invocation);
        var file = IniFile.Read(path);
        file.Set(ConfigFile.SectionOf(ProfileOf(invocation)), key, string.IsNullOrEmpty(value) ? null : value);
        file.Write(path);
        return Task.CompletedTask;
    }

    static async Task GetAsync(Invocation invocation)
    {
        var key = invocation.Get(Name);
        var value = ConfigFile.Load(invocation.Settings.ConfigFilePath).Profile(invocation.Get(GlobalOptions.Profile)).Get(key)
            ?? throw new FailedException(ExitCode.Usage, $"'{key}' is not set in the profile '{ProfileOf(invocation)}'");
        var shown = SecretKeys.Contains(IniSection.Plain(key), StringComparer.Ordinal) ? "***" : value;
        await invocation.WriteAsync(new() { { "key", key }, { "value", shown } }, shown);
    }

    static async Task ProfilesAsync(Invocation invocation)
    {
        var writer = invocation.Rows(new Output.Column("profile", "", 0));
        foreach (var profile in ConfigFile.Load(invocation.Settings.ConfigFilePath).Profiles())
        {
            await writer.WriteAsync(new() { { "profile", profile } }, invocation.Cancelled);
        }

        await writer.EndAsync(null, invocation.Cancelled);
    }

    static void AskForKey(IniFile file, string section, Profile? profile)
    {
        Ask(file, section, "access-key-id", "Access key id", profile?.Get("access-key-id"), isSecret: false);
        Ask(file, section, "access-key-secret", "Access key secret (not shown)", profile?.Get("access-key-secret"), isSecret: true);
    }

    static void Ask(IniFile file, string section, string key, string question, string? now, bool isSecret)
    {
        var kept = now is null ? "" : $" [{(isSecret ? "***" : now)}]";
        if (isSecret && !Console.IsInputRedirected)
        {
            question += kept;
            if (ReadSecret(question) is { Length: > 0 } secret)
            {
                file.Set(section, key, secret);
            }

            return;
        }

        Console.Error.Write($"{question}{kept}: ");
        if (Console.In.ReadLine()?.Trim() is { Length: > 0 } answer)
        {
            file.Set(section, key, answer);
        }
    }

    static string ReadSecret(string question)
    {
        Console.Error.Write(question + ": ");
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.Error.WriteLine();
                    return text.ToString();
                case ConsoleKey.Backspace when text.Length > 0:
                    text.Length--;
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        text.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }
}
