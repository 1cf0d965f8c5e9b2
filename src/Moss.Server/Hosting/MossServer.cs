using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Moss.Protocol.Signing;
using Moss.Server.AccessControl;
using Moss.Server.AccessControl.Admin;
using Moss.Server.AccessControl.Audit;
using Moss.Server.BucketRules;
using Moss.Server.Callbacks;
using Moss.Server.Hosting.Transport;
using Moss.Server.Lifecycle;
using Moss.Server.Observability;
using Moss.Server.Pipeline;
using Moss.Storage;

namespace Moss.Server.Hosting;

/// <summary>A running server. Its parts are put together here, and nowhere else.</summary>
public sealed class MossServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly OssServices _services;
    readonly StatusPages _pages;
    readonly PrometheusCollector _collector;
    readonly DataDirectory? _directory;
    readonly TlsCertificate? _certificate;

    MossServer(
        WebApplication app, OssServices services, StatusPages pages, PrometheusCollector collector, DataDirectory? directory, TlsCertificate? certificate)
    {
        _app = app;
        _services = services;
        _pages = pages;
        _collector = collector;
        _directory = directory;
        _certificate = certificate;
    }

    /// <summary>What every request is served with.</summary>
    internal OssServices Services => _services;

    /// <summary>Where the server listens; the port is the real one even when 0 was asked for.</summary>
    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary><c>https</c> when a certificate is given, else <c>http</c>.</summary>
    public string Scheme => _certificate is null ? "http" : "https";

    /// <summary>The root credential in use.</summary>
    public required RootCredential Root { get; init; }

    /// <summary>Whether the root credential was made by this start, so that it must be shown.</summary>
    public bool RootIsNew { get; init; }

    /// <summary>The data directory, absolute; empty when everything is in memory or elsewhere.</summary>
    public string DataDirectory => _directory?.Path ?? "";

    /// <summary>Starts a server: when the task completes, requests are served.</summary>
    /// <param name="logging">Where log lines go; null: nowhere.</param>
    /// <exception cref="StartException">A used port, an unwritable directory, a bad setting; the message is one line.</exception>
    public static async Task<MossServer> StartAsync(
        OssServerOptions options, TimeProvider time, Action<ILoggingBuilder>? logging, CancellationToken ct)
    {
        var certificate = TlsCertificate.Load(options);

        // The collector listens before the engines make their instruments.
        var collector = new PrometheusCollector();
        var directory = Engines.NeedDirectory(options) ? Hosting.DataDirectory.Open(options.DataDirectory, Engines.NeedExclusive(options)) : null;
        ObjectService? storage = null;
        BucketServices? buckets = null;
        try
        {
            var made = false;
            var root = options.Root ?? directory?.ReadOrMakeCredential(out made) ?? throw new StartException("no root credential is given");
            var masterKey = MasterKeyOf(options, directory);
            var engine = Engines.Open(options, directory?.Path ?? "", time, masterKey.ForData());
            storage = new ObjectService(engine);
            var app = BuildApp(options, time, logging, certificate);
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("moss");
            var audit = new AuditTrail(directory?.Path, time, exception => Log.AuditFailed(log, exception));
            var access = new AccessServices(options, engine.Metadata, storage, masterKey, root, time, audit);
            buckets = new(options, storage, engine.Metadata, time, log);
            var hosts = new HostMap(options.Domains, buckets.Cnames);
            var ownHosts = new HostMap(options.Domains, NoCnames.Instance); // The server's own pages answer whatever name is bound.
            var callbacks = new CallbackService(options, engine.Metadata, masterKey, ownHosts, time, log);
            var services = Compose(options, time, storage, access, callbacks, buckets, hosts, log);
            var pages = new StatusPages(storage, collector, ownHosts);
            app.Run(new OssPipeline(services, pages, AdminOf(services)).HandleAsync);
            await storage.StartAsync(exception => Log.BackgroundFailed(log, exception), ct);
            await MasterKeyRecord.CheckAsync(engine.Metadata, masterKey.ForData(), log, ct);
            await access.Store.StartAsync(ct);
            await buckets.StartAsync(ct);
            await ListenAsync(app, options, ct);
            certificate?.Watch(time, log);
            var server = new MossServer(app, services, pages, collector, directory, certificate) { Root = root, RootIsNew = made };
            server.Endpoint = BoundTo(app);
            return server;
        }
        catch (Exception exception)
        {
            if (buckets is not null)
            {
                await buckets.DisposeAsync();
            }

            if (storage is not null)
            {
                await storage.DisposeAsync();
            }

            directory?.Dispose();
            collector.Dispose();
            if (exception is InvalidDataException or IOException or DbException)
            {
                throw new StartException(exception.Message, exception);
            }

            throw;
        }
    }

    /// <summary>Takes no new request, waits for those in flight up to the configured time, and closes the storage.</summary>
    public async ValueTask DisposeAsync()
    {
        _pages.IsStopping = true;
        _certificate?.Dispose();
        Log.Draining(_services.Log, _services.Options.DrainTimeout.TotalSeconds);
        using (var patience = new CancellationTokenSource(_services.Options.DrainTimeout, _services.Time))
        {
            await _app.StopAsync(patience.Token);
        }

        await _app.DisposeAsync();
        await _services.Buckets.DisposeAsync();
        await _services.Storage.DisposeAsync();
        await _services.Access.DisposeAsync();
        _services.Callbacks.Dispose();
        _services.Metrics.Dispose();
        _collector.Dispose();
        _directory?.Dispose();
    }

    static WebApplication BuildApp(OssServerOptions options, TimeProvider time, Action<ILoggingBuilder>? logging, TlsCertificate? certificate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => KestrelSetup.Apply(kestrel, options, certificate));
        builder.Services.AddSingleton<IConnectionListenerFactory>(new SocketTransport(new()));
        builder.Services.AddSingleton<IHostLifetime, OwnerLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout);
        logging?.Invoke(builder.Logging);
        return builder.Build();
    }

    // In memory nothing outlives the process, and neither need its key.
    static MasterKey MasterKeyOf(OssServerOptions options, DataDirectory? directory) =>
        directory is null && options.MasterKey is null
            ? new(RandomNumberGenerator.GetBytes(MasterKey.Size))
            : MasterKey.Load(options.MasterKey?.Reveal(), directory?.Path ?? "");

    // An administrator's tool need not know the server's region.
    static AdminApi AdminOf(OssServices services)
    {
        var actions = new Dictionary<string, AdminAction>(services.Access.Admin.All, StringComparer.Ordinal)
        {
            ["lifecycle/run"] = LifecycleActions.Run(services.Storage.Lifecycle, services.Time, services.Log),
            ["inventory/run"] = services.Buckets.Inventories.ServeAsync,
        };
        return new(actions, new(services.Time, new SignatureOptions()), services.Access.Keys);
    }

    static OssServices Compose(
        OssServerOptions options, TimeProvider time, ObjectService storage, AccessServices access, CallbackService callbacks,
        BucketServices buckets, HostMap hosts, ILogger log)
    {
        var signatures = new RequestAuthenticator(time, new SignatureOptions
        {
            Regions = options.Region.Length == 0 ? new SignatureOptions().Regions : new HashSet<string>(StringComparer.Ordinal) { options.Region },
        });
        return new(
            storage,
            options,
            time,
            new IdGenerator(time),
            new RequestParser(hosts),
            new Authenticator(signatures, access.Keys),
            access.Authorizer,
            new ServerMetrics(),
            access,
            callbacks,
            buckets,
            log);
    }

    static async Task ListenAsync(WebApplication app, OssServerOptions options, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (Exception exception) when (exception is IOException or SocketException or UnauthorizedAccessException)
        {
            await app.DisposeAsync();
            var reason = exception is AddressInUseException || exception.InnerException is AddressInUseException
                ? "the port is in use"
                : (exception.InnerException ?? exception).Message;
            throw new StartException($"cannot listen on {options.Listen}: {reason}", exception);
        }
    }

    static IPEndPoint BoundTo(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return IPEndPoint.Parse(new Uri(address).Authority);
    }

    /// <summary>Whoever started the server ends it; signals are the command's business.</summary>
    sealed class OwnerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
