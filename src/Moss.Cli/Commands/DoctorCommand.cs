using System.CommandLine;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Moss.Cli.Frame;
using Moss.Client;
using Moss.Protocol.Errors;
using Moss.Protocol.Hashing;

namespace Moss.Cli.Commands;

/// <summary><c>moss doctor</c>: why it does not work, from the configuration to the right to write an object, and what to do about it.</summary>
static class DoctorCommand
{
    /// <summary>What the service takes a request's clock to be off by.</summary>
    static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(15);

    /// <summary>A difference that an answer's way and its whole seconds do not explain.</summary>
    static readonly TimeSpan NotableSkew = TimeSpan.FromSeconds(30);

    static readonly Argument<string?> Place = Options.OptionalArgument("oss://bucket/prefix", "Also looks at this bucket: writes, reads and removes a small object below the prefix.");
    static readonly Option<bool> ReadOnly = Options.Flag("--read-only", "Write nothing.");

    public static Command Create(string name, string description) => new MossCommand(name, description)
        .With(Place, ReadOnly)
        .Example("moss doctor", "configuration, network, clock, credentials")
        .Example("moss doctor oss://bucket/incoming/", "the same, and whether objects can be written there")
        .Example("moss doctor oss://bucket --read-only --output-format json", "for monitoring")
        .Run(RunAsync);

    static async Task<int> RunAsync(Invocation invocation)
    {
        OssUri? place = invocation.Get(Place) is { } address ? OssUri.ParseBucket(address) : null;
        var diagnosis = new Diagnosis();
        if (Configure(invocation, diagnosis, place?.Bucket) is { } options)
        {
            await LookAsync(invocation, diagnosis, options, place);
        }

        var text = diagnosis.Text() + (diagnosis.IsHealthy ? "\n\nnothing is wrong" : "\n\nnot all is well: begin with the first line that FAILED");
        await invocation.WriteAsync(new() { { "healthy", diagnosis.IsHealthy }, { "checks", diagnosis.Rows() } }, text);
        return diagnosis.ExitCode;
    }

    static async Task LookAsync(Invocation invocation, Diagnosis diagnosis, OssClientOptions options, OssUri? place)
    {
        var endpoint = new Uri(options.Endpoint.Contains("://", StringComparison.Ordinal) ? options.Endpoint : "https://" + options.Endpoint);
        LookAtDisk(diagnosis, "state", StateDirectory.Root, "Transfers cannot be resumed without it: make it writable, or set XDG_STATE_HOME.");
        LookAtDisk(diagnosis, "temporary", Path.GetTempPath(), "sync --delete needs it: make it writable, or set TMPDIR.");
        var isReached = await NetworkAsync(invocation, diagnosis, endpoint, options);
        var hasKey = await CredentialsAsync(invocation, diagnosis, options);
        if (!isReached || !hasKey)
        {
            diagnosis.Skip("signature", "needs the network and a key");
            return;
        }

        if (!await SignatureAsync(invocation, diagnosis) || place is not { } bucket)
        {
            return;
        }

        if (await BucketAsync(invocation, diagnosis, bucket, options) && !invocation.Get(ReadOnly))
        {
            await RightsAsync(invocation, diagnosis, bucket);
        }
    }

    static OssClientOptions? Configure(Invocation invocation, Diagnosis diagnosis, string? bucket)
    {
        try
        {
            var options = invocation.Settings.ClientOptions(bucket);
            var path = invocation.Settings.ConfigFilePath ?? ConfigFile.DefaultPath;
            var isOpen = File.Exists(path) && !OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != UnixFileMode.None;
            diagnosis.Add(new(
                "configuration",
                isOpen ? CheckStatus.Warning : CheckStatus.Ok,
                File.Exists(path) ? $"{path}, profile '{invocation.Settings.Profile.Name}'" : $"none at {path}: options and environment only",
                isOpen ? $"Others on this machine can read your secret: chmod 600 {path}" : null));
            var isBare = options.Endpoint.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !IsLocal(options.Endpoint);
            diagnosis.Add(new(
                "endpoint",
                isBare ? CheckStatus.Warning : CheckStatus.Ok,
                $"{options.Endpoint}, region {options.Region ?? "not set"}",
                isBare ? "Data crosses the network unencrypted: use https:// where the service has it." : null));
            return options;
        }
        catch (UsageException problem)
        {
            diagnosis.Add(new("configuration", CheckStatus.Failed, problem.Message, "Run 'moss config', or set the environment as the message says.", ExitCode: ExitCode.Usage));
            return null;
        }
    }

