using Microsoft.Extensions.Logging;
using Moss.Protocol.Names;
using Moss.Server.AccessLogs;
using Moss.Server.Inventories;
using Moss.Server.Lifecycle;
using Moss.Server.Observability;
using Moss.Storage;
using Moss.Storage.Metadata;

namespace Moss.Server.BucketRules;

/// <summary>What acts on the configurations of buckets beside the requests themselves, put together.</summary>
sealed class BucketServices(OssServerOptions options, ObjectService storage, IMetadataStore metadata, TimeProvider time, ILogger log) : IAsyncDisposable
{
    readonly LifecycleSchedule _lifecycle = new(storage.Lifecycle, time, log);

    public AccountRules Accounts { get; } = new(metadata);

    public CnameTable Cnames { get; } = new(metadata, time, options);

    public AccessLog AccessLog { get; } =
        new(storage, metadata, time, exception => Log.AccessLogFailed(log, exception), lines => Log.AccessLogLost(log, lines));

    public InventoryRunner Inventories { get; } = new(storage, new(metadata), time, exception => Log.InventoryFailed(log, exception));

    /// <summary>Begins to work.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await Cnames.StartAsync(exception => Log.BackgroundFailed(log, exception), ct);
        await AccessLog.StartAsync(ct);
        Inventories.Start();
        _lifecycle.Start();
    }

    /// <summary>Takes note that a bucket was deleted.</summary>
    public async ValueTask ForgetAsync(BucketName name)
    {
        await Cnames.ForgetAsync(name);
        await AccessLog.ForgetAsync(name);
    }

    /// <summary>Ends the work and stores what is left of it; no request may be under way any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifecycle.DisposeAsync();
        await Cnames.DisposeAsync();
        await Inventories.DisposeAsync();
        await AccessLog.DisposeAsync();
    }
}
