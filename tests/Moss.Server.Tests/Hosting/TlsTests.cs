using System.Collections.Concurrent;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Moss.Server.Hosting;
using Moss.Server.Tests.AccessControl;
using Moss.Server.Tests.Callbacks;
using Moss.Server.Tests.PostObject;
using Moss.Server.Tests.Support;

namespace Moss.Server.Tests.Hosting;

/// <summary>HTTPS with a certificate of the operator's: who trusts its root alone can use everything, and a new one takes over without a break.</summary>
public sealed class TlsTests : IDisposable
{
    static readonly byte[] Content = "hello"u8.ToArray();

    readonly TemporaryDirectory _directory = new();
    readonly TestCertificates _certificates = new();

    string CertificateFile => Path.Combine(_directory.Path, "tls.crt");

    string KeyFile => Path.Combine(_directory.Path, "tls.key");

    public void Dispose()
    {
        _certificates.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Every_way_of_signing_works_over_https_and_answers_name_https()
    {
        await using var receiver = new Receiver();
        await using var server = await StartAsync(options => options with { CallbackAllow = ["127.0.0.0/8"] });
        (await server.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        foreach (var version in Enum.GetValues<Moss.Protocol.Signing.SignatureVersion>())
        {
            (await server.SendAsync("PUT", "photos", "k", AccessServer.Root, content: Content, version: version)).Is(200);
            Assert.Equal(Content, (await server.SendSignedUrlAsync("GET", "photos", "k", AccessServer.Root, TimeSpan.FromMinutes(1), version)).Body);
        }

        var form = new Form().Field("key", "a b").Field("success_action_status", "201").File(Content);
        (await server.SendAsync("PUT", "public", by: AccessServer.Root, headers: ("x-oss-acl", "public-read-write"))).Is(200);
        Assert.Equal($"{server.Address}public/a%20b", (await form.PostAsync(server, "public")).Element("Location"));

        var callback = Convert.ToBase64String(Encoding.UTF8.GetBytes($$"""{"callbackUrl":"http://127.0.0.1:{{receiver.Port}}/","callbackBody":"x"}"""));
        (await server.SendAsync("PUT", "photos", "c", AccessServer.Root, content: Content, headers: ("x-oss-callback", callback))).Is(200);
        var keyUrl = Encoding.UTF8.GetString(Convert.FromBase64String(Assert.Single(receiver.Requests).Headers["x-oss-pub-key-url"]));
        Assert.StartsWith(server.Address.ToString(), keyUrl, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", await server.Http.GetStringAsync(keyUrl, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_may_ask_for_https()
    {
        const string OnlySecure =
            """{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"true"}}}]}""";
        await using var secure = await StartAsync();
        (await secure.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        (await secure.SendAsync("PUT", "photos", "k", await secure.UserAsync("u", OnlySecure), content: Content)).Is(200);

        await using var plain = await AccessServer.StartAsync();
        (await plain.SendAsync("PUT", "photos", by: AccessServer.Root)).Is(200);
        (await plain.SendAsync("PUT", "photos", "k", await plain.UserAsync("u", OnlySecure), content: Content)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_changed_pair_serves_new_connections_an_unusable_one_is_logged_and_no_connection_breaks()
    {
        var lines = new ConcurrentQueue<string>();
        var clock = new HandClock();
        WritePair(_certificates.Make());
        await using var server = await TestServer.StartAsync(WithTls, clock, logging => logging.AddProvider(new Lines(lines)));
        await using var old = await ConnectAsync(server);
        var first = Thumbprint(old);
        await AskAsync(old);

        WritePair(_certificates.Make());
        clock.Tick();
        Assert.Contains(lines, line => line.Contains("new TLS certificate", StringComparison.Ordinal));
        await AskAsync(old);
        await using var second = await ConnectAsync(server);
        Assert.NotEqual(first, Thumbprint(second));

        // A key that belongs to another certificate, then no key at all, then nothing in PEM: each told once.
        var (certificate, _) = _certificates.Make();
        await File.WriteAllTextAsync(CertificateFile, certificate, TestContext.Current.CancellationToken);
        await HoldsOldAsync("no pair");
        File.Delete(KeyFile);
        await HoldsOldAsync("cannot be read");
        await File.WriteAllTextAsync(KeyFile, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", TestContext.Current.CancellationToken);
        await HoldsOldAsync("no pair");
        Assert.Equal(3, lines.Count(line => line.Contains("is not used", StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.Contains("BEGIN", StringComparison.Ordinal));

        WritePair(_certificates.Make());
        clock.Tick();
        await using var third = await ConnectAsync(server);
        Assert.NotEqual(Thumbprint(second), Thumbprint(third));
        await AskAsync(old);

        async Task HoldsOldAsync(string problem)
        {
            clock.Tick();
            clock.Tick();
            Assert.Contains(problem, lines.Last(), StringComparison.Ordinal);
            await using var next = await ConnectAsync(server);
            Assert.Equal(Thumbprint(second), Thumbprint(next));
        }
    }

    [Fact]
    public async Task The_files_are_looked_at_without_being_asked()
    {
        WritePair(_certificates.Make());
        await using var server = await TestServer.StartAsync(WithTls);
        await using var old = await ConnectAsync(server);
        WritePair(_certificates.Make());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            await using var next = await ConnectAsync(server);
            if (Thumbprint(next) != Thumbprint(old))
            {
                return;
            }

            await Task.Delay(TlsCertificate.LookInterval / 4, patience.Token);
        }
    }

    [Fact]
    public async Task A_pair_that_cannot_be_used_keeps_the_server_from_starting()
    {
        var pair = _certificates.Make();
        using var encrypted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var locked = encrypted.ExportEncryptedPkcs8PrivateKeyPem("secret", new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        await RefusesAsync("no pair of a certificate and its private key", (pair.Certificate, _certificates.Make().Key));
        await RefusesAsync("without a password", (pair.Certificate, locked));
        await RefusesAsync("holds no certificate in PEM", ("nonsense", pair.Key));
        await RefusesAsync("no pair of a certificate and its private key", (pair.Certificate, "nonsense"));
        File.Delete(CertificateFile);
        await RefusesAsync("tls.crt cannot be read", pair: null);
        var alone = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(options => options with { TlsKeyFile = KeyFile }));
        Assert.Contains("must be set together", alone.Message, StringComparison.Ordinal);

        async Task RefusesAsync(string reason, (string, string)? pair)
        {
            if (pair is { } given)
            {
                WritePair(given);
            }

            var refusal = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(WithTls));
            Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refusal.Message);
        }
    }

    [Fact]
    public async Task Whoever_speaks_plain_http_an_old_protocol_or_nothing_is_turned_away_and_others_are_served()
    {
        WritePair(_certificates.Make());
        await using var server = await TestServer.StartAsync(WithTls);
        await using var silent = await RawConnection.OpenAsync(server.Endpoint);
        await using (var plain = await RawConnection.OpenAsync(server.Endpoint))
        {
            await plain.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            await Assert.ThrowsAnyAsync<Exception>(() => plain.ReadAsync());
        }

#pragma warning disable SYSLIB0039, CA5397 // The old protocol is what is tried.
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(server, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
        await using var good = await ConnectAsync(server);
        await AskAsync(good);
    }

    [Fact]
    public async Task A_client_that_ends_its_sending_still_gets_its_answer()
    {
        WritePair(_certificates.Make());
        await using var server = await TestServer.StartAsync(WithTls);
        await using var stream = await ConnectAsync(server);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await stream.ShutdownAsync();
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 403", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    async Task<AccessServer> StartAsync(Func<OssServerOptions, OssServerOptions>? configure = null)
    {
        WritePair(_certificates.Make());
        return await AccessServer.StartAsync(
            options => WithTls(configure?.Invoke(options) ?? options), handler: new() { SslOptions = _certificates.Client() });
    }

    OssServerOptions WithTls(OssServerOptions options) => options with { TlsCertificateFile = CertificateFile, TlsKeyFile = KeyFile };

    void WritePair((string Certificate, string Key) pair)
    {
        File.WriteAllText(CertificateFile, pair.Certificate);
        File.WriteAllText(KeyFile, pair.Key);
    }

    async Task<SslStream> ConnectAsync(TestServer server, SslProtocols protocols = SslProtocols.None)
    {
        var client = new TcpClient();
        await client.ConnectAsync(server.Endpoint, TestContext.Current.CancellationToken);
        var stream = new SslStream(client.GetStream());
        var options = _certificates.Client("localhost");
        options.EnabledSslProtocols = protocols;
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return stream;
    }

    static string Thumbprint(SslStream stream) => stream.RemoteCertificate!.GetCertHashString();

    // A request that is answered without a body to be read to its end.
    static async Task AskAsync(SslStream stream)
    {
        await stream.WriteAsync("GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[16 * 1024];
        var length = 0;
        do
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, read);
            length += read;
        }
        while (!Encoding.ASCII.GetString(buffer, 0, length).Contains("ok", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, length), StringComparison.Ordinal);
    }

    /// <summary>The real clock, whose timers go off when a test says so.</summary>
    sealed class HandClock : TimeProvider
    {
        readonly ConcurrentQueue<Action> _timers = [];

        public void Tick()
        {
            foreach (var timer in _timers)
            {
                timer();
            }
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (period != TlsCertificate.LookInterval)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            _timers.Enqueue(() => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == "moss" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is 7 or 8)
            {
                lines.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