    static bool IsLocal(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && (address.IsLoopback || address.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));

    static void LookAtDisk(Diagnosis diagnosis, string name, string directory, string advice)
    {
        try
        {
            PrivateFile.CreateDirectory(directory);
            var probe = Path.Combine(directory, Path.GetRandomFileName());
            File.WriteAllText(probe, "moss doctor");
            File.Delete(probe);
            var free = new DriveInfo(directory).AvailableFreeSpace;
            diagnosis.Add(new(name, CheckStatus.Ok, $"{directory}, {Quantities.Size(free)} free"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            diagnosis.Add(new(name, CheckStatus.Warning, problem.Message, advice));
        }
    }

    static async Task<bool> NetworkAsync(Invocation invocation, Diagnosis diagnosis, Uri endpoint, OssClientOptions options)
    {
        var ct = invocation.Cancelled;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(options.ConnectTimeout + options.IdleTimeout);
        var isDirect = options.Proxy is null || !options.UseProxy;
        if (isDirect)
        {
            var isFound = await diagnosis.TryAsync(
                "name",
                async () => $"{endpoint.Host} is {string.Join(", ", (await Dns.GetHostAddressesAsync(endpoint.Host, patience.Token)).Take(3).Select(static address => address.ToString()))}",
                _ => $"'{endpoint.Host}' has no address: is it spelled right, is there a network, does it need --proxy?",
                ct);
            if (!isFound || !await diagnosis.TryAsync("connection", () => ConnectAsync(endpoint, patience.Token), problem => AdviseConnection(problem, endpoint), ct))
            {
                return false;
            }
        }

        var isDoubted = false;
        using var own = new SocketsHttpHandler { AllowAutoRedirect = false, Proxy = options.Proxy, UseProxy = options.UseProxy };
        own.SslOptions.RemoteCertificateValidationCallback = (_, _, _, problems) => !(isDoubted = problems != SslPolicyErrors.None);
        using var http = new HttpClient(options.HttpHandler ?? own, disposeHandler: false);
        DateTimeOffset? date = null;
        var isAnswered = await diagnosis.TryAsync(
            "answer",
            async () =>
            {
                using var response = await http.GetAsync(endpoint, patience.Token);
                date = response.Headers.Date;
                return response.Headers.Contains("x-oss-request-id")
                    ? $"an OSS service ({response.Headers.Server})"
                    : throw new IOException($"something answers with {(int)response.StatusCode}, but it is no OSS service");
            },
            problem => isDoubted
                ? "The server's certificate is not believed: install its authority's on this machine. --skip-verify-cert is for trials only."
                : AdviseAnswer(problem),
            ct);
        LookAtClock(diagnosis, date);
        return isAnswered;
    }

    static async Task<string> ConnectAsync(Uri endpoint, CancellationToken ct)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(endpoint.Host, endpoint.Port, ct);
        return $"port {endpoint.Port} is open";
    }

    static string AdviseConnection(Exception problem, Uri endpoint) => problem switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"Nothing listens on port {endpoint.Port} there: is the server running ('moss serve'), is the port right?",
        _ => "A firewall swallows it, or the machine is away: try from elsewhere, or with --proxy.",
    };

