using System.CommandLine;

namespace Moss.Cli.Frame;

/// <summary>
/// The options that every verb takes. Each also has a place in the environment or in the configuration file where that makes sense; the
/// command line counts first, then the environment, then the file.
/// </summary>
static class GlobalOptions
{
    public static readonly Option<string?> ConfigFile =
        Options.Text("--config-file", "FILE", "The configuration (~/.ossutilconfig, OSSUTIL_CONFIG_FILE).", "-c");

    public static readonly Option<string?> Profile =
        Options.Text("--profile", "NAME", "The profile of the configuration to use (default, OSSUTIL_PROFILE).");

    public static readonly Option<string?> Endpoint =
        Options.Text("--endpoint", "URL", "The address of the service (OSS_ENDPOINT).", "-e");

    public static readonly Option<string?> Region =
        Options.Text("--region", "ID", "The region of V4 signatures, such as cn-hangzhou (OSS_REGION).");

    public static readonly Option<string?> AccessKeyId =
        Options.Text("--access-key-id", "ID", "The access key's id. Better: OSS_ACCESS_KEY_ID, or moss config.", "-i");

    public static readonly Option<string?> AccessKeySecret = Options.Text(
        "--access-key-secret", "SECRET", "Arguments can be read by everybody on this machine. Better: OSS_ACCESS_KEY_SECRET, or moss config.", "-k");

    public static readonly Option<string?> SecurityToken = Options.Text(
        "--sts-token", "TOKEN", "The token of a temporary key. Better: OSS_SESSION_TOKEN, or moss config.", "-t");

    public static readonly Option<string?> Mode = Options.Word(
        "--mode", "Where the credentials come from.", ["AK", "StsToken", "RamRoleArn", "OIDC", "EcsRamRole", "Process", "Uri", "Anonymous"]);

    public static readonly Option<string?> RoleArn = Options.Text("--role-arn", "ARN", "The role of the mode RamRoleArn or OIDC (OSS_ROLE_ARN).");

    public static readonly Option<string?> RoleSessionName = Options.Text("--role-session-name", "NAME", "The name of its session (OSS_ROLE_SESSION_NAME).");

    public static readonly Option<string?> SignVersion = Options.Word("--sign-version", "The signature (v4).", ["v1", "v4"]);

    public static readonly Option<string?> AddressingStyle = Options.Word(
        "--addressing-style", "How a bucket stands in the address (path for IP addresses and localhost, else virtual).", ["virtual", "path", "cname"]);

    public static readonly Option<bool> IgnoreEnvironment = Options.Flag("--ignore-env-var", "Read no OSS_... variables.");

    public static readonly Option<string?> Proxy = Options.Text("--proxy", "URL", "An HTTP proxy; 'none' for no proxy at all, 'env' for that of HTTPS_PROXY, as without it.");

    public static readonly Option<string?> RequestPayer = Options.Word(
        "--request-payer", "Take the costs of a bucket whose owner leaves them to whoever asks.", ["requester"], "--payer");

    public static readonly Option<long?> RetryTimes = Options.Number("--retry-times", "How often a request is tried again (10).", 0, 500);

    public static readonly Option<TimeSpan?> ConnectTimeout = Options.Duration("--connect-timeout", "How long a connection may take to stand (10s).");

    public static readonly Option<TimeSpan?> ReadTimeout = Options.Duration("--read-timeout", "How long a request may stand still (30s).");

    public static readonly Option<bool> SkipVerifyCertificate =
        Options.Flag("--skip-verify-cert", "Do not check the server's certificate: anybody in between can then read and change everything.");

    public static readonly Option<string?> OutputFormat = Options.Word(
        "--output-format", "How results are written: for people, or json, yaml, raw (tab-separated) for programs.", ["text", "json", "yaml", "raw"]);

    public static readonly Option<bool> Quiet = Options.Flag("--quiet", "Say nothing but results and errors.", "-q");

    public static readonly Option<bool> Verbose = Options.Flag("--verbose", "Say more about what goes wrong.");

    public static readonly Option[] All =
    [
        ConfigFile, Profile, Endpoint, Region, AccessKeyId, AccessKeySecret, SecurityToken, Mode, RoleArn, RoleSessionName, SignVersion, AddressingStyle, IgnoreEnvironment,
        Proxy, RequestPayer, RetryTimes, ConnectTimeout, ReadTimeout, SkipVerifyCertificate, OutputFormat, Quiet, Verbose,
    ];

    /// <summary>Those whose values must never be written anywhere.</summary>
    public static readonly Option[] Secrets = [AccessKeySecret, SecurityToken];

    static GlobalOptions()
    {
        foreach (var option in All)
        {
            option.Recursive = true;
        }
    }
}