    static string AdviseAnswer(Exception problem) => problem switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "The port speaks no TLS: use http:// or another port.",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } => "The port speaks no plain HTTP: use https:// or another port.",
        _ => "Check OSS_ENDPOINT: it is the address of the service, without a bucket; a proxy may stand in between.",
    };

    static void LookAtClock(Diagnosis diagnosis, DateTimeOffset? date)
    {
        if (date is not { } there)
        {
            diagnosis.Skip("clock", "the answer says no time");
            return;
        }

        var off = Invocation.Time.GetUtcNow() - there;
        var words = off.Duration() < NotableSkew ? "as the service's" : $"{Quantities.Clock(off.Duration())} {(off > TimeSpan.Zero ? "ahead of" : "behind")} the service's";
        diagnosis.Add(new(
            "clock",
            off.Duration() >= MostSkew ? CheckStatus.Failed : off.Duration() >= NotableSkew ? CheckStatus.Warning : CheckStatus.Ok,
            words,
            off.Duration() < NotableSkew ? null : "Set this machine's clock (timedatectl set-ntp true): signatures that are 15 minutes off are refused.",
            ExitCode: ExitCode.Client));
    }

    static Task<bool> CredentialsAsync(Invocation invocation, Diagnosis diagnosis, OssClientOptions options) => diagnosis.TryAsync(
        "credentials",
        async () => await options.Credentials.GetAsync(invocation.Cancelled) is { } key
            ? $"access key {key.AccessKeyId}{(key.ExpiresAt is { } end ? $", good until {Quantities.Time(end)}" : "")}"
            : "none: requests go out unsigned",
        static _ => "See --mode and the credentials' settings of the profile.",
        invocation.Cancelled);

    // A key that may not list buckets is still known, and its secret right.
    static Task<bool> SignatureAsync(Invocation invocation, Diagnosis diagnosis) => diagnosis.TryAsync(
        "signature",
        async () =>
        {
            try
            {
                var count = 0;
                await foreach (var bucket in invocation.Client().ListBucketsAsync(ct: invocation.Cancelled))
                {
                    count += bucket.Name.Length > 0 ? 1 : 0;
                }

                return $"accepted; {count} buckets";
            }
            catch (OssException refusal) when (refusal.Code == "AccessDenied")
            {
                return "accepted; this key may not list the buckets";
            }
        },
        static problem => (problem as OssException)?.Code switch
        {
            "InvalidAccessKeyId" => "The service knows no such key: is it one of another service, or was it removed?",
            "SignatureDoesNotMatch" => "The secret is not that of the key, the region is wrong (--region), or a proxy changes requests. Try --sign-version v1.",
            "RequestTimeTooSkewed" => "Set this machine's clock.",
            "UserDisable" => "The key, its user or its account is disabled: ask whoever runs the service.",
            _ => null,
        },
        invocation.Cancelled);

    static async Task<bool> BucketAsync(Invocation invocation, Diagnosis diagnosis, OssUri place, OssClientOptions options)
    {
        var style = options.Addressing;
        return await diagnosis.TryAsync(
            "bucket",
            async () =>
            {
                var info = await invocation.Client(place.Bucket).ListObjectsPageAsync(place.Bucket, new() { Prefix = place.Key, PageSize = 1 }, ct: invocation.Cancelled);
                return $"may be listed, addressing {style.ToString().ToLowerInvariant()}{(info.Contents.Count + info.Prefixes.Count == 0 ? ", nothing is in it there" : "")}";
            },
            problem => problem switch
            {
                OssException { Code: "NoSuchBucket" } => $"'moss mb oss://{place.Bucket}' makes it.",
                OssException { Code: "AccessDenied" } => "The key may not list it: it needs oss:ListObjects ('moss admin policy attach').",
                OssException => null,
                _ => $"The bucket's own host name has no address here: try --addressing-style path.",
            },
            invocation.Cancelled);
    }

    static async Task RightsAsync(Invocation invocation, Diagnosis diagnosis, OssUri place)
    {
        var client = invocation.Client(place.Bucket);
        var ct = invocation.Cancelled;
        var key = $"{place.Key}.moss-doctor-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var bytes = RandomNumberGenerator.GetBytes(64 * 1024);
        var crc = Crc64.Compute(bytes);
        var hasWritten = await diagnosis.TryAsync(
            "write", async () => $"{Quantities.Size(bytes.Length)} as {key}, CRC-64 {(await client.PutObjectAsync(place.Bucket, key, RequestBody.FromBytes(bytes), ct: ct)).Crc64}", Needs("oss:PutObject"), ct);
        if (hasWritten)
        {
            await diagnosis.TryAsync("read", async () => await ReadBackAsync(client, place.Bucket, key, ct) == crc ? "the same bytes" : throw new IOException("other bytes came back than were written"), Needs("oss:GetObject"), ct);
            await diagnosis.TryAsync("remove", async () => (await client.DeleteObjectAsync(place.Bucket, key, ct: ct)) is null ? "" : "done", Needs("oss:DeleteObject"), ct);
        }

        await diagnosis.TryAsync(
            "multipart",
            async () =>
            {
                var id = await client.InitiateMultipartUploadAsync(place.Bucket, key, ct: ct);
                await client.AbortMultipartUploadAsync(place.Bucket, key, id, ct);
                return "begun and discarded";
            },
            Needs("oss:PutObject and oss:AbortMultipartUpload"),
            ct);
    }

    static Func<Exception, string?> Needs(string action) => problem =>
        problem is OssException { Code: "AccessDenied" } ? $"The key lacks {action}: 'moss admin policy simulate' says which policy decides." : null;

    static async Task<ulong> ReadBackAsync(OssClient client, string bucket, string key, CancellationToken ct)
    {
        await using var answer = await client.GetObjectAsync(bucket, key, ct: ct);
        using var bytes = new MemoryStream();
        await answer.Content.CopyToAsync(bytes, ct);
        return Crc64.Compute(bytes.ToArray());
    }
}
